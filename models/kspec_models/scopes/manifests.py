"""Systems from a person's own manifests: the service behind `kspec check -f`."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from kspec.engines.one_run import one_run
from kspec.kernel.errors import SlotsExhausted, UsageError
from kspec.kernel.registry import service
from kspec.kernel.result import Limits, Progress, PropertyResult, Result, Verdict
from kspec.kernel.result import Rung as RungResult
from kspec.kernel.system import System
from kspec.kernel.values import Ref
from kspec.kube.cluster import Reductions
from kspec.kube.manifests import Entry, read_manifests
from kspec.kube.manifests import Manifests as ManifestObjects
from kspec.kube.objects import HOSTNAME, Node, Pod
from kspec.targets import settled
from kspec_models.scopes import beside
from kspec_models.scopes.ladder import RUNGS, Rung, Story, check_changes, cluster_of, ladder
from kspec_models.scopes.workloads import ROOMY

Explore = Callable[..., Result]

SAMPLED_STATES = 12
"""How many states of the first rung are sampled for impurity."""


def story_of(paths: Sequence[str], nodes: int | None) -> tuple[Story, list[Entry]]:
    """What the manifests apply, and the objects whose controllers are not modelled. Raises UsageError."""
    return story_from(read_manifests(paths), paths, nodes)


def story_from(
    manifests: ManifestObjects, paths: Sequence[str], nodes: int | None, *, named: bool = False
) -> tuple[Story, list[Entry]]:
    """The same, of manifests that were read. `named`: pods keep their names, which tells each from its equals.

    Raises UsageError.
    """
    given = [e.object for e in manifests.objects if isinstance(e.object, Node)]
    if nodes is not None:
        given = [roomy_node(f"node-{i + 1}") for i in range(nodes)]
    elif not given:
        given = [roomy_node(f"node-{i + 1}") for i in range(3)]
    things = [
        _bound(e, given, named) for e in manifests.objects if e.object is not None and not isinstance(e.object, Node)
    ]
    _refuse_namesakes([e for e in manifests.objects if e.object is not None and not isinstance(e.object, Pod)])
    unmodelled = beside.not_run(manifests.objects)
    if not things and not unmodelled:
        raise UsageError(f"{', '.join(paths)}: there is nothing to check: no Deployment, ReplicaSet or Pod")
    stems = [Path(p).stem if p != "-" else "stdin" for p in paths]
    return Story(", ".join(stems), tuple(things), tuple(given), manifests.not_modelled), unmodelled


def _refuse_namesakes(entries: Sequence[Entry]) -> None:
    """Objects of one kind are told apart by name here: two of one name would be taken for one. Raises UsageError."""
    first: dict[tuple[type, str], Entry] = {}
    for entry in entries:
        other = first.setdefault((type(entry.object), entry.name), entry)
        if other is not entry:
            raise UsageError(
                f"{entry.where}: {entry.title}: {other.where} has one of the same name in another namespace, and kspec "
                "tells objects of one kind apart by name: check one namespace at a time"
            )


def roomy_node(name: str) -> Node:
    """A node with ample room, and the label that every kubelet gives its own."""
    return Node(name, labels=((HOSTNAME, name),), allocatable=ROOMY)


def _bound(entry: Entry, nodes: Sequence[Node], named: bool) -> Any:
    """The object; a Pod with spec.nodeName is on that node."""
    if not isinstance(entry.object, Pod):
        return entry.object
    pod = attrs.evolve(entry.object, name=entry.name) if named else entry.object
    if not entry.node_name:
        return pod
    names = [node.name for node in nodes]
    if entry.node_name not in names:
        raise UsageError(f"{entry.where}: {entry.title}: spec.nodeName: no node is called {entry.node_name}")
    return attrs.evolve(pod, node=Ref("nodes", names.index(entry.node_name)))


class Manifests:
    """Checks manifests rung by rung. `rungs`: the forms of the ladder's rungs, with what they are."""

    rungs: Mapping[str, str] = RUNGS

    def check(
        self,
        paths: Sequence[str],
        *,
        with_: Sequence[str] = (),
        nodes: int | None = None,
        caches: Mapping[str, str] | None = None,
        rungs: str | None = None,
        limits: Limits = Limits(),  # noqa: B008 - frozen
        settings: Mapping[str, str] | None = None,
        properties: Sequence[str] | None = None,
        engine: str = "explicit",
        progress: Callable[[Progress], None] | None = None,
        reductions: Reductions = Reductions(),  # noqa: B008 - frozen
    ) -> list[Result]:
        """Climb the ladder. One result, whose rungs say what was explored. Raises UsageError."""
        import importlib

        explore: Explore = importlib.import_module(f"kspec.engines.{engine}").explore
        manifests = read_manifests(paths)
        story, _ = story_from(manifests, paths, nodes)
        check_changes(with_, story)
        climb = Climb(story, explore, limits, progress, properties, reductions)
        if story.things:
            for rung in self._wanted(story, with_, caches or {}, rungs):
                climb.step(rung)
        return [climb.result(manifests.objects, engine, dict(settings or {}))]

    def _wanted(self, story: Story, changes: Sequence[str], caches: Mapping[str, str], rungs: str | None) -> list[Rung]:
        found = list(ladder(story, changes, _every(caches, story)))
        if rungs in (None, "base"):
            return [r for r in found if r.base] if rungs else found
        if rungs == "all":
            return [attrs.evolve(r, base=True) for r in found]
        chosen = [attrs.evolve(r, base=True) for r in found if r.name == rungs]
        if not chosen:
            raise UsageError(f"--rungs {rungs}: the rungs are base, all, or one of: {'; '.join(r.name for r in found)}")
        return chosen

    def build(self, how: Mapping[str, Any]) -> System:
        """The system of a trace again. Raises UsageError."""
        asked = how["manifests"]
        story, _ = story_of(list(asked["paths"]), asked.get("nodes"))
        caches = _every(dict(asked.get("caches") or {}), story)
        for rung in ladder(story, list(asked.get("with") or ()), caches):
            if rung.name == how.get("rung"):
                return cluster_of(story, rung).system()
        raise UsageError(f"the manifests have no rung {how.get('rung')!r} any more")

    def show_run(
        self,
        paths: Sequence[str],
        *,
        with_: Sequence[str] = (),
        nodes: int | None = None,
        caches: Mapping[str, str] | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> list[Any]:
        """One run without faults, as a story: from the user's POST to running containers, and what is left out of it.

        Raises UsageError.
        """
        manifests = read_manifests(paths)
        story, _ = story_from(manifests, paths, nodes)
        check_changes(with_, story)
        changes = tuple(change for change in with_ if change != "controller-crash")
        caches = _every(caches or {}, story)
        cluster = cluster_of(story, Rung("run", True, (), changes, caches=caches))
        told = settled(cluster.system(), lambda laid_out: laid_out.narrator.story(one_run(laid_out)))
        return [attrs.evolve(told, left_out=beside.not_in_run(manifests.objects))]


def _every(caches: Mapping[str, str], story: Story) -> dict[str, str]:
    """`--caches delayed` is for every component; `all` is `relisted`, which includes the other ways to be late."""
    from kspec_models.scopes.ladder import actors_of

    found: dict[str, str] = {}
    for component, how in caches.items():
        how = "relisted" if how == "all" else how
        if component:
            found[component] = how
        else:
            found.update(dict.fromkeys(actors_of(story), how))
    return found


@attrs.define
class Climb:
    """A ladder while it is climbed."""

    story: Story
    explore: Explore
    limits: Limits
    progress: Callable[[Progress], None] | None
    properties: Sequence[str] | None
    reductions: Reductions
    began: float = attrs.field(factory=time.perf_counter)
    done: list[tuple[Rung, Result | None]] = attrs.field(factory=list)
    broken: dict[str, PropertyResult] = attrs.field(factory=dict)
    interrupted: bool = False

    def step(self, rung: Rung) -> None:
        """Explore one rung in the time that is left."""
        left = None if self.limits.seconds is None else self.limits.seconds - (time.perf_counter() - self.began)
        if self.interrupted or (left is not None and left <= 0):
            self.done.append((rung, None))
            return
        system = cluster_of(self.story, rung, self.reductions).system()
        chosen = self._still_open(system)
        if not chosen:
            return
        if not self.done:
            check_purity(system)
        limits = attrs.evolve(self.limits, seconds=left)
        result = self.explore(system, limits=limits, progress=self.progress, properties=chosen)
        self.interrupted = self.interrupted or result.interrupted
        for found in result.properties:
            if found.verdict is Verdict.VIOLATED and (rung.base or found.name not in self.broken):
                trace = found.trace
                if trace is not None:
                    trace = attrs.evolve(trace, how={"rung": rung.name, **trace.how})
                self.broken[found.name] = attrs.evolve(found, rungs=(rung.name,), trace=trace)
        self.done.append((rung, result))

    def _still_open(self, system: System) -> list[str]:
        import fnmatch

        names = [p.name for p in system.properties if p.name not in self.broken]
        if self.properties is None:
            return names
        return [n for n in names if any(fnmatch.fnmatchcase(n, glob) for glob in self.properties)]

    def result(self, entries: Sequence[Entry], engine: str, settings: Mapping[str, str]) -> Result:
        """What the whole ladder says of these objects."""
        from kspec.kernel.result import EXIT_OF, PRECEDENCE

        base = [(rung, result) for rung, result in self.done if rung.base]
        first = next((result for _, result in self.done if result is not None), None)
        properties, idle = self._judged(base)
        rows = beside.rows(entries)
        rungs = tuple(_rung(rung, result) for rung, result in self.done)
        verdicts = [p.verdict for p in (*properties, *rows)]
        unfinished = [r.name for r in rungs if r.base and r.verdict is Verdict.INCONCLUSIVE]
        limits = dict.fromkeys(limit for r in rungs if r.base for limit in r.limits)
        results = [result for _, result in self.done if result is not None]
        return Result(
            name=self.story.name,
            engine=engine,
            verdict=min(verdicts, key=lambda v: PRECEDENCE.index(EXIT_OF[v]), default=Verdict.INCONCLUSIVE),
            complete=not unfinished and not rows,
            limits=tuple(limits),
            distinct_states=sum(r.distinct_states for r in results),
            generated_states=sum(r.generated_states for r in results),
            depth=max((r.depth for r in results), default=0),
            seconds=time.perf_counter() - self.began,
            peak_memory_mb=max((r.peak_memory_mb for r in results), default=0),
            properties=(*properties, *rows),
            action_calls=sum(r.action_calls for r in results),
            scope={} if first is None else first.scope,
            settings=dict(settings),
            rungs=rungs,
            assumptions=_assumptions(self.story),
            not_modelled=() if first is None else tuple(dict.fromkeys(x for r in results for x in r.not_modelled)),
            not_applicable=(*(first.not_applicable if first else ()), *idle),
            notes=(*[f"rung {name} did not finish" for name in unfinished], *beside.notes(entries)),
            interrupted=self.interrupted,
        )

    def _judged(self, base: Sequence[tuple[Rung, Result | None]]) -> tuple[list[PropertyResult], list[str]]:
        """Each property's verdict over all base rungs, and the properties that had nothing to speak of."""
        names = dict.fromkeys(p.name for _, result in base if result is not None for p in result.properties)
        judged: list[PropertyResult] = []
        idle: list[str] = []
        for name in [*self.broken, *names]:
            if name in self.broken:
                if not any(p.name == name for p in judged):
                    judged.append(self.broken[name])
                continue
            found = [(rung, _of(result, name)) for rung, result in base]
            holding = [rung.name for rung, p in found if p is not None and p.verdict is Verdict.HOLDS]
            open_ = [rung.name for rung, p in found if p is None or p.verdict is Verdict.INCONCLUSIVE]
            any_result = next(p for _, p in found if p is not None)
            if open_:
                whys = dict.fromkeys(p.why for _, p in found if p is not None and p.why)
                why = f"not finished: {', '.join(open_)}" + (f" ({'; '.join(whys)})" if whys else "")
                judged.append(
                    attrs.evolve(any_result, verdict=Verdict.INCONCLUSIVE, rungs=tuple(holding), why=why, trace=None)
                )
            elif holding:
                best = next(p for _, p in found if p is not None and p.verdict is Verdict.HOLDS)
                judged.append(attrs.evolve(best, rungs=tuple(holding)))
            else:
                idle.append(name)
        return judged, idle


def check_purity(system: System) -> None:
    """Run the components twice on some states, and with pods renamed. Raises ImpureError."""
    from kspec.engines import purity

    def attempt(found: System) -> None:
        with contextlib.suppress(SlotsExhausted):
            states = purity.sample_states(found, SAMPLED_STATES, 0)
            purity.check_purity(found, states)
            purity.check_equivariance(found, states)

    settled(system, attempt)


def _of(result: Result | None, name: str) -> PropertyResult | None:
    return None if result is None else next((p for p in result.properties if p.name == name), None)


def _rung(rung: Rung, result: Result | None) -> RungResult:
    if result is None:
        return RungResult(rung.name, rung.base, Verdict.INCONCLUSIVE, ("not begun: no time was left",), 0, 0, 0, 0.0)
    verdict = result.verdict
    if verdict is Verdict.VACUOUS:
        verdict = Verdict.HOLDS
    return RungResult(
        rung.name,
        rung.base,
        verdict if result.complete or verdict is Verdict.VIOLATED else Verdict.INCONCLUSIVE,
        tuple("the time of the ladder" if limit.startswith("seconds:") else limit for limit in result.limits),
        result.distinct_states,
        result.generated_states,
        result.depth,
        result.seconds,
    )


def _assumptions(story: Story) -> tuple[str, ...]:
    nodes = ", ".join(node.name for node in story.nodes)
    return (f"the objects are applied in their order to an empty cluster with the nodes {nodes}",)


service("manifests", Manifests())
