"""The symbolic number: an `int` to the function that it is given to, a term to the solver.

Arithmetic makes larger terms. A comparison is a question and is answered at once by a real `bool`, so that everything
that Python does with the answer is Python's own. `min` and `max` of numbers make one term instead of a question for
each pair. What cannot be said of a symbolic number is refused.
"""

from __future__ import annotations

import builtins
import contextlib
import numbers
import operator
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import z3

from kspec.engines.z3.fork import Refusal, Run

LARGEST_INDEX = 16
"""`range(n)` and `sequence[n]` are lifted while the path bounds n by this; the theorem is then BOUNDED."""

_EXACT = "numbers must be exact: // rounds down, -(-a // b) rounds up, a percentage is p * n // 100"


def term(value: Any) -> Any:
    """A number as a term of the solver; None if it is no number. Raises Refusal for numbers that are not whole."""
    if type(value) is Number:
        return value.term
    if isinstance(value, int):  # also bool and IntEnum, which count as numbers in arithmetic
        return z3.IntVal(int(value))
    if isinstance(value, numbers.Number):
        raise Refusal(f"a {type(value).__name__} meets a symbolic number", _EXACT)
    return None


Binary = Callable[[Any, Any], Any]


def _arithmetic(make: Binary) -> Binary:
    def method(self: Number, other: Any) -> Any:
        right = term(other)
        return NotImplemented if right is None else Number(make(self.term, right))

    return method


def _swapped(make: Binary) -> Binary:
    def method(self: Number, other: Any) -> Any:
        left = term(other)
        return NotImplemented if left is None else Number(make(left, self.term))

    return method


def _comparison(make: Binary) -> Binary:
    def method(self: Number, other: Any) -> Any:
        right = term(other)
        return NotImplemented if right is None else ask(make(self.term, right))

    return method


def _refused(what: str, hint: str = "") -> Callable[..., NoReturn]:
    def method(self: Number, *args: Any, **kwargs: Any) -> NoReturn:
        raise Refusal(what, hint)

    return method


def ask(condition: Any) -> bool:
    """The answer to a question on the path that is being run. Raises Refusal outside of a run."""
    if Run.current is None:
        raise Refusal("a symbolic number is used after its run", "it was kept in a global or an attribute")
    return Run.current.ask(condition)


def floor_divide(a: Any, b: Any) -> Any:
    """`a // b` as Python means it: rounded down. The solver's `div` never leaves a negative remainder instead."""
    if z3.is_int_value(b):
        if b.as_long() == 0:
            raise ZeroDivisionError("integer division or modulo by zero")
        return a / b if b.as_long() > 0 else (-a) / z3.IntVal(-b.as_long())
    if ask(b == 0):
        raise ZeroDivisionError("integer division or modulo by zero")
    return a / b if ask(b > 0) else (-a) / (-b)


def modulo(a: Any, b: Any) -> Any:
    """`a % b` as Python means it: with the sign of b."""
    return a - b * floor_divide(a, b)


class Number:
    """A symbolic number."""

    __slots__ = ("term",)

    def __init__(self, of: Any) -> None:
        self.term = of

    @property  # type: ignore[misc]  # isinstance(number, int) and `case int()` must be true
    def __class__(self) -> type:
        return int

    __add__, __radd__ = _arithmetic(operator.add), _swapped(operator.add)
    __sub__, __rsub__ = _arithmetic(operator.sub), _swapped(operator.sub)
    __mul__, __rmul__ = _arithmetic(operator.mul), _swapped(operator.mul)
    __floordiv__, __rfloordiv__ = _arithmetic(floor_divide), _swapped(floor_divide)
    __mod__, __rmod__ = _arithmetic(modulo), _swapped(modulo)

    def __divmod__(self, other: Any) -> Any:
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> Any:
        return other // self, other % self

    def __neg__(self) -> Number:
        return Number(-self.term)

    def __pos__(self) -> Number:
        return self

    def __abs__(self) -> Number:
        return Number(z3.If(self.term >= 0, self.term, -self.term))

    def __floor__(self) -> Number:
        return self

    __ceil__ = __trunc__ = __floor__

    def __round__(self, digits: int | None = None) -> Number:
        if digits is not None and digits < 0:
            raise Refusal("a symbolic number rounded to tens", _EXACT)
        return self

    __lt__, __le__ = _comparison(operator.lt), _comparison(operator.le)
    __gt__, __ge__ = _comparison(operator.gt), _comparison(operator.ge)
    __eq__, __ne__ = _comparison(operator.eq), _comparison(operator.ne)

    def __bool__(self) -> bool:
        return ask(self.term != 0)

    def __index__(self) -> int:
        """One path for each value, if the path bounds it."""
        if Run.current is None:
            raise Refusal("a symbolic number is used after its run", "it was kept in a global or an attribute")
        for size in range(LARGEST_INDEX + 1):
            for guess in dict.fromkeys((size, -size)):
                if ask(self.term == guess):
                    Run.current.largest_index = max(Run.current.largest_index or 0, size)
                    return guess
        raise Refusal(
            f"range() or an index by a symbolic number that nothing bounds by {LARGEST_INDEX}",
            "bound it with assume(), and the theorem is BOUNDED; or prove the loop's step as a transition system",
        )

    __hash__ = _refused(
        "the hash of a symbolic number (a key, a set, functools.cache)", "compare, or look it up by an enumeration"
    )
    __int__ = _refused("int() of a symbolic number", "it is one")
    __float__ = _refused("a symbolic number as a float", _EXACT)
    __truediv__ = __rtruediv__ = _refused("/ makes a float", _EXACT)
    __pow__ = __rpow__ = _refused("** of a symbolic number", "write the product")
    __and__ = __rand__ = __or__ = __ror__ = __xor__ = __rxor__ = _refused("bits of a symbolic number")
    __lshift__ = __rlshift__ = __rshift__ = __rrshift__ = __invert__ = _refused("bits of a symbolic number")
    __str__ = __format__ = _refused("a symbolic number as text", "text belongs to the plumbing, not to a decision")
    __reduce__ = _refused("a pickled symbolic number")

    def __repr__(self) -> str:
        if Run.current is not None:
            raise Refusal("a symbolic number as text", "text belongs to the plumbing, not to a decision")
        return f"Number({self.term})"

    @property
    def numerator(self) -> Number:
        """Itself, as of any int."""
        return self

    @property
    def denominator(self) -> int:
        """1, as of any int."""
        return 1

    def __copy__(self) -> Number:
        return self

    def __deepcopy__(self, memo: Any) -> Number:
        return self

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        raise Refusal(f"int.{name} of a symbolic number")


def _extreme(original: Callable[..., Any], better: Binary) -> Callable[..., Any]:
    def merged(*args: Any, **kwargs: Any) -> Any:
        if kwargs:
            return original(*args, **kwargs)
        items = args
        if len(args) == 1:
            items = tuple(args[0])
            args = (items,)
        if not any(type(x) is Number for x in items) or any(term(x) is None for x in items):
            return original(*args)
        best = term(items[0])
        for item in items[1:]:
            best = z3.If(better(term(item), best), term(item), best)
        return Number(best)

    return merged


@contextlib.contextmanager
def merged_extremes() -> Iterator[None]:
    """While the body runs, `min` and `max` of symbolic numbers are terms. They are Python's own for everything else."""
    saved = builtins.min, builtins.max
    builtins.min = _extreme(saved[0], operator.lt)
    builtins.max = _extreme(saved[1], operator.gt)
    try:
        yield
    finally:
        builtins.min, builtins.max = saved
