"""The registry: what a granted request does to the stored object.

Upstream: `staging/src/k8s.io/apiserver/pkg/registry/generic/registry/store.go`, `registry/rest/delete.go`,
`pkg/registry/core/pod/strategy.go`, `pkg/registry/core/pod/storage/storage.go`. Keys are
`/registry/<resource>/<namespace>/<name>`. Every write is a compare-and-swap on one key (S16, S17).
Not modelled: finalizers, propagation policies, generation, dry run, field ownership.
"""

from __future__ import annotations

from typing import Any

import attrs

from kspec.kube.objects import Pod
from kspec.kube.requests import Code, Request, Response, Verb
from kspec_models.apiserver.validation import invalid
from kspec_models.etcd.compare import compare_and_swap


def get(current: Any) -> Response:
    """GET."""
    return Response(Code.NOT_FOUND) if current is None else Response(Code.OK, current)


def create(request: Request, current: Any) -> Response:
    """POST: only where the key is absent (S16)."""
    if current is not None:
        return Response(Code.ALREADY_EXISTS, message="the name is taken")
    wrong = invalid(request, None, request.object)
    if wrong:
        return Response(Code.INVALID, message=wrong)
    return Response(Code.CREATED, request.object, writes=True)


def update(request: Request, current: Any, unchanged: bool) -> Response:
    """PUT and PATCH. With a resourceVersion, the store's compare decides (A54); without, the latest is changed."""
    if current is None:
        return Response(Code.NOT_FOUND)
    if request.reader:
        swapped, _ = compare_and_swap(stored=1, expected=1 if unchanged else 0)
        if not swapped:
            return Response(Code.CONFLICT, message="the object has been modified")
    new = attrs.evolve(current, **dict(request.changes))
    wrong = invalid(request, current, new)
    if wrong:
        return Response(Code.INVALID, message=wrong)
    return Response(Code.OK, new, writes=True)


def bind(request: Request, current: Any) -> Response:
    """POST pods/NAME/binding: refused if the pod goes, has a node, or is gated (A82e)."""
    if current is None:
        return Response(Code.NOT_FOUND)
    if current.deleting:
        return Response(Code.CONFLICT, message="the pod is being deleted")
    if current.node is not None:
        return Response(Code.CONFLICT, message="the pod is already assigned to a node")
    if current.spec.scheduling_gates:
        return Response(Code.CONFLICT, message="the pod has scheduling gates")
    return Response(Code.CREATED, attrs.evolve(current, **dict(request.changes)), writes=True)


def delete(request: Request, current: Any) -> Response:
    """DELETE. Only pods go gracefully (A70): first they are marked, and the kubelet's delete with grace 0 removes them.

    A pod without a node has nothing to end and goes at once (A71).
    """
    if current is None:
        return Response(Code.NOT_FOUND)
    if not isinstance(current, Pod):
        return Response(Code.OK, None, writes=True)
    grace = dict(request.changes).get("grace_period_seconds", current.spec.termination_grace_period_seconds)
    if grace == 0 or current.node is None or current.finished:
        return Response(Code.OK, None, writes=True)
    return Response(Code.OK, attrs.evolve(current, deleting=True), writes=True)


def perform(request: Request, current: Any, unchanged: bool) -> Response:
    """What the request does."""
    if request.verb is Verb.GET:
        return get(current)
    if request.verb is Verb.CREATE:
        return bind(request, current) if request.subresource == "binding" else create(request, current)
    if request.verb is Verb.DELETE:
        return delete(request, current)
    return update(request, current, unchanged)
