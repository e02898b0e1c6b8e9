"""Controllers: one generator, written as the sentence that describes it; the machinery is here.

    @controller(ReplicaSet, owns=Pod, memory=Expectations)
    def replicaset(replicaset, cache, api, expect):
        ...
        yield api.create(new_pod(replicaset))

Each `yield` is one API call (a list: calls in parallel). Other actors, crashes and conflicts can come between two
calls. A refused call raises at the `yield`; uncaught, it ends the reconcile, which may then begin again.

Not modelled: the work queue's memory. A reconcile may begin whenever its object is in the cache and it would do
something; so a wake-up that real code would miss (nobody queued the key) is not missed here. Nor are back-off and
rates.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from typing import Any, Protocol

import attrs

from kspec.kernel.actions import Action, Lens, Reader, Set, Step, StepKind, Update, Var, whole
from kspec.kernel.blame import place_of
from kspec.kernel.errors import SpecError
from kspec.kernel.settings import on
from kspec.kernel.values import Ref, Value
from kspec.kube.cache import Api, Cache, Cached, Got
from kspec.kube.cluster import Cluster, Seen, Served, Writes, stepped
from kspec.kube.lenses import Pinned, ReadOwnWrites, UpToDate
from kspec.kube.lenses import Seen as SeenLens
from kspec.kube.objects import OwnerReference
from kspec.kube.overlay import Overlay
from kspec.kube.requests import Code, Request, Verb
from kspec.kube.residual import Ask, Began, Leaf, Node, Reconcile, Resume, Run, Work, answered, begin, resume
from kspec.kube.watch import Kind, Pin, Unpin

NOT_MODELLED = "the work queue (a reconcile may begin whenever it would do something), back-off, rate limits"


class Memory(Protocol):
    """What a controller remembers for each key between two reconciles. Lost when it crashes."""

    initial: Value

    def __init__(self, ask: Callable[[Lens], Any], remember: Callable[[Update], None], variable: str) -> None: ...

    @staticmethod
    def observed(before: Cached | None, after: Cached | None) -> tuple[Update, ...]:
        """What it learns from an event about an object that the key owns."""


class Nothing:
    """No memory."""

    initial = None

    def __init__(self, ask: Callable[[Lens], Any], remember: Callable[[Update], None], variable: str) -> None:
        pass

    @staticmethod
    def observed(before: Cached | None, after: Cached | None) -> tuple[Update, ...]:
        """Nothing."""
        return ()


@attrs.frozen
class Controller:
    """A controller as a component of a cluster. Made by `@controller`."""

    name: str
    of: type
    reconcile: Callable[..., Reconcile] = attrs.field(eq=False)
    owns: tuple[type, ...] = ()
    memory: type[Memory] = Nothing
    remembers: bool = False
    also_watches: tuple[type, ...] = ()
    not_modelled: tuple[str, ...] = (NOT_MODELLED,)
    reads_own_writes: str = ""
    assumes: tuple[str, ...] = ()

    @property
    def watches(self) -> tuple[type, ...]:
        """Its own kind, what it owns, and what else it looks at."""
        return tuple(dict.fromkeys((self.of, *self.owns, *self.also_watches)))

    def selects(self, kind: type) -> None:
        """Its watches select nothing."""
        return None

    # ---- variables

    def keys(self, cluster: Cluster) -> list[str]:
        """The names of the objects that it reconciles."""
        kind = cluster.kind(self.of)
        if kind.slots:
            raise SpecError(
                f"{self.name}: {self.of.__name__} has generated names; a controller's own kind needs fixed ones"
            )
        return list(kind.names)

    def work(self, key: str) -> str:
        """The variable that holds the reconcile in progress for a key."""
        return f"{self.name}/{key}"

    def memory_of(self, key: str) -> str:
        """The variable that holds what it remembers for a key."""
        return f"{self.name}/{key}/memory"

    def reader(self, key: str) -> str:
        """The name of its pins for a key."""
        return f"{self.name}/{key}"

    def variables(self, cluster: Cluster) -> Mapping[str, Value]:
        """The reconcile in progress, and the memory, of every key."""
        found: dict[str, Value] = {self.work(key): None for key in self.keys(cluster)}
        if self.remembers:
            found.update({self.memory_of(key): self.memory.initial for key in self.keys(cluster)})
        return found

    def member_variables(self, cluster: Cluster) -> Mapping[type, Mapping[str, Value]]:
        """None."""
        return {}

    def unpinned(self, cluster: Cluster) -> Writes:
        """What a crash does to its requests in flight."""
        writes: Writes = []
        for key in self.keys(cluster):
            writes += self._unpin(cluster, key)
        return writes

    def _unpin(self, cluster: Cluster, key: str) -> Writes:
        reader = self.reader(key)
        kinds = [k for k in cluster.kinds.values() if k.cls in self.watches and (not k.slots or k.compares(self.name))]
        return [(var, Unpin(reader)) for kind in kinds for var, _ in _objects(kind)]

    def observed(self, cluster: Cluster, before: Seen | None, after: Seen | None) -> Writes:
        """Events about what it owns feed the memory of the owner's key."""
        seen = after or before
        assert seen is not None
        if not self.remembers or seen.kind.cls not in self.owns:
            return []
        was = None if before is None else Cached(before.kind, before.observer, before.view, before.name)
        now = None if after is None else Cached(after.kind, after.observer, after.view, after.name)
        owner = (now or was).owner  # type: ignore[union-attr]  # one of the two is there
        if (
            not isinstance(owner, OwnerReference)
            or owner.kind != self.of.__name__
            or owner.name not in self.keys(cluster)
        ):
            return []
        return [(self.memory_of(owner.name), update) for update in self.memory.observed(was, now)]

    # ---- actions

    def actions(self, cluster: Cluster) -> Iterable[Action]:
        """For each key: begin a reconcile, and each call of it."""
        for key in self.keys(cluster):
            if self.name in cluster.scope.whole:
                yield Action(self.name, "reconcile", self._whole(cluster, key), about=key)
            else:
                yield Action(self.name, "sync", self._begin(cluster, key), about=key)
                yield Action(self.name, "call", self._call(cluster, key), about=key)

    def _make(self, cluster: Cluster, key: str) -> Callable[[Run], Reconcile]:
        kind = cluster.kind(self.of)

        def make(run: Run) -> Reconcile:
            view = run.ask(f"{kind.resource}/{key}", SeenLens(kind, self.name))
            this = Cached(kind, self.name, view, key)
            cache = Cache(cluster, self.name, run.ask, run.choose)
            api = Api(cluster, self.name, self.reader(key))
            variable = self.memory_of(key)
            arguments: list[Any] = [this, cache, api]
            if self.remembers:

                def remember(update: Update) -> None:
                    run.write(variable, update)

                def recall(lens: Lens) -> Any:
                    return run.ask(variable, lens)

                arguments.append(self.memory(recall, remember, variable))
            made = self.reconcile(*arguments)
            if not isinstance(made, Generator):
                what = f"{self.reconcile.__name__} must be a generator: yield its calls, do not return them"
                raise SpecError(f"{place_of(self.reconcile)}: {what}")
            return made

        return make

    def _look(self, see: Reader) -> Callable[[Any, Lens], Value]:
        def look(var: Any, lens: Lens) -> Value:
            return see.each(var[1], lens) if isinstance(var, tuple) and var[0] == "each" else see(var, lens)

        return look

    def _begin(self, cluster: Cluster, key: str) -> Callable[[Reader], Iterator[Step]]:
        kind = cluster.kind(self.of)
        variable = f"{kind.resource}/{key}"

        def sync(see: Reader) -> Iterator[Step]:
            if see(self.work(key)) is not None or see(variable, SeenLens(kind, self.name)) is None:
                return
            if (
                self.reads_own_writes
                and on(self.reads_own_writes)
                and not see(variable, ReadOwnWrites(kind, self.name))
            ):
                return
            for began in begin(self._make(cluster, key), self._look(see)):
                if began.leaf.work is None and not began.leaf.writes:
                    continue
                pins = self._pins(cluster, key, see, began.leaf, set(began.asked))
                yield Step(
                    [*began.leaf.writes, (self.work(key), Set(began.leaf.work)), *pins],
                    action="sync",
                    says=_plan(began),
                    kind=StepKind.LOCAL,
                )

        return sync

    def _pins(self, cluster: Cluster, key: str, see: Reader, node: Node, asked: set[Any]) -> Writes:
        """Pins on what was read just now, will perhaps be updated on condition, and is the latest version."""
        read = {var for var, *_ in asked}
        writes: Writes = []
        for kind in [k for k in cluster.kinds.values() if k.cls in self.watches]:
            for var, question in _objects(kind):
                if question in read and var in _updated(node) and see(var, UpToDate(kind, self.name)):
                    writes.append((var, Pin(self.reader(key))))
        return writes

    def _call(self, cluster: Cluster, key: str) -> Callable[[Reader], Iterator[Step]]:
        def call(see: Reader) -> Iterator[Step]:
            work = see(self.work(key))
            if work is None:
                return
            done = set()
            for request in work.calls:
                if request not in done:
                    done.add(request)
                    yield from self._answered(cluster, key, see, work, request)

        return call

    def _answered(self, cluster: Cluster, key: str, see: Reader, work: Work, request: Request) -> Iterator[Step]:
        served = cluster.serve(see, request)
        code = served.response.code
        refused: Writes = [] if code.ok else list(request.on_refused)
        rest = answered(work, request, code)
        if isinstance(rest, Work):
            yield stepped([served], [*refused, (self.work(key), Set(rest))])
            return
        for writes, work_after, says in self._goes_on(cluster, key, see, rest, served):
            ended = self._unpin_needed(cluster, key, see, served) if work_after is None else []
            yield stepped([served], [*refused, *writes, (self.work(key), Set(work_after)), *ended], says=says)

    def _goes_on(
        self, cluster: Cluster, key: str, see: Reader, rest: tuple[Node, Value], served: Served
    ) -> Iterator[tuple[Writes, Work | None, str]]:
        node, answer = rest
        if isinstance(node, Leaf):
            yield list(node.writes), node.work, node.error and "the error ends this sync"
            return
        assert isinstance(node, Resume), "an Ask is followed to its end"
        if served.request.verb is Verb.GET and served.response.code.ok:
            assert served.request.name is not None
            answer = ("ok", Got(served.response.object, served.request.name), 1)
        over = Overlay(see, served.writes)
        known = {question for question, _ in node.asked}
        for began in resume(self._make(cluster, key), self._look(over), node, answer):
            pins = self._pins(cluster, key, over, began.leaf, set(began.asked) - known)
            yield [*began.leaf.writes, *pins], began.leaf.work, ""

    def _unpin_needed(self, cluster: Cluster, key: str, see: Reader, served: Served) -> Writes:
        """At the end of a reconcile its pins are gone (a commit has cleared those of its object already)."""
        return self._unpin(cluster, key)

    def _whole(self, cluster: Cluster, key: str) -> Callable[[Reader], Iterator[Step]]:
        begin_, call = self._begin(cluster, key), self._call(cluster, key)

        def reconcile(see: Reader) -> Iterator[Step]:
            for first in begin_(see):
                todo: list[tuple[Writes, list[Step]]] = [(list(first.writes), [])]
                while todo:
                    writes, done = todo.pop()
                    over = Overlay(see, writes)
                    if over(self.work(key), whole) is None:
                        yield Step(
                            writes,
                            action=", ".join(s.action for s in done) or "sync",
                            says=first.says,
                            answer=", ".join(s.answer for s in done),
                            kind=StepKind.CALL if done else StepKind.LOCAL,
                            via="apiserver" if done else "",
                            swapped=tuple(pair for s in done for pair in s.swapped),
                        )
                        continue
                    for step in call(over):
                        # What was read in this very step, nobody has changed since: its update raced with none.
                        raced = tuple([(var, by) for var, by in step.swapped if not over(var, Pinned(by))])
                        todo.append(([*writes, *step.writes], [*done, attrs.evolve(step, swapped=raced)]))

        return reconcile


def _objects(kind: Kind) -> list[tuple[Var, Any]]:
    """The objects of a kind, each with the variable by which a reconcile asks for it."""
    if kind.slots:
        return [((kind.resource, i), ("each", kind.resource)) for i in range(kind.slots)]
    return [(f"{kind.resource}/{name}", f"{kind.resource}/{name}") for name in kind.names]


def _updated(node: Node) -> set[Var]:
    """The objects that a residual tree may update on condition: where it runs again, all that it has read."""
    if isinstance(node, Ask):
        return set[Var]().union(*[_updated(then) for _, then in node.answers])
    if isinstance(node, Resume):
        fixed = {var for (var, *_), _ in node.asked if isinstance(var, str)}
        each = [answer.answers for (var, *_), answer in node.asked if not isinstance(var, str)]
        return {*fixed, *[(ref.family, ref.index) for answers in each for ref, _ in answers]}
    if node.work is None:
        return set()
    conditional = [c for c in node.work.calls if c.reader and c.verb is not Verb.GET]
    mine = {
        f"{c.resource}/{c.name}" if isinstance(c.name, str) else (c.name.family, c.name.index)
        for c in conditional
        if c.name is not None
    }
    return mine | _updated(node.work.then)


def _plan(began: Began) -> str:
    """What a reconcile is going to do first, in words."""
    work = began.leaf.work
    if work is None:
        return "nothing to ask of the API"
    lines: dict[str, int] = {}
    for call in work.calls:
        lines[call.line] = lines.get(call.line, 0) + 1
    return "will " + ", ".join(line if n == 1 else f"{line} × {n}" for line, n in lines.items())


def controller(
    of: type,
    *,
    name: str | None = None,
    owns: type | tuple[type, ...] = (),
    watches: type | tuple[type, ...] = (),
    memory: type[Memory] | None = None,
    not_modelled: tuple[str, ...] = (),
    reads_own_writes: str = "",
    assumes: tuple[str, ...] = (),
) -> Callable[[Callable[..., Reconcile]], Controller]:
    """Make a generator function a controller of a kind.

    The function takes the object, the cache, the API and (with `memory`) what it remembers. `owns`: kinds that it
    creates; their events feed its memory. `reads_own_writes`: the setting by which it waits for its cache to show its
    own last write (W02). `assumes`: its bounds, for the reader of a verdict.
    """

    def decorate(function: Callable[..., Reconcile]) -> Controller:
        return Controller(
            name or of.__name__.lower(),
            of,
            function,
            _kinds(owns),
            memory or Nothing,
            memory is not None,
            _kinds(watches),
            (*not_modelled, NOT_MODELLED),
            reads_own_writes,
            assumes,
        )

    return decorate


def _kinds(given: type | tuple[type, ...]) -> tuple[type, ...]:
    return given if isinstance(given, tuple) else (given,)


__all__ = ["Code", "Controller", "Memory", "Ref", "Var", "controller"]
