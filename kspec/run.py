"""The front door of the library: everything that the command line does, in three lines of Python.

    import kspec
    result = kspec.check("store.cas")
    assert result.verdict is kspec.Verdict.HOLDS

An engine's answer is not passed on before it was looked at: the spec is sampled for impurity first, and every
counterexample is replayed by the independent interpreter. Nothing here prints or ends the process.
"""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from kspec.kernel import settings as declared_settings
from kspec.kernel.errors import Grew, SlotsExhausted, SpecError, UsageError
from kspec.kernel.registry import Pinned, registry
from kspec.kernel.result import Limits, Progress, PropertyResult, Result, Verdict
from kspec.kernel.system import System
from kspec.kernel.trace import Story, Trace
from kspec.targets import (
    Target,
    as_laid_out,
    laid_out,
    layout_of,
    manifests_service,
    portable,
    settings_from,
    settled,
    target_from,
    target_of,
    targets,
    under,
)

if TYPE_CHECKING:
    from kspec.engines.replay import ReplayResult

Checkable = str | System | Target | Callable[[], System]
"""What can be checked: a system's name, `FILE.py::NAME`, a system, or a function that lays one out."""

Progressing = Callable[[Progress], None]
Settings = Mapping[str, str]

EXHAUSTIVE_ENGINES = ("explicit", "reference")
"""The engines of `check`; the first is used unless told otherwise."""

SAMPLED_STATES = 36
"""How many states of a system are sampled for impurity before it is checked."""

NO_LIMITS = Limits()
NO_SETTINGS: Settings = {}


def check(
    system: Checkable,
    *,
    settings: Settings = NO_SETTINGS,
    properties: Sequence[str] = (),
    engine: str = EXHAUSTIVE_ENGINES[0],
    limits: Limits = NO_LIMITS,
    seed: int = 0,
    progress: Progressing | None = None,
) -> Result:
    """Explore a system exhaustively and judge its properties (`properties`: globs of names; all by default).

    Raises UsageError (unknown system, property, setting, engine), SpecError (a spec that breaks the contract) and
    ImpureError (found on a few dozen states, sampled with `seed`). A counterexample that the replay does not
    reproduce makes the verdict DIVERGED.
    """
    explore = _engine(engine)

    target = target_of(system)

    def run(found: System, names: list[str] | None) -> Result:
        result: Result = explore(found, limits=limits, progress=progress, properties=names)
        entry = registry.systems.get(target.name)
        installed = entry is not None and entry.build is target.build and target.file is None
        as_pinned = installed and not settings and names is None and engine == EXHAUSTIVE_ENGINES[0]
        return attrs.evolve(result, changed_counts=changed_counts(result) if as_pinned else "")

    return _explored(target, settings, properties, seed, run)


def fuzz(
    system: Checkable,
    *,
    settings: Settings = NO_SETTINGS,
    properties: Sequence[str] = (),
    examples: int = 200,
    steps: int = 50,
    limits: Limits = NO_LIMITS,
    seed: int = 0,
    progress: Progressing | None = None,
) -> Result:
    """Take `examples` random runs of at most `steps` steps with Hypothesis, and shrink what fails.

    The verdict is SAMPLED at best. Raises as `check` does.
    """
    from kspec.engines import hypothesis

    def run(found: System, names: list[str] | None) -> Result:
        return hypothesis.explore(
            found, examples=examples, steps=steps, seed=seed, limits=limits, progress=progress, properties=names
        )

    return _explored(target_of(system), settings, properties, seed, run)


def check_file(path: str | Path, **options: Any) -> list[Result]:
    """Check every system that a spec file registers; options as for `check`. Raises UsageError."""
    return [check(target, **options) for target in targets([str(path)])]


def check_manifests(
    paths: Sequence[str],
    *,
    changes: Sequence[str] = (),
    nodes: int | None = None,
    caches: Mapping[str, str] = NO_SETTINGS,
    rungs: str | None = None,
    settings: Settings = NO_SETTINGS,
    properties: Sequence[str] = (),
    engine: str = EXHAUSTIVE_ENGINES[0],
    limits: Limits = NO_LIMITS,
    progress: Progressing | None = None,
) -> list[Result]:
    """Check what the manifests in files and folders do when they are applied to an empty cluster.

    `changes` happen once afterwards (`"rollout"`, `"scale"`...); `nodes`: so many equal nodes with ample room;
    `caches`: how late each component's cache may be (key "" for all); `rungs`: `"base"`, `"all"`, a rung's name, or
    None to climb as far as the limits allow. Raises UsageError.
    """
    _engine(engine)
    asked = _asked(paths, changes, nodes, caches)
    with declared_settings.applied(settings):
        service = manifests_service()
        found = service.check(
            list(paths),
            with_=list(changes),
            nodes=nodes,
            caches=dict(caches),
            rungs=rungs,
            limits=limits,
            settings=dict(settings),
            properties=list(properties) or None,
            engine=engine,
            progress=progress,
        )
        return [_confirmed(result, Target(result.name, _nothing, None, asked), dict(settings)) for result in found]


def show_run(
    paths: Sequence[str],
    *,
    changes: Sequence[str] = (),
    nodes: int | None = None,
    caches: Mapping[str, str] = NO_SETTINGS,
    settings: Settings = NO_SETTINGS,
) -> list[Story]:
    """One run of a cluster with these manifests and without faults, as stories. Raises UsageError."""
    with declared_settings.applied(settings):
        service = manifests_service()
        return list(
            service.show_run(
                list(paths), with_=list(changes), nodes=nodes, caches=dict(caches), settings=dict(settings)
            )
        )


def run_of(thing: str | System | Target | Callable[[], System], *, settings: Settings = NO_SETTINGS) -> Story:
    """One run of a system, as a story: the components act in turn, users when all is quiet, faults last.

    Raises UsageError for a name that is unknown, or a glob.
    """
    from kspec.engines.one_run import one_run

    with under(target_of(thing), settings) as (system, _):
        told: Story = settled(system, lambda laid_out: story(one_run(laid_out)))  # telling it may ask more, too
        return told


def prove_theorems(
    names: Sequence[str] = (),
    *,
    settings: Settings = NO_SETTINGS,
    limits: Limits = NO_LIMITS,
    progress: Progressing | None = None,
) -> list[Result]:
    """Prove theorems for all inputs with Z3 (`names`: globs of theorems or of what they are about; all by default).

    Raises UsageError for an unknown name, SpecError for a decision that cannot be lifted, UntrustworthyError when the
    Python function refutes what Z3 says.
    """
    from kspec.engines import z3

    with declared_settings.applied(settings):
        return [_with_settings(r, settings) for r in z3.prove(list(names), limits=limits, progress=progress)]


def replay(trace: str | Path | Trace, *, settings: Settings = NO_SETTINGS) -> ReplayResult:
    """Re-execute a trace (in memory, or a saved one) by the independent interpreter.

    A saved trace says how its system is laid out; `settings` are changed on top of that. Raises UsageError for a file
    that is no trace, or whose system is not there any more.
    """
    from kspec.engines import replay as engine

    if isinstance(trace, Trace):
        with declared_settings.applied({**settings_from(trace.how), **settings}):
            return engine.replay(trace)
    path = Path(trace)
    if not path.is_file():
        raise UsageError(f"{path}: no such file")
    grown: list[System] = []
    for _ in range(1000):
        with contextlib.ExitStack() as stack:

            def build(how: Mapping[str, Any], stack: contextlib.ExitStack = stack) -> System:
                target = target_from(how, path)
                chosen = {**settings_from(how), **settings}
                system, _ = stack.enter_context(under(target, chosen))
                if grown and grown[-1].again is not None:
                    system = laid_out(grown[-1].again)
                else:
                    system = as_laid_out(system, how)
                grown.append(system)
                return system

            try:
                return engine.replay_file(path, build)
            except Grew:
                if not grown or grown[-1].again is None:
                    raise SpecError(f"{path}: its system grew, and does not say how to lay it out again") from None
    raise SpecError(f"{path}: its system was laid out 1000 times and still grows")


def story(trace: Trace) -> Story:
    """A trace as a person reads it: told by its system's narrator, else in the words of its variables."""
    narrator = trace.world.system.narrator
    with declared_settings.applied(settings_from(trace.how)):
        if narrator is not None:
            told: Story = narrator.story(trace)
            return told
        from kspec.report import plain

        return plain.story(trace)


# ---- what every run of a system shares


def changed_counts(result: Result) -> str:
    """How a finished run of an installed system differs from what was recorded of it; empty: not at all."""
    pinned = registry.pinned.get(result.name)
    if pinned is None or result.limits or result.interrupted or not (result.complete or result.expected):
        return ""
    found = counts_of(result)
    return "" if found == pinned else f"its counts changed: pinned {pinned}, found {found}"


def counts_of(result: Result) -> Pinned:
    """What is pinned of a result. A run that ended when all was decided has no counts of its own but its depth."""
    violated = tuple(p.name for p in result.properties if p.verdict is Verdict.VIOLATED)
    if not result.complete:
        return Pinned(None, None, result.depth, violated)
    return Pinned(result.distinct_states, result.generated_states, result.depth, violated)


def _engine(name: str) -> Callable[..., Result]:
    if name not in EXHAUSTIVE_ENGINES:
        raise UsageError(f"unknown engine {name}: the exhaustive engines are {', '.join(EXHAUSTIVE_ENGINES)}")
    explore: Callable[..., Result] = importlib.import_module(f"kspec.engines.{name}").explore
    return explore


def _explored(
    target: Target,
    given: Settings,
    properties: Sequence[str],
    seed: int,
    run: Callable[[System, list[str] | None], Result],
) -> Result:
    from kspec.engines.common import select

    with under(target, given) as (system, chosen):
        _check_expected(system)
        names = [p.name for p in select(system, properties)] if properties else None
        _check_purity(system, seed)
        result = _with_settings(_told(run(system, names), system), chosen)
        return _confirmed(result, target, chosen)


def _check_expected(system: System) -> None:
    names = {p.name for p in system.properties}
    for name in system.expected:
        if name not in names:
            raise SpecError(f"system {system.name} expects a violation of {name}, and has no such property")


def _check_purity(system: System, seed: int) -> None:
    from kspec.engines import purity

    def attempt(found: System) -> None:
        with contextlib.suppress(SlotsExhausted):  # a limit of the scope, which the engine itself will tell
            states = purity.sample_states(found, SAMPLED_STATES, seed)
            purity.check_purity(found, states)
            purity.check_equivariance(found, states)

    settled(system, attempt)


def _told(result: Result, system: System) -> Result:
    """The result with everything that must be printed with a verdict, whether its engine repeats it or not."""
    return attrs.evolve(
        result,
        scope=result.scope or system.scope,
        expected=result.expected or system.expected,
        assumptions=result.assumptions or system.assumptions,
        not_modelled=result.not_modelled or system.not_modelled,
        not_applicable=result.not_applicable or system.not_applicable,
    )


def _with_settings(result: Result, chosen: Settings) -> Result:
    return attrs.evolve(result, settings={**result.settings, **chosen})


def _confirmed(result: Result, target: Target, chosen: Mapping[str, str]) -> Result:
    """The result with every trace replayed, and saying how it is rebuilt."""
    how = target.how(chosen, result.scope)
    found = tuple(_replayed(p, how) for p in result.properties)
    diverged = any(p.verdict is Verdict.DIVERGED for p in found)
    return attrs.evolve(result, properties=found, verdict=Verdict.DIVERGED if diverged else result.verdict)


def _replayed(found: PropertyResult, how: Mapping[str, Any]) -> PropertyResult:
    if found.trace is None:
        return found
    from kspec.engines import replay as engine

    answer = engine.replay(found.trace)
    if answer.verdict is not Verdict.REPRODUCED:
        return attrs.evolve(found, verdict=Verdict.DIVERGED, trace=None, why=f"its counterexample diverges: {answer}")
    layout = layout_of(found.trace.world.system)
    return attrs.evolve(found, trace=attrs.evolve(found.trace, how={**how, **layout, **found.trace.how}))


def _asked(paths: Iterable[str], changes: Iterable[str], nodes: int | None, caches: Settings) -> dict[str, Any]:
    return {
        "paths": [path if path == "-" else portable(Path(path)) for path in map(str, paths)],
        "with": list(changes),
        "nodes": nodes,
        "caches": dict(sorted(caches.items())),
    }


def _nothing() -> System:
    raise SpecError("a system from manifests is laid out by the service that reads them")
