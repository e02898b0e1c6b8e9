"""Transaction commit and two-phase commit (Gray and Lamport, "Consensus on Transaction Commit"; tlaplus/Examples).

With three resource managers the published counts are 34 distinct states for transaction commit and 288 for two-phase
commit, counted with the initial state among the generated ones: 94 and 1,146.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable

import attrs

from kspec.kernel.actions import Action, Reader, Set, Step
from kspec.kernel.properties import Broken, invariant
from kspec.kernel.system import Family, System
from kspec.kernel.values import Ref


class RM(enum.Enum):
    """The state of a resource manager."""

    WORKING = "working"
    PREPARED = "prepared"
    COMMITTED = "committed"
    ABORTED = "aborted"


class TM(enum.Enum):
    """The state of the transaction manager."""

    INIT = "init"
    COMMITTED = "committed"
    ABORTED = "aborted"


@attrs.frozen
class Send:
    """Put a message on the network, where it stays."""

    message: object

    def __call__(self, network: frozenset[object]) -> frozenset[object]:
        return network | {self.message}


@attrs.frozen
class Prepared:
    """A resource manager tells that it is prepared."""

    rm: Ref


COMMIT, ABORT = "commit", "abort"


def somebody_commits(see: Reader) -> bool:
    """Some resource manager commits."""
    return RM.COMMITTED in see.bag("rm")


@invariant(witness=somebody_commits)
def resource_managers_agree(see: Reader) -> bool | Broken:
    """No resource manager commits while another one aborts."""
    states = see.each("rm")
    if RM.COMMITTED in states and RM.ABORTED in states:
        return Broken("one has committed and another has aborted", [f"rm#{i}" for i in range(len(states))])
    return True


def transaction_commit(n: int = 3, *, waits_for_all: bool = True) -> System:
    """Resource managers decide together. With `waits_for_all` off one commits without looking at the others."""

    def prepare(see: Reader) -> Iterable[Step]:
        if see("rm") is RM.WORKING:
            yield Step([("rm", Set(RM.PREPARED))])

    def commit(see: Reader) -> Iterable[Step]:
        if see("rm") is RM.PREPARED:
            others = see.others("rm")
            if not waits_for_all or all(x in (RM.PREPARED, RM.COMMITTED) for x in others):
                yield Step([("rm", Set(RM.COMMITTED))])

    def abort(see: Reader) -> Iterable[Step]:
        if see("rm") in (RM.WORKING, RM.PREPARED) and RM.COMMITTED not in see.others("rm"):
            yield Step([("rm", Set(RM.ABORTED))])

    return System(
        name="known.transaction-commit",
        variables={},
        families={"rms": Family(n, {"rm": RM.WORKING}, interchangeable=False)},
        actions=[
            Action("rm", "prepare", prepare, each="rms"),
            Action("rm", "commit", commit, each="rms"),
            Action("rm", "abort", abort, each="rms"),
        ],
        properties=[resource_managers_agree],
    )


def two_phase_commit(n: int = 3, *, waits_for_all: bool = True, fold: bool = False) -> System:
    """A transaction manager collects votes. With `waits_for_all` off it commits after the first one."""

    def manager_hears(see: Reader) -> Iterable[Step]:
        """Hear that one resource manager is prepared; hearing it again changes nothing."""
        if see("tm") is TM.INIT:
            network, heard = see("network"), see("heard")
            for rm in range(n):
                message = Prepared(Ref("rms", rm))
                if message in network:
                    yield Step([("heard", Set(heard | {message}))], action=f"hear {message.rm}")

    def manager_commits(see: Reader) -> Iterable[Step]:
        if see("tm") is TM.INIT and len(see("heard")) >= (n if waits_for_all else 1):
            yield Step([("tm", Set(TM.COMMITTED)), ("network", Send(COMMIT))])

    def manager_aborts(see: Reader) -> Iterable[Step]:
        if see("tm") is TM.INIT:
            yield Step([("tm", Set(TM.ABORTED)), ("network", Send(ABORT))])

    def prepare(see: Reader) -> Iterable[Step]:
        if see("rm") is RM.WORKING:
            yield Step([("rm", Set(RM.PREPARED)), ("network", Send(Prepared(see.me)))])

    def choose_to_abort(see: Reader) -> Iterable[Step]:
        if see("rm") is RM.WORKING:
            yield Step([("rm", Set(RM.ABORTED))])

    def hear_commit(see: Reader) -> Iterable[Step]:
        if COMMIT in see("network"):
            yield Step([("rm", Set(RM.COMMITTED))])

    def hear_abort(see: Reader) -> Iterable[Step]:
        if ABORT in see("network"):
            yield Step([("rm", Set(RM.ABORTED))])

    return System(
        name="known.two-phase-commit",
        variables={"tm": TM.INIT, "heard": frozenset(), "network": frozenset()},
        families={"rms": Family(n, {"rm": RM.WORKING}, interchangeable=fold)},
        actions=[
            Action("tm", "hear", manager_hears),
            Action("tm", "commit", manager_commits),
            Action("tm", "abort", manager_aborts),
            Action("rm", "prepare", prepare, each="rms"),
            Action("rm", "choose to abort", choose_to_abort, each="rms"),
            Action("rm", "hear commit", hear_commit, each="rms"),
            Action("rm", "hear abort", hear_abort, each="rms"),
        ],
        properties=[resource_managers_agree],
    )
