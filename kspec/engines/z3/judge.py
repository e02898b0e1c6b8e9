"""From the paths of a claim to what may be said of it: proved, refuted with its smallest numbers, or why neither."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs

from kspec.engines.z3.fork import Budget, Path, Raised, Returned, Unmet
from kspec.engines.z3.inputs import Values, arguments, bounds_in_words
from kspec.engines.z3.lift import Liftable, Lifted, lift, liftable, place_of, plain
from kspec.engines.z3.smallest import Smallest, smallest
from kspec.kernel import settings
from kspec.kernel.errors import UntrustworthyError
from kspec.kernel.properties import sentence_of
from kspec.kernel.result import PropertyResult, Verdict
from kspec.prove import Parameters, Tell, Theorem, listening


@attrs.frozen
class Finding:
    """What became of one claim.

    `values` and `given` are the numbers and the arguments of its smallest counterexample. `met`: the smallest inputs
    that meet its premises, or with `witness` (a sentence) some of which it is true. `bound`: the largest index that
    was lifted. `limit`: one that was reached. `said` words whatever is not in these.
    """

    verdict: Verdict
    said: str = ""
    premises: tuple[str, ...] = ()
    values: Mapping[str, int] | None = None
    given: Mapping[str, Any] | None = None
    met: Mapping[str, int] | None = None
    bound: int | None = None
    witness: str = ""
    limit: str = ""


def judge(claim: Liftable, budget: Budget) -> Finding:
    """Whether a claim (a function that answers True or False) is true of every input that meets its premises.

    Raises Refusal and UntrustworthyError.
    """
    with listening() as heard:
        lifted = lift(claim, budget)
    premises = (*bounds_in_words(claim.parameters), *heard)
    return attrs.evolve(_judged(claim, lifted, budget), premises=premises, limit=lifted.limit)


def _judged(claim: Liftable, lifted: Lifted, budget: Budget) -> Finding:
    failing = [p for p in lifted.finished if not is_true(p)]
    strange = [p.outcome for p in failing if isinstance(p.outcome, Returned) and p.outcome.value is not False]
    if strange:
        return Finding(Verdict.ERROR, f"it returns {strange[0].value!r}, and must return True or False")
    if failing:
        found = _smallest_of(failing, lifted, budget)
        if found is not None:
            return _refuted(claim, found, lifted.limit)
        return Finding(Verdict.INCONCLUSIVE, "the solver cannot say whether any input takes a path on which it fails")
    if lifted.limit:
        return Finding(Verdict.INCONCLUSIVE, f"limit reached: {lifted.limit}")
    if not lifted.finished:
        return Finding(Verdict.VACUOUS, "no input meets its premises")
    if lifted.unwitnessed:
        return Finding(Verdict.INCONCLUSIVE, f"on {lifted.unwitnessed} paths the solver answered unknown")
    met = _smallest_of(lifted.finished, lifted, budget)
    if met is None:
        return Finding(Verdict.INCONCLUSIVE, "the solver found no input that meets its premises")
    verdict = Verdict.PROVED if lifted.largest_index is None else Verdict.BOUNDED
    return Finding(verdict, met=met.values, bound=lifted.largest_index)


def is_true(path: Path) -> bool:
    """Whether the claim is true on a path."""
    return isinstance(path.outcome, Returned) and path.outcome.value is True


def _smallest_of(paths: Sequence[Path], lifted: Lifted, budget: Budget) -> Smallest | None:
    conditions = [p.condition for p in paths]
    if not conditions:
        return None
    return smallest(conditions, lifted.inputs, lifted.axioms, budget.query_ms)


def _refuted(claim: Liftable, found: Smallest, limit: str) -> Finding:
    """The counterexample, once plain Python has confirmed it."""
    said = plain(claim, found.values)
    if isinstance(said, Unmet) or (isinstance(said, Returned) and said.value is not False):
        raise UntrustworthyError(
            f"{claim.name}: Z3 finds it false for {numbers(found.values)}; plain Python "
            + ("says that they do not meet its premises" if isinstance(said, Unmet) else f"returns {said.value!r}")
        )
    words = [f"it raises {type(said.error).__name__}: {said.error}"] if isinstance(said, Raised) else []
    if not found.exact or limit:
        words.append("perhaps not the smallest numbers" + (f"; limit reached: {limit}" if limit else ""))
    given = arguments(claim.parameters, Values(found.values))
    return Finding(Verdict.VIOLATED, "; ".join(words), values=found.values, given=given)


# ---- theorems about a decision


def judge_theorem(theorem: Theorem, budget: Budget) -> tuple[PropertyResult, Finding]:
    """One theorem about a decision. Raises Refusal and UntrustworthyError."""
    claim = liftable(theorem.function)
    found = judge(claim, budget)
    if theorem.neighbour_of is not None:
        found = _as_recorded(theorem, found)
    witness: bool | None = None
    if theorem.witness is not None and found.verdict in (Verdict.PROVED, Verdict.BOUNDED):
        met = _witnessed(theorem, theorem.witness, budget)
        witness = met is not None
        if met is None:
            said = f"no input is a witness: {sentence_of(theorem.witness)}"
            found = attrs.evolve(found, verdict=Verdict.VACUOUS, said=said, met=None)
        else:
            found = attrs.evolve(found, met=met.values, witness=sentence_of(theorem.witness))
    return property_result(theorem, found, worded(found, theorem.tell, claim.parameters), witness), found


def _witnessed(theorem: Theorem, witness: Callable[..., bool], budget: Budget) -> Smallest | None:
    """Inputs that meet the premises and make the witness true: the smallest of one such path. None: there are none."""

    def body(given: dict[str, Any]) -> bool:
        theorem.function(**given)
        return witness(**given)

    plainly = liftable(theorem.function)
    claim = Liftable(f"{theorem.name}: {witness.__name__}", place_of(witness), plainly.parameters, body)
    lifted = lift(claim, budget, stop=lambda path: is_true(path) and path.witness is not None)
    return _smallest_of([p for p in lifted.paths if is_true(p)], lifted, budget)


def _as_recorded(theorem: Theorem, found: Finding) -> Finding:
    """A false neighbour must be refuted by the numbers recorded beside it, unless there are settings."""
    if found.verdict is not Verdict.VIOLATED or settings.active():
        return found
    smallest_now = {name: value for name, value in (found.values or {}).items() if value}
    if smallest_now == dict(theorem.smallest):
        return found
    said = f"its smallest counterexample is {numbers(smallest_now)}; recorded is {numbers(theorem.smallest)}"
    return attrs.evolve(found, verdict=Verdict.VACUOUS, said=said)


# ---- words


def property_result(theorem: Theorem, found: Finding, why: str, witness: bool | None = None) -> PropertyResult:
    """A finding as the result of a property."""
    name = theorem.witness.__name__ if theorem.witness is not None else None
    return PropertyResult(
        theorem.name,
        theorem.sentence,
        theorem.property.kind.value,
        found.verdict,
        bound=found.bound if found.verdict is Verdict.BOUNDED else None,
        witness=name if witness is not None else None,
        witness_reached=witness,
        why=why,
    )


def worded(found: Finding, tell: Tell | None, parameters: Parameters) -> str:
    """A finding in words: the counterexample if there is one; the premises, and the smallest inputs that meet them."""
    parts: list[str] = []
    if found.given is not None:
        parts.append(tell(**found.given) if tell is not None else told(found.given))
    if found.said:
        parts.append(found.said)
    if found.bound is not None:
        parts.append(f"for indices up to {found.bound}")
    if found.premises:
        parts.append("given: " + ", ".join(found.premises))
    if found.met is not None:
        met = told(arguments(parameters, Values(found.met)))
        parts.append(f"exercised ({found.witness.rstrip('.')}) by {met}" if found.witness else f"met by {met}")
    return "; ".join(parts)


def told(given: Mapping[str, Any]) -> str:
    """Arguments in words: `replicas 1, new (size 0, available 0)`."""
    return ", ".join(f"{name} {value_in_words(value)}" for name, value in given.items())


def value_in_words(value: Any) -> str:
    """A value as a person reads it."""
    if isinstance(value, tuple):
        return " and ".join(value_in_words(part) for part in value) or "none"
    if attrs.has(type(value)):
        return f"({', '.join(f'{f.name} {value_in_words(getattr(value, f.name))}' for f in attrs.fields(type(value)))})"
    return str(getattr(value, "value", value))


def numbers(values: Mapping[str, int]) -> str:
    """Numbers by name."""
    return ", ".join(f"{name} = {value}" for name, value in values.items()) or "no number but 0"
