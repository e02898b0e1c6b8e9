"""Objects of a cluster as the collector sees them, and its calls as requests.

Simplified: a kind has one version, so apiVersions are empty; an object has at most one owner, its controller, which
always blocks its foreground deletion (NewControllerRef). What has no uid in a cluster is called by kind and name: a
name stands for one object there.
"""

from __future__ import annotations

from typing import Any

import attrs

from kspec.kernel.values import Ref, Uid, Value, fields_of
from kspec.kube.objects import OwnerReference
from kspec.kube.requests import Code, Request, Response
from kspec.kube.requests import Verb as ApiVerb
from kspec.kube.watch import Kind
from kspec_models.controllers.garbage_collector import graph
from kspec_models.controllers.garbage_collector.decisions import Resource
from kspec_models.controllers.garbage_collector.graph import Identity, Metadata
from kspec_models.controllers.garbage_collector.worker import Answer, Call, Failure, Verb

READ = "read"
"""The resourceVersion of what a live read found: which it is, the reader's pin knows."""


def metadata(kind: Kind, name: str | Ref, thing: Any) -> Metadata:
    """The metadata of an object, as it is cached or as a live read found it."""
    fields = fields_of(kind.cls)
    owner = thing.owner if "owner" in fields else None
    return Metadata(
        Identity("", kind.cls.__name__, namespace(kind, thing), name, uid_of(kind, name, thing)),
        () if owner is None else (reference(owner),),
        thing.finalizers if "finalizers" in fields else (),
        thing.deleting if "deleting" in fields else False,
        READ,
    )


def namespace(kind: Kind, thing: Any) -> str:
    """Its namespace, "" if its kind has none."""
    return str(thing.namespace) if resource(kind).namespaced else ""


def uid_of(kind: Kind, name: str | Ref, thing: Any) -> Value:
    """Its uid: the member, or what the API server gave it, or what it is called."""
    if isinstance(name, Ref):
        return name
    return incarnation(kind.cls.__name__, name, thing.uid if "uid" in fields_of(kind.cls) else None)


def reference(owner: OwnerReference) -> graph.OwnerReference:
    """The controller reference of an object."""
    uid = incarnation(owner.kind, owner.name, owner.uid)
    return graph.OwnerReference("", owner.kind, owner.name, uid, block_owner_deletion=True)


def incarnation(kind: str, name: str, uid: Uid | None) -> Value:
    """Which object of a name it is; where a name is given only once, the name itself tells that."""
    return f"{kind} {name}" if uid is None else uid


def resource(kind: Kind) -> Resource:
    """What the API server serves a kind as."""
    return Resource("", kind.resource, "namespace" in fields_of(kind.cls))


# ---- calls


def request(call: Call, latest: Any, user: str, reader: str, outages: bool) -> Request:
    """A call as a request. `latest`: the object as it is stored, into which the API server merges a patch."""
    uid = call.uid if isinstance(call.uid, Uid) else None
    common = Request(ApiVerb.GET, call.resource.name, call.name, user=user, outages=outages)
    if call.verb is Verb.GET:
        return attrs.evolve(common, reader=reader)
    reader = condition(call, reader)
    if call.verb is Verb.DELETE:
        assert call.policy is not None
        changes: tuple[tuple[str, Value], ...] = (("propagation_policy", call.policy.value),)
        return attrs.evolve(common, verb=ApiVerb.DELETE, changes=changes, reader=reader, uid=uid)
    return attrs.evolve(common, verb=ApiVerb.PATCH, changes=merged(call, latest), reader=reader, uid=uid)


def condition(call: Call, reader: str) -> str:
    """Who has read the version that a change must still find; "": it is about whichever version there is."""
    return reader if call.resource_version else ""


def merged(call: Call, latest: Any) -> tuple[tuple[str, Value], ...]:
    """What a patch changes of the stored object: nothing, if what it takes off is not there.

    blockOwnerDeletion (`unblock`) is not in the objects: such a patch changes nothing.
    """
    if latest is None:
        return ()
    if call.finalizer:
        return (("finalizers", tuple(name for name in latest.finalizers if name != call.finalizer)),)
    owner = getattr(latest, "owner", None)
    return (("owner", None),) if owner is not None and reference(owner).uid in call.unreference else ()


def answer(call: Call, response: Response, kind: Kind) -> Answer:
    """The answer as a worker takes it."""
    if response.code is Code.NOT_FOUND:
        return Failure.NOT_FOUND
    if not response.code.ok:
        return Failure.CONFLICT if response.code is Code.CONFLICT else Failure.OTHER
    return metadata(kind, call.name, response.object) if call.verb is Verb.GET else None
