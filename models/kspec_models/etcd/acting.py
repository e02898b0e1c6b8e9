"""What everybody who acts on the store alone shares: its variable, one request to it, and the budget of a scope.

A change is asked for only while there is budget left, so a scope has an end by construction, whatever a broken twin
makes of revisions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import attrs

from kspec.kernel.actions import Reader, Set, Step, StepKind, Update, Var
from kspec_models.etcd import transaction
from kspec_models.etcd.store import Event, Refusal, Store
from kspec_models.etcd.transaction import Txn

STORE, LEFT = "etcd", "changes left"
"""The variables: the store; how many changes clients may still make."""

Remembers = Callable[[tuple[Event, ...]], tuple[str, Update]]
"""Which variable remembers changes, for properties, and how."""


@attrs.frozen
class OneFewer:
    """One change of the budget is made."""

    def __call__(self, left: int) -> int:
        return left - 1


def change(see: Reader, action: str, txn: Txn, remembers: Remembers | None = None) -> Iterable[Step]:
    """One request of a client that changes something, or is refused; nothing if it would do neither."""
    store: Store = see(STORE)
    if see(LEFT) == 0:
        return
    done = transaction.run(store, txn)
    if isinstance(done, Refusal):
        yield Step([], action=action, answer=done.value, kind=StepKind.CALL)
    elif done[1] != store:
        answered, after = done
        events = after.history[len(store.history) :]
        writes: list[tuple[Var, Update]] = [(STORE, Set(after)), (LEFT, OneFewer())]
        if remembers is not None:
            writes.append(remembers(events))
        yield Step(writes, action=action, answer=f"revision {answered.revision}", kind=StepKind.CALL)
