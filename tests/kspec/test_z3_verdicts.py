"""The z3 engine's verdicts, limits, words and names, on small decisions and transition systems of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Annotated

import attrs
import pytest
import z3

from kspec.engines.z3 import prove
from kspec.engines.z3.fork import Budget
from kspec.engines.z3.judge import judge
from kspec.engines.z3.lift import Lifted, liftable
from kspec.engines.z3.smallest import Smallest, smallest
from kspec.kernel.errors import SpecError, UntrustworthyError, UsageError
from kspec.kernel.registry import registry
from kspec.kernel.result import Exit, Limits, Progress, PropertyResult, Result, Verdict
from kspec.outcome import outcome
from kspec.prove import AtLeast, AtMost, Dropped, Natural, Positive, Theorem, assume, decision, transition_system

AtMostNine = Annotated[int, AtLeast(0), AtMost(9)]


@pytest.fixture(autouse=True)
def no_other_theorems(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(registry, "theorems", {})
    yield


def capped(n: int, most: int) -> int:
    return n if n < most else most


@pytest.fixture
def subject() -> Theorem:
    @decision("demo.capped")
    def lifted(n: int, most: int) -> int:
        """A number, capped."""
        return capped(n, most)

    def is_cut(n: int, most: int) -> bool:
        """The cap cuts something off."""
        return capped(n, most) < n

    @lifted.theorem(witness=is_cut)
    def the_cap_is_kept(n: Natural, most: Natural) -> bool:
        """A capped number is at most the cap."""
        assume(n >= 1, "n is not 0")
        return capped(n, most) <= most

    return the_cap_is_kept


def only(results: list[Result]) -> PropertyResult:
    (result,) = results
    (found,) = result.properties
    return found


# ---- theorems


def test_a_theorem_is_proved_with_its_premises_and_an_input_that_exercises_it(subject: Theorem) -> None:
    (result,) = prove()
    (found,) = result.properties
    assert (result.name, result.engine, result.verdict, result.complete) == ("demo.capped", "z3", Verdict.PROVED, True)
    assert found.verdict is Verdict.PROVED
    assert found.kind == "theorem"
    assert found.sentence == "A capped number is at most the cap."
    assert "given: n, most ≥ 0, n is not 0" in found.why
    assert "exercised (The cap cuts something off) by n 1, most 0" in found.why
    assert (found.witness, found.witness_reached) == ("is_cut", True)
    assert any("unbounded" in line for line in result.assumptions)
    assert "2 paths" in result.notes[0]
    assert outcome(result).exit is Exit.ESTABLISHED


def test_a_false_theorem_is_violated_by_its_smallest_numbers(subject: Theorem) -> None:
    subject.false_neighbour({"n": 1}, tell=lambda n, most: f"{n} capped at {most}")(below_the_cap)
    (result,) = prove(["below_*"])
    assert result.expected == ("below_the_cap",)
    found = result.property("below_the_cap")
    assert found.verdict is Verdict.VIOLATED
    assert found.why.startswith("1 capped at 0")
    assert outcome(result).exit is Exit.ESTABLISHED


def below_the_cap(n: Natural, most: Natural) -> bool:
    """A capped number is less than the cap."""
    assume(n >= 1, "n is not 0")
    return capped(n, most) < most


def test_a_false_neighbour_with_other_numbers_than_recorded_is_a_sanity_failure(subject: Theorem) -> None:
    subject.false_neighbour({"n": 7})(below_the_cap)
    (result,) = prove(["below_the_cap"])
    found = result.property("below_the_cap")
    assert found.verdict is Verdict.VACUOUS
    assert "its smallest counterexample is n = 1; recorded is n = 7" in found.why
    assert outcome(result).exit is Exit.SANITY


def test_a_false_neighbour_that_is_true_is_a_sanity_failure(subject: Theorem) -> None:
    @subject.false_neighbour({})
    def a_cap_is_a_cap(n: Natural, most: Natural) -> bool:
        """It is true."""
        return capped(n, most) <= most

    (result,) = prove(["a_cap_is_a_cap"])
    assert result.property("a_cap_is_a_cap").verdict is Verdict.PROVED
    assert outcome(result).exit is Exit.SANITY


@pytest.fixture
def state() -> Callable[[Callable[..., bool]], PropertyResult]:
    """States a theorem about nothing and answers with its result."""

    def prove_it(function: Callable[..., bool]) -> PropertyResult:
        @decision("demo.nothing")
        def nothing(n: int) -> int:
            """Nothing."""
            return n

        nothing.theorem()(function)
        return only(prove())

    return prove_it


State = Callable[[Callable[..., bool]], PropertyResult]


def test_premises_that_no_input_meets_are_vacuous(state: State) -> None:
    def nothing_is_wrong(n: Natural) -> bool:
        """Whatever."""
        assume(n < 0, "n < 0")
        return n == 17

    found = state(nothing_is_wrong)
    assert found.verdict is Verdict.VACUOUS
    assert found.why == "no input meets its premises; given: n ≥ 0, n < 0"


def test_a_witness_that_no_input_makes_true_is_vacuous() -> None:
    @decision("demo.same")
    def same(n: int) -> int:
        """The same."""
        return n

    def is_negative(n: int) -> bool:
        """It is negative."""
        return n < 0

    @same.theorem(witness=is_negative)
    def it_is_kept(n: Natural) -> bool:
        """It is kept."""
        return same(n) >= 0

    found = only(prove())
    assert (found.verdict, found.witness_reached) == (Verdict.VACUOUS, False)
    assert "no input is a witness: It is negative" in found.why


def test_a_range_bound_is_bounded_to_k(state: State) -> None:
    def counts(n: Natural) -> bool:
        """Counts."""
        assume(n <= 5, "n ≤ 5")
        return len(range(n)) == n

    found = state(counts)
    assert (found.verdict, found.bound) == (Verdict.BOUNDED, 5)


def test_a_bound_in_a_type_is_a_premise(state: State) -> None:
    def small(n: AtMostNine) -> bool:
        """Small."""
        return n < 10

    found = state(small)
    assert found.verdict is Verdict.PROVED
    assert "given: n ≥ 0, n ≤ 9" in found.why


def test_an_answer_that_is_no_truth_value_is_an_error(state: State) -> None:
    def a_number(n: Natural) -> bool:
        """Not a bool."""
        return n  # type: ignore[return-value]  # the very thing that is wrong

    found = state(a_number)
    assert found.verdict is Verdict.ERROR
    assert "must return True or False" in found.why


def test_what_cannot_be_lifted_is_an_error_that_names_the_line(state: State) -> None:
    def by_type(n: Natural) -> bool:
        """It looks at the type."""
        return type(n) is int

    found = state(by_type)
    assert found.verdict is Verdict.ERROR
    line = by_type.__code__.co_firstlineno + 2
    assert f"test_z3_verdicts.py:{line}: in by_type: type() does not notice a symbolic number" in found.why


def test_a_solver_that_does_not_know_is_inconclusive() -> None:
    def fermat(a: Positive, b: Positive, c: Positive) -> bool:
        return a * a * a + b * b * b != c * c * c

    found = judge(liftable(fermat), Budget(query_ms=200))
    assert found.verdict is Verdict.INCONCLUSIVE
    assert "the solver" in found.said


def test_a_path_that_no_input_is_known_to_take_is_inconclusive_although_it_is_true() -> None:
    def whatever_fermat_says(a: Positive, b: Positive, c: Positive) -> bool:
        return True if a * a * a + b * b * b == c * c * c else a >= 1

    found = judge(liftable(whatever_fermat_says), Budget(query_ms=200))
    assert found.verdict is Verdict.INCONCLUSIVE
    assert "answered unknown" in found.said


def test_the_smallest_has_the_smallest_maximum_then_sum_then_first_numbers() -> None:
    a, b, c = z3.Ints("a b c")
    inputs = {"a": a, "b": b, "c": c}
    by_maximum = [[a == 5, b == 0, c == 0], [a == 4, b == -4, c == 4]]
    by_sum = [[a == 0, b == 2, c == 2], [a == 2, b == 0, c == 0]]
    in_order = [[a == 2, b == 1, c == 0], [a == 1, b == 0, c == -2], [a == 1, b == 0, c == 2]]
    for conditions, values in ((by_maximum, (4, -4, 4)), (by_sum, (2, 0, 0)), (in_order, (1, 0, 2))):
        found = smallest(conditions, inputs, (), 1000)
        assert found == Smallest(dict(zip("abc", values, strict=True)), exact=True)
    assert smallest([[a > 0, a < 0]], inputs, (), 1000) is None


def test_every_decision_is_compared_with_plain_python_on_random_inputs(
    subject: Theorem, monkeypatch: pytest.MonkeyPatch
) -> None:
    def disagrees(lifted: Lifted, examples: int) -> int:
        raise UntrustworthyError(f"{lifted.of.name} on {examples} inputs")

    monkeypatch.setattr("kspec.engines.z3.engine.cross_check", disagrees)
    with pytest.raises(UntrustworthyError, match="lifted on 100 inputs"):
        prove()


def test_a_limit_is_inconclusive_and_said(subject: Theorem) -> None:
    (result,) = prove(limits=Limits(seconds=0.0))
    (found,) = result.properties
    assert (result.verdict, result.complete, result.limits) == (Verdict.INCONCLUSIVE, False, ("seconds: 0",))
    assert "limit reached: seconds: 0" in found.why
    assert outcome(result).exit is Exit.INCONCLUSIVE


def test_a_limit_of_paths_does_not_hide_a_counterexample() -> None:
    def never_negative(n: int) -> bool:
        return all(n != k for k in range(30)) and n >= 0

    found = judge(liftable(never_negative), Budget(paths=3))
    assert found.verdict is Verdict.VIOLATED
    assert "perhaps not the smallest" in found.said
    assert found.limit == "paths: 3"


def test_an_interrupt_keeps_what_was_found(subject: Theorem, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("kspec.engines.z3.engine.judge_theorem", interrupted)
    (result,) = prove()
    assert result.interrupted
    assert result.properties[0].verdict is Verdict.INCONCLUSIVE
    assert outcome(result).exit is Exit.INTERRUPTED


def test_progress_is_told() -> None:
    @decision("demo.many")
    def many(a: int, b: int) -> int:
        """Many paths."""
        return sum(a > k for k in range(100)) + sum(b > k for k in range(40))

    @many.theorem()
    def it_is_natural(a: int, b: int) -> bool:
        """It is never negative."""
        return many(a, b) >= 0

    told: list[Progress] = []
    (result,) = prove(limits=Limits(seconds=3), progress=told.append)
    assert result.verdict in (Verdict.PROVED, Verdict.INCONCLUSIVE)
    assert told
    assert told[0].next_limit == "seconds 3"


# ---- names


def test_names_are_theorems_or_subjects_or_globs(subject: Theorem) -> None:
    for name in ("demo.capped", "demo.*", "the_cap_is_kept", "*_kept"):
        assert only(prove([name])).name == "the_cap_is_kept"


def test_an_unknown_name_is_a_usage_error_with_close_matches(subject: Theorem) -> None:
    with pytest.raises(UsageError, match=r"unknown theorem the_cap_is_keept; did you mean the_cap_is_kept\?"):
        prove(["the_cap_is_keept"])


def test_two_theorems_of_one_name_are_an_error_of_the_spec(subject: Theorem) -> None:
    def the_cap_is_kept(n: Natural) -> bool:
        """Another one."""
        return n >= 0

    the_cap_is_kept.__module__ = "elsewhere"
    with pytest.raises(SpecError, match="there is a theorem of this name"):
        subject.subject.theorem()(the_cap_is_kept)  # type: ignore[union-attr]  # it is a decision


def test_a_theorem_runs_plainly(subject: Theorem) -> None:
    assert subject(3, 2) is True
    with pytest.raises(Dropped, match="n is not 0"):
        subject(0, 2)


def test_stating_theorems_imports_no_solver() -> None:
    code = "import sys, kspec.prove; assert 'z3' not in sys.modules and 'hypothesis' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


# ---- transition systems


@attrs.frozen
class Counter:
    value: Natural
    twice: int


def begin(at: Natural) -> Counter:
    return Counter(at, 2 * at)


def test_an_invariant_is_proved_by_induction_together_with_another() -> None:
    @transition_system("demo.counter", initial=begin)
    def count(now: Counter, by: Natural) -> Counter:
        """It counts up."""
        return Counter(now.value + by, now.twice + 2 * by)

    @count.inductive()
    def twice_is_never_negative(now: Counter) -> bool:
        """The double is never negative."""
        return now.twice >= 0

    @count.inductive()
    def twice_is_the_double(now: Counter) -> bool:
        """It is the double."""
        return now.twice == 2 * now.value

    (result,) = prove(["twice_is_never_negative"])
    (found,) = result.properties
    assert found.verdict is Verdict.PROVED
    assert "by induction over runs of any length, together with" in found.why
    assert "twice_is_the_double" in found.why


def test_an_invariant_that_a_run_breaks_is_violated_by_the_shortest_run() -> None:
    @transition_system("demo.counter", initial=begin, tell=lambda before, after, by: f"{before.value} + {by}")
    def count(now: Counter, by: Natural) -> Counter:
        """It counts up."""
        return Counter(now.value + by, now.twice)

    @count.inductive()
    def it_stays_below_two(now: Counter) -> bool:
        """It stays below 2."""
        return now.value < 2 or now.twice != 0

    found = only(prove())
    assert found.verdict is Verdict.VIOLATED
    assert found.why.startswith("at the beginning at 0; 1. 0 + 2")


def test_an_invariant_that_fails_at_the_beginning_is_violated() -> None:
    @transition_system("demo.counter", initial=begin)
    def count(now: Counter, by: Natural) -> Counter:
        """It stays."""
        return now

    @count.inductive()
    def it_is_small(now: Counter) -> bool:
        """It is small."""
        return now.value < 3

    found = only(prove())
    assert found.verdict is Verdict.VIOLATED
    assert found.why.startswith("already at the beginning: at 3")


def test_what_no_bounded_run_reaches_is_not_inductive_and_bounded() -> None:
    @transition_system("demo.counter", initial=lambda: Counter(0, 0), runs=3)
    def count(now: Counter) -> Counter:
        """It counts to 2 and begins again."""
        return Counter(0 if now.value == 2 else now.value + 1, now.twice)

    @count.inductive()
    def it_is_never_seven(now: Counter) -> bool:
        """It is never 7."""
        return now.value != 7

    (result,) = prove()
    (found,) = result.properties
    assert (found.verdict, found.bound) == (Verdict.BOUNDED, 3)
    assert found.why.startswith("not inductive: a step breaks it, from now (value 6, twice 0)")
    assert outcome(result).exit is Exit.INCONCLUSIVE


def test_a_system_whose_steps_change_nothing_is_vacuous() -> None:
    @transition_system("demo.counter", initial=begin)
    def stay(now: Counter, by: Natural) -> Counter:
        """It stays."""
        return now

    @stay.inductive()
    def it_is_the_double(now: Counter) -> bool:
        """It is the double."""
        return now.twice == 2 * now.value

    found = only(prove())
    assert found.verdict is Verdict.VACUOUS
    assert "no step from a state of which the invariants are true changes anything" in found.why


def test_a_proof_does_not_lean_on_an_invariant_that_fails() -> None:
    @transition_system("demo.counter", initial=lambda: Counter(0, 0))
    def count(now: Counter) -> Counter:
        """The double grows with the value."""
        return Counter(now.value + 1, now.twice + now.value)

    @count.inductive()
    def the_value_stays_zero(now: Counter) -> bool:
        """False."""
        return now.value == 0

    @count.inductive()
    def the_double_stays_zero(now: Counter) -> bool:
        """True only where the value stays 0."""
        return now.twice == 0

    (result,) = prove()
    assert [p.verdict for p in result.properties] == [Verdict.VIOLATED, Verdict.VIOLATED]


def test_the_bounds_of_a_states_type_are_proved_not_assumed() -> None:
    @transition_system("demo.counter", initial=lambda: Counter(2, 0))
    def count(now: Counter) -> Counter:
        """It counts down, below the bound of its type."""
        return Counter(now.value - 1, now.twice)

    @count.inductive()
    def it_is_never_negative(now: Counter) -> bool:
        """It is never negative, as its type says."""
        return now.value >= 0

    found = only(prove())
    assert found.verdict is Verdict.VIOLATED
    assert "3. " in found.why


def test_no_proof_leans_on_a_bound_that_a_step_breaks() -> None:
    @transition_system("demo.counter", initial=lambda: Counter(1, 0))
    def count(now: Counter) -> Counter:
        """It counts down, and notes that it was below 0."""
        return Counter(now.value - 1, 1 if now.value < 0 else now.twice)

    @count.inductive()
    def it_was_never_below_zero(now: Counter) -> bool:
        """It was never below 0: true only of numbers as the type promises them."""
        return now.twice == 0

    found = only(prove())
    assert found.verdict is Verdict.VIOLATED
    assert "3. " in found.why
