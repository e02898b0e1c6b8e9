"""Lifting: every path of a function over symbolic inputs, each run again in plain Python at inputs that take it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import attrs

from kspec.engines.z3.fork import Budget, Counts, Outcome, OutOf, Path, Raised, Refusal, Returned, Run, Unmet, place
from kspec.engines.z3.inputs import Drawn, Source, Symbolic, Values, arguments, at, axioms, forced, holds, in_order
from kspec.engines.z3.numbers import merged_extremes
from kspec.engines.z3.scan import Entered
from kspec.kernel.errors import UntrustworthyError
from kspec.kernel.values import same
from kspec.prove import Dropped, Parameters, parameters_of


@attrs.frozen
class Liftable:
    """A function to lift: its inputs by name, and what is run on them. `name` and `place` are for messages."""

    name: str
    place: str
    parameters: Parameters
    body: Callable[[dict[str, Any]], Any]


def liftable(function: Callable[..., Any]) -> Liftable:
    """A plain function as something to lift. Raises SpecError if a parameter has no type."""
    return Liftable(function.__name__, place_of(function), parameters_of(function), lambda given: function(**given))


def place_of(function: Callable[..., Any]) -> str:
    """Where a function begins."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    if code is None:
        return f"{function!r}"
    return place(code.co_filename, code.co_firstlineno, code.co_name)


@attrs.frozen
class Lifted:
    """Every path through a function, and every input that one of them asked about. `inputs` are terms by name.

    `largest_index`: the largest number that was used as an index or in `range()`; the lift is bounded to it.
    `unwitnessed`: paths of which the solver could not say whether any input takes them. `limit`: why it is not every
    path.
    """

    of: Liftable
    paths: tuple[Path, ...]
    inputs: Mapping[str, Any]
    counts: Counts
    axioms: tuple[Any, ...]
    largest_index: int | None
    unwitnessed: int
    limit: str = ""

    @property
    def finished(self) -> tuple[Path, ...]:
        """The paths of inputs that meet the premises."""
        return tuple(p for p in self.paths if not isinstance(p.outcome, Unmet))


def lift(function: Liftable, budget: Budget, stop: Callable[[Path], bool] | None = None) -> Lifted:
    """Explore every path (until `stop` is true of one, or a limit is reached).

    Raises Refusal (it cannot be lifted), and UntrustworthyError if plain Python, run at inputs that take a path, says
    something else than the path.
    """
    stated = axioms(function.parameters)
    run = Run(stated, budget)
    source = Symbolic()
    entered = Entered()

    def body() -> Any:
        with merged_extremes():
            return forced(function.body(arguments(function.parameters, source)))

    paths: list[Path] = []
    unwitnessed, limit = 0, ""
    try:
        for path in run.paths(body):
            paths.append(path)
            if path.witness is None:
                unwitnessed += 1
            else:
                said = _at(path.outcome, path.witness, run.inputs)
                _confirm(function, path.witness, said, plain(function, path.witness, entered))
            if stop is not None and stop(path):
                break
    except Refusal as refusal:
        refusal.where = refusal.where or function.place
        raise
    except OutOf as reached:
        limit = reached.limit
    inputs = in_order(function.parameters, run.inputs)
    return Lifted(function, tuple(paths), inputs, run.counts, stated, run.largest_index, unwitnessed, limit)


def plain(function: Liftable, values: Mapping[str, int], entered: Entered | None = None) -> Outcome:
    """What plain Python says at these numbers. With `entered`, the code that it runs is scanned (raises Refusal)."""
    return _plain(function, Values(values), entered)


def _plain(function: Liftable, source: Source, entered: Entered | None) -> Outcome:
    def call() -> Any:
        return function.body(arguments(function.parameters, source))

    try:
        return Returned(call() if entered is None else entered.call(call))
    except Dropped:
        return Unmet()
    except Exception as error:
        return Raised(error)


def _at(outcome: Outcome, values: Mapping[str, int], inputs: Mapping[str, Any]) -> Outcome:
    return Returned(at(outcome.value, values, inputs)) if isinstance(outcome, Returned) else outcome


def _agree(lifted: Outcome, python: Outcome) -> bool:
    if isinstance(lifted, Returned) and isinstance(python, Returned):
        return same(_as_value(lifted.value), _as_value(python.value))
    if isinstance(lifted, Raised) and isinstance(python, Raised):
        return type(lifted.error) is type(python.error)
    return type(lifted) is type(python)


def _as_value(result: Any) -> Any:
    return tuple(_as_value(part) for part in result) if isinstance(result, (tuple, list)) else result


def _confirm(function: Liftable, values: Mapping[str, int], lifted: Outcome, python: Outcome) -> None:
    if not _agree(lifted, python):
        numbers = ", ".join(f"{name} = {value}" for name, value in values.items()) or "none"
        raise UntrustworthyError(
            f"{function.name}: lifted to Z3 it {_said(lifted)}, plain Python {_said(python)}; inputs: {numbers}"
        )


def _said(outcome: Outcome) -> str:
    if isinstance(outcome, Returned):
        return f"returns {outcome.value!r}"
    return f"raises {outcome.error!r}" if isinstance(outcome, Raised) else "does not meet a premise"


# ---- random inputs


@attrs.define
class _Node:
    """A question of the fork tree with what follows each answer; or the path at its end."""

    condition: Any = None
    after: dict[bool, _Node] = attrs.field(factory=dict)
    path: Path | None = None


def _tree(paths: tuple[Path, ...]) -> _Node:
    root = _Node()
    for path in paths:
        node = root
        for condition, taken in path.questions:
            node.condition = condition
            node = node.after.setdefault(taken, _Node())
        node.path = path
    return root


def cross_check(lifted: Lifted, examples: int = 100) -> int:
    """Compare the lifted function with the plain one on inputs drawn by Hypothesis.

    Each input is led through the fork tree to its path, and the path's result, at these numbers, must be the plain one.
    Answers how many different paths the inputs took. Raises UntrustworthyError.
    """
    from hypothesis import HealthCheck, Phase, given, settings, strategies

    root = _tree(lifted.paths)
    taken: set[int] = set()
    trouble: list[UntrustworthyError] = []

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategies.data())
    def compare(data: Any) -> None:
        source = Drawn(data.draw)
        python = _plain(lifted.of, source, None)
        try:
            path = _led_to(lifted, root, source.values)
            taken.add(id(path))
            said = _at(path.outcome, source.values, lifted.inputs)
            _confirm(lifted.of, source.values, said, python)
        except UntrustworthyError as error:
            trouble.append(error)

    compare()
    if trouble:
        raise trouble[0]
    return len(taken)


def _led_to(lifted: Lifted, root: _Node, values: Mapping[str, int]) -> Path:
    node = root
    while node.path is None:
        answer = holds(node.condition, values, lifted.inputs)
        if answer not in node.after:
            raise UntrustworthyError(f"{lifted.of.name}: no path was explored for {dict(values)}")
        node = node.after[answer]
    return node.path
