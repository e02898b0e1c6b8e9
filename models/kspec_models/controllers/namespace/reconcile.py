"""The Namespace controller's plumbing: it empties a namespace that is being deleted, and then lets it go.

Models `pkg/controller/namespace/deletion/namespaced_resources_deleter.go` Delete, deleteAllContent, finalizeNamespace
(W130 to W132). The phase Terminating is set by the API server when the deletion is asked for.

Simplified: what upstream lists anew from the API server is read from caches here, which are therefore fresh; what
is deleted as a collection (A78) is deleted object by object, in any order. An object that is being deleted already is
not deleted again, which would change nothing (A73). How long it waits before it looks again is open: whenever it finds
something to do.

Not modelled: see `NOT_MODELLED`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from kspec.kernel.errors import UsageError
from kspec.kernel.settings import declare, on
from kspec.kernel.values import Value, fields_of
from kspec.kube.cache import Api, Cache
from kspec.kube.cluster import FRESH, Cluster
from kspec.kube.controller import Controller, controller
from kspec.kube.core import Namespace
from kspec.kube.requests import Request
from kspec.kube.residual import Reconcile
from kspec.kube.scope import resource_of
from kspec_models.controllers.namespace import decisions
from kspec_models.controllers.namespace.decisions import FINALIZER, Left

NAME = "namespace"

NOT_MODELLED = (
    "discovery: a group of the API that does not answer blocks every deletion of a namespace (W131)",
    "the conditions about failures of discovery and of deletions, the estimate of how long pods may take",
)

declare(
    "namespace.ordered-deletion",
    ("on", "off"),
    "the gate OrderedNamespaceDeletion: nothing but pods is deleted while there are pods (W130, on since 1.33)",
)


@attrs.frozen
class NamespaceController(Controller):
    """A controller whose cache stands for what it lists from the API server itself."""

    def variables(self, cluster: Cluster) -> Mapping[str, Value]:
        """As for every controller. Raises UsageError for a scope in which its cache is late."""
        if cluster.cache_of(self.name) != FRESH:
            raise UsageError(
                f"caches: {self.name} lists what is in a namespace from the API server: it has no late cache"
            )
        return Controller.variables(self, cluster)


def namespace_controller(*contents: type) -> Controller:
    """The controller of a cluster in whose namespaces there may be objects of these kinds."""
    kinds = {resource_of(kind): kind for kind in contents}

    @controller(Namespace, name=NAME, watches=contents, not_modelled=NOT_MODELLED)
    def reconcile(namespace: Any, cache: Cache, api: Api) -> Reconcile:
        """One pass over a namespace."""
        if not namespace.deleting or FINALIZER not in namespace.finalizers:
            return
        left: list[Left] = []
        for turn in decisions.turns(tuple(kinds), on("namespace.ordered-deletion")):
            there = [thing for resource in turn for thing in content(cache, kinds[resource], namespace.name)]
            yield [api.delete(t, propagation_policy="Background") for t in there if not t.deleting]
            left = [left_of(kinds[r], t) for r in turn for t in content(cache, kinds[r], namespace.name)]
            if not decisions.is_done(left):
                break
        yield from write_status(namespace, left, api)
        if decisions.is_done(left):
            yield finalized(namespace, api)

    return NamespaceController(**attrs.asdict(reconcile, recurse=False))


def content(cache: Cache, kind: type, namespace: str) -> list[Any]:
    """The objects of a kind in a namespace."""
    things: Sequence[Any] = cache.list(kind)
    return [thing for thing in things if thing.namespace == namespace]


def left_of(kind: type, thing: Any) -> Left:
    """An object that is still there, to the decisions."""
    return Left(resource_of(kind), thing.finalizers if "finalizers" in fields_of(kind) else ())


def write_status(namespace: Any, left: Sequence[Left], api: Api) -> Reconcile:
    """The conditions, if they say something else now."""
    said = {
        "content_remaining": decisions.content_remaining(left),
        "finalizers_remaining": decisions.finalizers_remaining(left),
    }
    if any(getattr(namespace, field) != value for field, value in said.items()):
        yield api.keeping_version(api.update_status(namespace, **said))


def finalized(namespace: Any, api: Api) -> Request:
    """PUT namespaces/NAME/finalize: its own entry goes, and with the last one the namespace (finalizeNamespace)."""
    rest = tuple(name for name in namespace.finalizers if name != FINALIZER)
    return attrs.evolve(api.update(namespace, finalizers=rest), subresource="finalize")
