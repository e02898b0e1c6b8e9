"""Writers who increment one stored number by compare-and-swap: problem p1 of the comparison of model checkers.

The counts are the same in SPIN, TLC, rumur and a bare C search (the initial state not counted as generated).
"""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from kspec.kernel.actions import Action, Reader, Set, Step
from kspec.kernel.properties import Broken, invariant
from kspec.kernel.system import Family, System


@attrs.frozen
class Object:
    """What the store holds."""

    value: int = 0
    version: int = 0


@attrs.frozen
class Writer:
    """A writer: what it read and has not yet written back, and how many of its writes succeeded."""

    read: Object | None = None
    done: int = 0


def somebody_wrote_twice(see: Reader) -> bool:
    """Some writer has succeeded twice."""
    return any(writer.done > 1 for writer in see.bag("writer"))


@invariant(witness=somebody_wrote_twice)
def no_update_is_lost(see: Reader) -> bool | Broken:
    """The stored number is the number of successful writes."""
    value, written = see("object").value, sum(writer.done for writer in see.bag("writer"))
    return value == written or Broken(f"the store holds {value} after {written} successful writes", ["object"])


def compare_and_swap(writers: int = 4, writes: int = 3, *, compares: bool = True, fold: bool = False) -> System:
    """Each writer reads, adds one, and writes if nobody wrote since. With `compares` off, it always writes."""

    def read(see: Reader) -> Iterable[Step]:
        me = see("writer")
        if me.read is None and me.done < writes:
            yield Step([("writer", Set(attrs.evolve(me, read=see("object"))))], action="GET")

    def write(see: Reader) -> Iterable[Step]:
        me = see("writer")
        if me.read is None:
            return
        stored = see("object")
        if compares and stored.version != me.read.version:
            yield Step([("writer", Set(Writer(None, me.done)))], action="PUT", answer="409 Conflict")
            return
        new = Object(me.read.value + 1, stored.version + 1)
        yield Step([("object", Set(new)), ("writer", Set(Writer(None, me.done + 1)))], action="PUT", answer="200")

    return System(
        name="known.compare-and-swap",
        variables={"object": Object()},
        families={"writers": Family(writers, {"writer": Writer()}, interchangeable=fold)},
        actions=[Action("writer", "read", read, each="writers"), Action("writer", "write", write, each="writers")],
        properties=[no_update_is_lost],
    )
