"""Lifting plain Python: what is lifted, what is refused, and that the lifted function is the plain one."""

from __future__ import annotations

import enum
import functools
import math
import operator
import warnings
from collections.abc import Callable
from fractions import Fraction
from typing import Any, Literal

import attrs
import pytest
import z3
from hypothesis import given
from hypothesis import strategies as st

from kspec.engines.z3 import inputs as building
from kspec.engines.z3 import numbers as proxies
from kspec.engines.z3.fork import Budget, Refusal, Returned
from kspec.engines.z3.judge import judge
from kspec.engines.z3.lift import Lifted, cross_check, lift, liftable
from kspec.engines.z3.scan import blind_spots
from kspec.engines.z3.smallest import Smallest
from kspec.kernel.errors import SpecError, UntrustworthyError
from kspec.kernel.result import Verdict
from kspec.prove import Natural, Positive, assume

QUICK = Budget(questions=60)


def lifted(function: Callable[..., Any]) -> Lifted:
    return lift(liftable(function), QUICK)


def verdict(function: Callable[..., bool]) -> Verdict:
    return judge(liftable(function), QUICK).verdict


@attrs.frozen
class Share:
    value: int


class Phase(enum.Enum):
    PENDING = "Pending"
    RUNNING = "Running"
    FAILED = "Failed"


@attrs.frozen
class Pod:
    node: int | None
    phase: Phase
    ready: bool
    restarts: Natural


@attrs.frozen
class Checked:
    least: int
    most: int = attrs.field()

    @most.validator
    def _ordered(self, attribute: Any, value: int) -> None:
        if value < self.least:
            raise ValueError("most < least")


# ---- what is lifted


def test_arithmetic_min_max_and_early_returns_become_few_paths() -> None:
    def grown(replicas: int, surge: int, total: int, new: int) -> int:
        if total >= replicas + surge:
            return new
        return new + min(replicas + surge - total, replicas - new)

    found = lifted(grown)
    assert len(found.paths) == 2
    assert cross_check(found, 60) == 2


def test_a_union_is_one_path_for_each_variant() -> None:
    def resolve(value: int | Share | None, of: int) -> int:
        match value:
            case None:
                return 0
            case Share(value=part):
                return -(-part * of // 100)
            case int():
                return value
        raise AssertionError

    found = lifted(resolve)
    assert len(found.paths) == 3
    assert cross_check(found, 60) == 3


def test_enumerations_and_options_are_pythons_own() -> None:
    rank = {Phase.PENDING: 0, Phase.RUNNING: 1}

    def key(pod: Pod) -> tuple[bool, int, bool, int]:
        return (pod.node is not None, rank.get(pod.phase, 2), pod.ready, -pod.restarts)

    def never_both_go_first(a: Pod, b: Pod) -> bool:
        return not (key(a) < key(b) and key(b) < key(a))

    found = lifted(key)
    assert len(found.paths) == 2 * 3 * 2
    assert cross_check(found, 100) >= 8
    assert verdict(never_both_go_first) is Verdict.PROVED


def test_tuples_literals_sums_and_sorting_are_lifted() -> None:
    def middle(xs: tuple[int, int, int], at: Literal[0, 1, 2]) -> tuple[int, int, bool]:
        return sum(xs), sorted(xs)[1], xs[at] == max(xs)

    assert cross_check(lifted(middle), 100) > 5


def test_records_are_evolved_compared_and_matched_as_plain_ones() -> None:
    def moved(pod: Pod) -> tuple[Pod, bool]:
        later = attrs.evolve(pod, restarts=pod.restarts + 1)
        return later, later == pod

    found = lifted(moved)
    assert all(isinstance(p.outcome, Returned) and type(p.outcome.value[0]) is Pod for p in found.paths)
    cross_check(found, 60)


def test_a_record_that_checks_itself_is_made_by_its_own_constructor() -> None:
    def width(of: Checked) -> int:
        return of.most - of.least

    def is_never_negative(of: Checked) -> bool:
        return width(of) >= 0

    cross_check(lifted(width), 60)
    assert verdict(is_never_negative) is Verdict.PROVED, "what the record itself refuses is no input"


def test_exceptions_are_outcomes() -> None:
    def ratio(a: int, b: int) -> int:
        return a // b

    def never_raises(a: int, b: int) -> bool:
        return ratio(a, b) * 0 == 0

    assert cross_check(lifted(ratio), 100) == 3
    found = judge(liftable(never_raises), QUICK)
    assert found.verdict is Verdict.VIOLATED
    assert found.values == {"a": 0, "b": 0}
    assert "ZeroDivisionError" in found.said


def test_an_index_is_lifted_within_its_bound_and_the_bound_is_said() -> None:
    def total(n: Natural) -> bool:
        assume(n <= 6, "n ≤ 6")
        return sum(1 for _ in range(n)) == n

    found = judge(liftable(total), QUICK)
    assert (found.verdict, found.bound) == (Verdict.BOUNDED, 6)
    assert found.premises == ("n ≥ 0", "n ≤ 6")


NUMBERS = st.integers(-20, 20)


@given(NUMBERS, NUMBERS.filter(bool))
def test_division_and_remainder_are_pythons_for_all_signs(a: int, b: int) -> None:
    for divisor in (z3.IntVal(b),):
        assert z3.simplify(proxies.floor_divide(z3.IntVal(a), divisor)).as_long() == a // b
        assert z3.simplify(proxies.modulo(z3.IntVal(a), divisor)).as_long() == a % b


def test_division_by_a_symbolic_number_is_pythons_for_all_signs() -> None:
    def both(a: int, b: int) -> tuple[int, int]:
        return divmod(a, b)

    assert cross_check(lifted(both), 200) == 3


# ---- what is refused, with its place


def ceil_of_a_float(n: Natural) -> bool:
    return math.ceil(n * 25 / 100) >= 0


def times_a_float(n: Natural) -> bool:
    return n * 0.5 >= 0


def a_fraction(n: Natural) -> bool:
    return n + Fraction(1, 2) > n


def a_key(n: Natural) -> bool:
    return {0: True}.get(n, True)


def a_set(n: Natural) -> bool:
    return n in {1, 2, 3}


@functools.cache
def plus_one(n: int) -> int:
    return n + 1


def cached(n: Natural) -> bool:
    return plus_one(n) > n


def text(n: Natural) -> bool:
    return f"{n}" != ""


def as_int(n: Natural) -> bool:
    return int(n) == n


def shifted(n: Natural) -> bool:
    return n << 1 >= n


def unbounded_range(n: Natural) -> bool:
    return sum(1 for _ in range(n)) == n


def unbounded_loop(n: Natural) -> bool:
    total = 0
    while total < n:
        total += 1
    return total == n


_seen: list[int] = []


def impure(n: Natural) -> bool:
    _seen.append(1)
    return n + len(_seen) > 3 and n > 2


def swallows_everything(n: Natural) -> bool:
    try:
        return {n: True}[n]
    except BaseException:
        return True


def by_type(n: Natural) -> bool:
    return not (type(n) is int and n > 100)


def by_identity(n: Natural) -> bool:
    return id(n) == id(n) and n >= 0


def by_hash(n: Natural) -> bool:
    return hash(n) == n


def by_operator(n: Natural) -> bool:
    return operator.is_not(n, None) and n >= 0


def hidden_in_a_call(n: Natural) -> bool:
    return n < 0 or by_type(n)


def only_in_a_premise(n: Natural) -> bool:
    assume(not by_type(n + 101), "of another type")
    return n < 0


REFUSED = [
    (ceil_of_a_float, "float"),
    (times_a_float, "float meets a symbolic number"),
    (a_fraction, "Fraction meets a symbolic number"),
    (a_key, "hash of a symbolic number"),
    (a_set, "hash of a symbolic number"),
    (cached, "hash of a symbolic number"),
    (text, "as text"),
    (as_int, "int()"),
    (shifted, "bits"),
    (unbounded_range, "nothing bounds by 16"),
    (unbounded_loop, "more than 60 questions"),
    (impure, "another question"),
    (swallows_everything, "hash of a symbolic number"),
    (by_type, "type() does not notice"),
    (by_identity, "id() does not notice"),
    (by_hash, "hash"),
    (by_operator, "is_not() does not notice"),
    (hidden_in_a_call, "type() does not notice"),
    (only_in_a_premise, "type() does not notice"),
]


@pytest.mark.parametrize(("function", "what"), REFUSED, ids=[f.__name__ for f, _ in REFUSED])
def test_what_cannot_be_lifted_is_refused_with_file_and_line(function: Callable[..., bool], what: str) -> None:
    with pytest.raises(Refusal) as refusal:
        lifted(function)
    assert what in str(refusal.value)
    code = (by_type if function in (hidden_in_a_call, only_in_a_premise) else function).__code__
    path, line = refusal.value.where.split(":")[:2]
    assert path.endswith("test_z3_lifting.py")
    assert code.co_firstlineno <= int(line) <= max(row for _, _, row in code.co_lines() if row)


def test_an_attribute_of_a_blind_builtins_name_is_no_blind_spot() -> None:
    @attrs.frozen
    class Event:
        type: int
        id: int

    def same_type(a: Natural) -> bool:
        event = Event(a, a)
        return event.type == event.id

    assert verdict(same_type) is Verdict.PROVED


def test_types_without_symbolic_values_are_refused() -> None:
    def of_text(name: str) -> bool:
        return name == name

    def of_any_length(xs: tuple[int, ...]) -> bool:
        return len(xs) >= 0

    for function, what in ((of_text, "no symbolic value of type str"), (of_any_length, "any length")):
        with pytest.raises(Refusal, match=what) as refusal:
            lifted(function)
        line = function.__code__.co_firstlineno
        assert f"test_z3_lifting.py:{line}: in {function.__name__}: " in str(refusal.value)


def test_is_with_a_number_is_refused() -> None:
    source = "def same(n):\n    return n is not 3 and n >= 0\n"
    found: dict[str, Any] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        exec(compile(source, __file__, "exec"), found)
    assert [(line, what) for line, what, _ in blind_spots(found["same"].__code__)] == [
        (2, "`is` with a number does not notice a symbolic number")
    ]


def test_a_limit_that_the_function_swallows_is_still_a_limit() -> None:
    def swallows(n: Natural) -> bool:
        try:
            return n > 3
        except BaseException:
            return True

    found = judge(liftable(swallows), Budget(deadline=0.0, seconds=1))
    assert (found.verdict, found.limit) == (Verdict.INCONCLUSIVE, "seconds: 1")


def test_a_parameter_without_a_type_is_an_error_of_the_spec() -> None:
    def untyped(n) -> bool:  # type: ignore[no-untyped-def]  # the very thing that is wrong
        return n == n

    with pytest.raises(SpecError, match="parameter n has no type"):
        liftable(untyped)


def test_a_type_that_cannot_be_found_is_an_error_of_the_spec() -> None:
    @attrs.frozen
    class Local:
        n: int

    def about(local: Local) -> bool:
        return local.n == local.n

    with pytest.raises(SpecError, match="types must be defined at the top of a module"):
        liftable(about)


def test_a_number_that_escapes_its_run_is_refused() -> None:
    kept: list[int] = []

    def keeps(n: Natural) -> bool:
        kept.append(n)
        return True

    lifted(keeps)
    with pytest.raises(Refusal, match="after its run"):
        _ = kept[0] > 3


# ---- the plain function has the last word


def test_a_wrong_proxy_is_found_at_the_witness_of_a_path(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(self: Any, other: Any) -> bool:
        return proxies.ask(self.term >= proxies.term(other))

    monkeypatch.setattr(proxies.Number, "__gt__", wrong)

    def positive(n: int) -> bool:
        return n > 0

    with pytest.raises(UntrustworthyError, match="plain Python"):
        lifted(positive)


def test_a_wrong_division_is_found_on_random_inputs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proxies.Number, "__floordiv__", lambda a, b: proxies.Number((a.term + 1) / proxies.term(b)))

    def half(n: int) -> int:
        return n // 2

    with pytest.raises(UntrustworthyError, match="plain Python"):
        cross_check(lifted(half), 60)


def test_a_path_that_was_forgotten_is_found_on_random_inputs() -> None:
    def sign(n: int) -> int:
        return 1 if n > 0 else -1 if n < 0 else 0

    found = lifted(sign)
    with pytest.raises(UntrustworthyError, match="no path was explored"):
        cross_check(attrs.evolve(found, paths=found.paths[:2]), 60)


def test_a_model_that_python_refutes_is_untrustworthy(monkeypatch: pytest.MonkeyPatch) -> None:
    def below_three(n: Natural) -> bool:
        return n < 3

    def minimised_wrongly(*args: Any) -> Smallest:
        return Smallest({"n": 2}, exact=True)

    monkeypatch.setattr("kspec.engines.z3.judge.smallest", minimised_wrongly)
    with pytest.raises(UntrustworthyError, match="Z3 finds it false for n = 2; plain Python returns True"):
        judge(liftable(below_three), QUICK)


def test_min_and_max_are_pythons_own_after_a_run() -> None:
    def capped(n: Positive) -> bool:
        return min(n, 3) <= max(3, n)

    before = min, max
    assert verdict(capped) is Verdict.PROVED
    assert (min, max) == before


def test_the_inputs_of_a_claim_are_named_by_the_way_to_them() -> None:
    def about(pod: Pod, sizes: tuple[Natural, Share | None]) -> bool:
        return pod.restarts < 1 or sizes[0] == 0 or sizes[1] is None

    found = judge(liftable(about), QUICK)
    assert found.values == {"pod.restarts": 1, "sizes[0]": 1, "sizes[1]?": 0}
    rebuilt = building.arguments(liftable(about).parameters, building.Values(found.values or {}))
    assert about(**rebuilt) is False
