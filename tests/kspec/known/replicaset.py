"""A ReplicaSet behind its own late cache, with expectations: problem p2s of the comparison of model checkers.

Pods live in numbered slots; a slot is used again only when neither store, cache nor watch remembers it. The counts
are the same in SPIN, TLC, rumur, a bare C search and a bare Python one (the initial state not counted as generated).
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Collection, Iterable

import attrs

from kspec.kernel.actions import Action, Reader, Role, Set, Step
from kspec.kernel.properties import Broken, Property, eventually_always, invariant
from kspec.kernel.system import Family, System
from kspec.kernel.values import Ref


class Phase(enum.IntEnum):
    """What the store and the cache can say of a pod, in the order in which pods are deleted."""

    PENDING = 1
    BOUND = 2
    RUNNING = 3
    FAILED = 4
    TERMINATING = 5


ACTIVE = (Phase.PENDING, Phase.BOUND, Phase.RUNNING)


@attrs.frozen
class Pod:
    """A pod in the store: its phase, and the number of its node once it has one that matters."""

    phase: Phase
    node: int | None = None


@attrs.frozen
class Event:
    """A watch event: what became of the pod in this slot (None: it is gone)."""

    slot: Ref
    phase: Phase | None


@attrs.frozen
class Append:
    """Put an event at the end of the watch."""

    event: Event

    def __call__(self, watch: tuple[Event, ...]) -> tuple[Event, ...]:
        return (*watch, self.event)


@attrs.frozen
class Work:
    """The controller's memory: what it expects to see, and what its running reconcile still has to send."""

    additions: int = 0
    deletions: frozenset[Ref] = frozenset()
    creates: int = 0
    deletes: frozenset[Ref] = frozenset()


def is_active(pod: Pod | None) -> bool:
    """The lens for: neither failed nor terminating."""
    return pod is not None and pod.phase in ACTIVE


def has_room(limit: int) -> Callable[[Reader], bool]:
    """Whether the watch takes one more event."""
    return lambda see: len(see("watch")) < limit


def scaled_down(see: Reader) -> bool:
    """The user has asked for fewer pods."""
    return bool(see("scaled") > 0)


def properties(replicas: int) -> tuple[Property, ...]:
    """What must hold."""

    @invariant(witness=scaled_down)
    def no_surplus_pods(see: Reader) -> bool | Broken:
        """There is never more than one active pod too many."""
        active = sum(see.each("pod", is_active))
        return active <= replicas + 1 or Broken(f"{active} pods are active, {replicas} were wanted at most", ["pods"])

    @eventually_always(witness=scaled_down)
    def replicas_converge(see: Reader) -> bool | Broken:
        """In the end there are as many active pods as wanted, for ever."""
        active, wanted = sum(see.each("pod", is_active)), see("wanted")
        return active == wanted or Broken(f"{active} pods are active, {wanted} are wanted")

    return (no_surplus_pods, replicas_converge)


def late_replicaset(
    replicas: int = 2,
    nodes: int = 2,
    watch: int = 3,
    scales: int = 1,
    failures: int = 1,
    *,
    expectations: bool = True,
    unfair: Collection[str] = (),
) -> System:
    """The system. `expectations` off is the seeded bug; `unfair` names the kinds whose fairness is left out."""
    slots = replicas + 2
    room = has_room(watch)

    def scale(see: Reader) -> Iterable[Step]:
        done, wanted = see("scaled"), see("wanted")
        if done < scales:
            for n in range(replicas + 1):
                if n != wanted:
                    yield Step([("wanted", Set(n)), ("scaled", Set(done + 1))], action=f"PUT replicas {n}")

    def see_scale(see: Reader) -> Iterable[Step]:
        wanted = see("wanted")
        if see("cached wanted") != wanted:
            yield Step([("cached wanted", Set(wanted))])

    def deliver(see: Reader) -> Iterable[Step]:
        events = see("watch")
        if not events:
            return
        event, work = events[0], see("work")
        if event.phase is Phase.PENDING and work.additions:
            work = attrs.evolve(work, additions=work.additions - 1)
        if event.phase in (None, Phase.TERMINATING):
            work = attrs.evolve(work, deletions=work.deletions - {event.slot})
        yield Step(
            [("watch", Set(events[1:])), (("cached", event.slot.index), Set(event.phase)), ("work", Set(work))],
            action=f"{event.slot} {event.phase.name if event.phase else 'DELETED'}",
        )

    def reconcile(see: Reader) -> Iterable[Step]:
        work = see("work")
        if work.creates or work.deletes or (expectations and (work.additions or work.deletions)):
            return
        cached = see.each("cached")
        active = [i for i, phase in enumerate(cached) if phase in ACTIVE]
        missing = see("cached wanted") - len(active)
        if missing > 0:
            yield Step([("work", Set(Work(additions=missing if expectations else 0, creates=missing)))])
        elif missing < 0:
            ranked = sorted(active, key=lambda i: (cached[i], i))
            surplus = frozenset(Ref("pods", i) for i in ranked[:-missing])
            yield Step([("work", Set(Work(deletions=surplus if expectations else frozenset(), deletes=surplus)))])

    def create(see: Reader) -> Iterable[Step]:
        work = see("work")
        if not work.creates or not room(see):
            return
        remembered = {event.slot.index for event in see("watch")}
        for i, (pod, cached) in enumerate(zip(see.each("pod"), see.each("cached"), strict=True)):
            if pod is None and cached is None and i not in remembered:
                created = Event(Ref("pods", i), Phase.PENDING)
                rest = attrs.evolve(work, creates=work.creates - 1)
                yield Step([(("pod", i), Set(Pod(Phase.PENDING))), ("watch", Append(created)), ("work", Set(rest))])
                return

    def delete(see: Reader) -> Iterable[Step]:
        work = see("work")
        if not work.deletes:
            return
        slot = min(work.deletes)
        pod, rest = see(("pod", slot.index)), attrs.evolve(work, deletes=work.deletes - {slot})
        if pod is None or pod.phase is Phase.TERMINATING:
            yield Step([("work", Set(attrs.evolve(rest, deletions=work.deletions - {slot})))], answer="404")
        elif room(see):
            at_once = pod.phase in (Phase.PENDING, Phase.FAILED)
            left = None if at_once else Pod(Phase.TERMINATING, pod.node)
            event = Event(slot, None if at_once else Phase.TERMINATING)
            yield Step([(("pod", slot.index), Set(left)), ("watch", Append(event)), ("work", Set(rest))])

    def becomes(see: Reader, pod: Pod | None, action: str = "") -> Step:
        event = Event(see.me, None if pod is None else pod.phase)
        return Step([("pod", Set(pod)), ("watch", Append(event))], action=action)

    def bind(see: Reader) -> Iterable[Step]:
        pod = see("pod")
        if pod is not None and pod.phase is Phase.PENDING and room(see):
            for node in range(nodes):
                yield becomes(see, Pod(Phase.BOUND, node), f"bind to node {node}")

    def run(see: Reader) -> Iterable[Step]:
        pod = see("pod")
        if pod is not None and pod.phase is Phase.BOUND and room(see):
            yield becomes(see, Pod(Phase.RUNNING, pod.node))

    def fail(see: Reader) -> Iterable[Step]:
        pod, failed = see("pod"), see("failed")
        if pod is not None and pod.phase is Phase.RUNNING and failed < failures and room(see):
            step = becomes(see, Pod(Phase.FAILED))
            yield attrs.evolve(step, writes=[*step.writes, ("failed", Set(failed + 1))])

    def finish(see: Reader) -> Iterable[Step]:
        pod = see("pod")
        if pod is not None and pod.phase in (Phase.FAILED, Phase.TERMINATING) and room(see):
            yield becomes(see, None)

    actions = [
        Action("user", "scale", scale, role=Role.USER),
        Action("replicaset", "see scale", see_scale, role=Role.DELIVERY),
        Action("replicaset", "deliver", deliver, role=Role.DELIVERY),
        Action("replicaset", "reconcile", reconcile),
        Action("replicaset", "create", create),
        Action("replicaset", "delete", delete),
        Action("scheduler", "bind", bind, each="pods"),
        Action("kubelet", "run", run, each="pods"),
        Action("node", "fail", fail, each="pods", role=Role.FAULT),
        Action("kubelet", "finish", finish, each="pods"),
    ]
    return System(
        name="known.late-replicaset",
        variables={
            "wanted": replicas,
            "cached wanted": replicas,
            "scaled": 0,
            "failed": 0,
            "work": Work(),
            "watch": (),
        },
        families={"pods": Family(slots, {"pod": None, "cached": None}, interchangeable=False)},
        actions=[attrs.evolve(a, fair=a.fair and a.kind not in unfair) for a in actions],
        properties=properties(replicas),
    )
