"""Leases at work: somebody who holds one and keeps it alive, others who write, time, elections, and the lessor.

The plumbing of a system of the store alone, beside kspec_models.etcd.watching. Kubernetes uses leases of etcd for
objects with a TTL only: Events, and the endpoints of API servers (S36). A holder is granted a lease, puts keys with it,
keeps it alive, and may give it back or crash; somebody else may put the same keys without it, which takes them off it
(S31). The leader's lessor counts, and revokes what has expired, at some time after (S33 to S35).

Simplified: a keep-alive and its answer are one step, so the holder's own clock begins when the lease does.
Not modelled: the API server's manager of leases, which puts many objects on one (S36); the TTL is in seconds and short.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable

import attrs

from kspec.kernel.actions import Action, Reader, Role, Set, Step, StepKind
from kspec_models.etcd import leases, lessor
from kspec_models.etcd.acting import STORE, Remembers, change
from kspec_models.etcd.lessor import Lessor
from kspec_models.etcd.store import Refusal
from kspec_models.etcd.transaction import Put, Txn

LESSOR, HOLDER, ASKED, ELECTIONS = "lessor", "holder", "asked", "elections"
"""The variables: the leader's count; the holder; with which lease each key was put last, which only
properties read; how many elections there were."""

LEASE, TTL = 7, 2
"""The lease's id and its TTL in seconds, the shortest there is (S30)."""

KEYS = ("a", "b")


class Life(enum.Enum):
    """What the holder believes."""

    NEW = "has no lease yet"
    HOLDS = "holds the lease"
    LOST = "holds no lease any more"
    CRASHED = "crashed"


@attrs.frozen
class Holder:
    """Who holds the lease. `silence`: the seconds since its last keep-alive was answered, at most TTL."""

    life: Life = Life.NEW
    silence: int = 0


@attrs.frozen
class PutWith:
    """A key was put with a lease; 0: without one."""

    key: str
    lease: int

    def __call__(self, asked: tuple[tuple[str, int], ...]) -> tuple[tuple[str, int], ...]:
        return tuple(sorted({**dict(asked), self.key: self.lease}.items()))


def holder() -> tuple[Action, ...]:
    """The one who holds a lease, and puts keys with it while the budget lasts."""

    def grant(see: Reader) -> Iterable[Step]:
        if see(HOLDER).life is not Life.NEW:
            return
        after = leases.grant(see(STORE), LEASE, TTL)
        if isinstance(after, Refusal):
            raise AssertionError(after.value)
        writes = [(STORE, Set(after)), (LESSOR, Set(see(LESSOR).given(LEASE, TTL))), (HOLDER, Set(Holder(Life.HOLDS)))]
        yield Step(writes, action="LeaseGrant", answer=f"lease {LEASE}, TTL {TTL}", kind=StepKind.CALL)

    def put(see: Reader) -> Iterable[Step]:
        if see(HOLDER).life is Life.HOLDS:
            yield from _puts(see, LEASE)

    def keep_alive(see: Reader) -> Iterable[Step]:
        if see(HOLDER).life is not Life.HOLDS:
            return
        renewed = lessor.renew(see(LESSOR), see(STORE), LEASE)
        if renewed is None:
            return  # it waits for its answer
        if isinstance(renewed, Refusal):
            lost = [(HOLDER, Set(Holder(Life.LOST)))]
            yield Step(lost, action="LeaseKeepAlive", answer=renewed.value, kind=StepKind.CALL)
        else:
            kept = [(LESSOR, Set(renewed)), (HOLDER, Set(Holder(Life.HOLDS)))]
            yield Step(kept, action="LeaseKeepAlive", answer=f"TTL {TTL}", kind=StepKind.CALL)

    def give_back(see: Reader) -> Iterable[Step]:
        if see(HOLDER).life is Life.HOLDS:
            for step in _revokes(see, LEASE, "it is not needed any more"):
                yield attrs.evolve(step, writes=(*step.writes, (HOLDER, Set(Holder(Life.LOST)))))

    def crash(see: Reader) -> Iterable[Step]:
        if see(HOLDER).life is Life.HOLDS:
            silence = see(HOLDER).silence
            yield Step([(HOLDER, Set(Holder(Life.CRASHED, silence)))], action="crashes", kind=StepKind.FAULT)

    return (
        Action("holder", "grant", grant, role=Role.USER),
        Action("holder", "put", put, fair=False),
        Action("holder", "keep-alive", keep_alive, role=Role.USER),
        Action("holder", "revoke", give_back, role=Role.USER),
        Action("holder", "crash", crash, role=Role.FAULT),
    )


def others() -> Action:
    """Whoever puts the same keys without a lease, while the budget lasts."""
    return Action("client", "put", lambda see: _puts(see, 0), role=Role.USER)


def expiry() -> Action:
    """The leader revokes leases that have expired."""

    def revoke(see: Reader) -> Iterable[Step]:
        for lease in lessor.expired(see(LESSOR)):
            yield from _revokes(see, lease, "it has expired")

    return Action("lessor", "revoke", revoke)


def time() -> Action:
    """Seconds go by, in the end."""

    def second(see: Reader) -> Iterable[Step]:
        count: Lessor = see(LESSOR)
        held: Holder = see(HOLDER)
        later = lessor.a_second_later(count)
        waited = attrs.evolve(held, silence=min(TTL, held.silence + 1)) if dict(see(STORE).leases) else held
        if (later, waited) != (count, held):
            yield Step([(LESSOR, Set(later)), (HOLDER, Set(waited))], action="a second passes")

    return Action("time", "second", second, role=Role.ENVIRONMENT, fair=True)


def elections(budget: int) -> Action:
    """Another member becomes leader, so often at most."""

    def elect(see: Reader) -> Iterable[Step]:
        if see(ELECTIONS) < budget:
            count = lessor.promoted(see(STORE))
            writes = [(LESSOR, Set(count)), (ELECTIONS, Set(see(ELECTIONS) + 1))]
            yield Step(writes, action="another member becomes leader", kind=StepKind.FAULT)

    return Action("etcd", "election", elect, role=Role.FAULT)


def _puts(see: Reader, lease: int) -> Iterable[Step]:
    for key in KEYS:
        action = f"Put {key} with lease {lease}" if lease else f"Put {key}"
        yield from change(see, action, Txn(then=(Put(key, "1", lease),)), _remembers(key, lease))


def _remembers(key: str, lease: int) -> Remembers:
    return lambda _: (ASKED, PutWith(key, lease))


def _revokes(see: Reader, lease: int, why: str) -> Iterable[Step]:
    after = leases.revoke(see(STORE), lease)
    if isinstance(after, Refusal):
        return
    writes = [(STORE, Set(after)), (LESSOR, Set(see(LESSOR).without(lease)))]
    yield Step(writes, action=f"LeaseRevoke {lease}", says=why, kind=StepKind.CALL)
