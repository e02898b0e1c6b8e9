"""What an adapter and the runner have in common. How they fit together is said at the top of run.py."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs

Given = Mapping[str, Any]
"""A case's `given`, as YAML has it: mappings, lists, text, numbers, booleans, None."""


class Skip(Exception):
    """Raised by an adapter that cannot speak of a case; the message says why. Counted and printed, never hidden."""


@attrs.frozen
class AtLeast:
    """An answer of which a case may ask only a part: keys that its `expect` does not name are not compared."""

    answer: Mapping[str, Any]


@attrs.frozen
class AnyOrder:
    """A list of which the order has no meaning: its items are those of the case's list, in whatever order."""

    items: Sequence[Any]


@attrs.frozen
class Case:
    """One case of a vector file. `source`: where upstream states or computes it."""

    id: str
    given: Given
    expect: Any
    source: str = ""


@attrs.frozen
class Adapter:
    """A topic's adapter: `answer` is what the model says, in the shape of the case's `expect`."""

    topic: str
    answer: Callable[[Given], Any]


def difference(answer: Any, expect: Any, where: str = "") -> str | None:
    """The first place where the two differ, in words; None if they are the same. `True` is not `1`."""
    if isinstance(answer, AtLeast):
        asked = expect if isinstance(expect, Mapping) else {}
        return difference({key: value for key, value in answer.answer.items() if key in asked}, expect, where)
    if isinstance(answer, AnyOrder):
        return _difference_in_any_order(answer.items, expect, where)
    if isinstance(answer, Mapping) and isinstance(expect, Mapping):
        for key in sorted({*answer, *expect}, key=str):
            place = f"{where}.{key}" if where else str(key)
            if key not in answer:
                return f"{place}: expected {expect[key]!r}, the model says nothing"
            if key not in expect:
                return f"{place}: expected nothing, the model says {answer[key]!r}"
            found = difference(answer[key], expect[key], place)
            if found is not None:
                return found
        return None
    if isinstance(answer, (list, tuple)) and isinstance(expect, (list, tuple)) and len(answer) == len(expect):
        for i, (mine, theirs) in enumerate(zip(answer, expect, strict=True)):
            found = difference(mine, theirs, f"{where}[{i}]")
            if found is not None:
                return found
        return None
    if type(answer) is type(expect) and answer == expect:
        return None
    return f"{where or 'answer'}: expected {expect!r}, the model says {answer!r}"


def _difference_in_any_order(items: Sequence[Any], expect: Any, where: str) -> str | None:
    if not isinstance(expect, (list, tuple)):
        return f"{where or 'answer'}: expected {expect!r}, the model says {list(items)!r}"
    left = list(expect)
    for item in items:
        same = next((i for i, theirs in enumerate(left) if difference(item, theirs) is None), None)
        if same is None:
            return f"{where}: the model says {item!r}, which is not expected"
        del left[same]
    return f"{where}: expected {left[0]!r}, the model says nothing" if left else None
