"""Reconciles that are begun and answered by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kspec.kernel.values import Ref
from kspec.kube.requests import Code, Request, Verb
from kspec.kube.residual import Began, Reconcile, Run, Work, answered, begin

State = dict[Any, Any]


def create(what: str = "thing") -> Request:
    return Request(Verb.CREATE, what)


def delete(member: int) -> Request:
    return Request(Verb.DELETE, "things", Ref("things", member))


GET = Request(Verb.GET, "things", "x")


def begun(make: Callable[[Run], Reconcile], state: State | None = None) -> list[Began]:
    return list(begin(make, looking_at(state or {})))


def looking_at(state: State) -> Callable[[Any, Any], Any]:
    return lambda var, lens: lens(state[var])


def first(make: Callable[[Run], Reconcile], state: State | None = None) -> Work:
    """The only way in which a reconcile begins, which makes some call."""
    (began,) = begun(make, state)
    assert began.leaf.work is not None
    return began.leaf.work


def after(work: Work, *codes: Code) -> Any:
    """What follows when the calls in flight are answered, one after another."""
    rest: Any = work
    for code in codes:
        rest = answered(rest, rest.calls[0], code)
    return rest[0] if isinstance(rest, tuple) else rest


def calls(node: Any) -> list[str]:
    """The lines of the calls that come next."""
    return [] if node.work is None else [c.line for c in node.work.calls]
