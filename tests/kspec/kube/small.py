"""A small world of one's own: a Website that wants servers, and clusters of controllers for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import attrs

from kspec.engines import explicit
from kspec.engines.common import laid_out_again
from kspec.kernel.actions import Lens, Role, Update, whole
from kspec.kernel.errors import Grew
from kspec.kernel.properties import eventually_always, invariant
from kspec.kernel.result import Result
from kspec.kernel.system import System
from kspec.kernel.trace import Trace
from kspec.kernel.values import Ref
from kspec.kernel.world import Occurrence, State, World, changes_something
from kspec.kube.actor import Actor
from kspec.kube.cache import owner_reference
from kspec.kube.cluster import Cluster, Component, Scope
from kspec.kube.controller import controller
from kspec.kube.requests import NOWHERE, Code, Conflict, Look, Pipeline, Request, Response, Verb
from kspec.kube.residual import Reconcile


@attrs.frozen
class Website:
    """Wants servers, and says how many it has seen. Nobody reads the note."""

    name: str
    servers: int = 2
    seen: int = 0
    note: str = ""


@attrs.frozen
class Server:
    """Belongs to a website. `zone`: where it runs."""

    owner: Any = None
    zone: str = ""
    node: Ref | None = None


def new_server(website: Any, zone: str = "") -> Server:
    return Server(owner_reference(website), zone)


@attrs.frozen
class Added:
    """One more or one less."""

    by: int

    def __call__(self, old: int) -> int:
        return old + self.by


class Expected:
    """Counts creations that the cache has not shown yet."""

    initial: Any = 0

    def __init__(self, ask: Callable[[Lens], Any], remember: Callable[[Update], None], variable: str) -> None:
        self._ask, self._remember, self.variable = ask, remember, variable

    def count(self) -> int:
        return int(self._ask(whole))

    def add(self, number: int) -> None:
        self._remember(Added(number))

    def one_less(self) -> Any:
        return self.variable, Added(-1)

    @staticmethod
    def observed(before: Any, after: Any) -> tuple[Update, ...]:
        return (Added(-1),) if before is None else ()


def granting(refused: Callable[[Request], Code | None] = lambda request: None) -> Pipeline:
    """An API server that grants whatever it can, but for what `refused` says."""

    def serve(request: Request, current: Any, unchanged: bool, look: Look = NOWHERE) -> Response:
        code = refused(request)
        if code is not None:
            return Response(code)
        if request.verb is Verb.CREATE:
            exists = current is not None
            return Response(Code.ALREADY_EXISTS) if exists else Response(Code.CREATED, request.object, writes=True)
        if current is None:
            return Response(Code.NOT_FOUND)
        if request.verb is Verb.GET:
            return Response(Code.OK, current)
        if request.verb is Verb.DELETE:
            return Response(Code.OK, None, writes=True)
        if request.reader and not unchanged:
            return Response(Code.CONFLICT)
        return Response(Code.OK, attrs.evolve(current, **dict(request.changes)), writes=True)

    return serve


def cluster(
    components: Sequence[Component] | Component,
    *,
    slots: int = 2,
    websites: Sequence[Website] = (Website("shop"),),
    refused: Callable[[Request], Code | None] = lambda request: None,
    properties: Sequence[Any] = (),
    **scope: Any,
) -> Cluster:
    """A cluster of these components, with websites that are there from the start."""
    parts = components if isinstance(components, Sequence) else (components,)
    return Cluster(
        "small",
        parts,
        Scope(slots={Server: slots}, stored=tuple(websites), **scope),
        properties=properties,
        kinds_used=(Website, Server),
        pipeline=granting(refused),
    )


def explored(made: Cluster, **how: Any) -> Result:
    return explicit.explore(made.system(), **how)


class Walk:
    """A world that is walked by hand: `walk("website.sync")` takes a step of that kind.

    Where the world grows it is laid out anew, and the same way is walked again.
    """

    def __init__(self, system: System) -> None:
        self.world = World(system)
        self.state: State = self.world.initial
        self.taken: list[Occurrence] = []

    def can(self, kind: str = "") -> list[Occurrence]:
        """What is possible here, of a kind (by its beginning)."""
        return [o for o in self._steps() if o.action.kind.startswith(kind)]

    def __call__(self, kind: str, nth: int = 0) -> Occurrence:
        found = self.can(kind)
        assert found, f"{kind} is not possible; possible: {[o.action.kind for o in self.can()]}"
        return self._take(found[nth])

    def until_quiet(self, *kinds: str) -> Walk:
        """Take steps of these kinds, as long as any changes something."""
        for _ in range(1000):
            found = [o for o in self._steps() if o.action.kind.startswith(kinds)]
            moving = [o for o in found if changes_something(self.world, self.state, o)]
            if not moving:
                return self
            self._take(min(moving, key=lambda o: [o.action.kind.startswith(k) for k in kinds].index(True)))
        raise AssertionError("it never comes to rest")

    def trace(self) -> Trace:
        """The way that was walked."""
        states = [self.world.initial]
        for step in self.taken:
            states.append(self.world.apply(states[-1], step))
        return Trace("small", "run", "A walk.", tuple(states), tuple(self.taken), world=self.world, reading="run")

    def _take(self, step: Occurrence) -> Occurrence:
        self.state = self.world.apply(self.state, step)
        self.taken.append(step)
        return step

    def _steps(self) -> list[Occurrence]:
        while True:
            try:
                return self.world.steps(self.state)
            except Grew:
                self._lay_out_again()

    def _lay_out_again(self) -> None:
        way, system = self.taken, self.world.system
        while True:
            try:
                system = laid_out_again(system)
                self.world, self.taken = World(system), []
                self.state = self.world.initial
                for step in way:
                    same = (step.action.kind, step.member, step.choice)
                    now = self.world.steps(self.state)
                    self._take(next(o for o in now if (o.action.kind, o.member, o.choice) == same))
                return
            except Grew:
                continue

    def at(self, var: Any) -> Any:
        """The value of a variable."""
        return self.state[self.world.position[var]]

    def latest(self, var: Any) -> Any:
        """The latest version of an object."""
        return self.at(var).latest

    def all(self, family: str) -> Iterator[Any]:
        """The latest versions of all members that exist."""
        return (v for v in (self.latest((family, i)) for i in range(self.world.members[family])) if v is not None)


@controller(Website, owns=Server, memory=Expected)
def website(website: Any, cache: Any, api: Any, expected: Any) -> Reconcile:
    """Creates what is missing at once, and says how many servers it has seen."""
    mine = cache.owned(Server, by=website)
    missing = website.servers - len(mine)
    if missing > 0 and expected.count() <= 0:
        expected.add(missing)
        yield [api.create(new_server(website), on_refused=expected.one_less())] * missing
    if website.seen != len(mine):
        yield api.update_status(website, seen=len(mine))


@controller(Website, owns=Server)
def looker(website: Any, cache: Any, api: Any) -> Reconcile:
    """Creates one server, looks again, and says how many there are now."""
    if len(cache.owned(Server, by=website)) < website.servers:
        yield api.create(new_server(website))
        yield api.update_status(website, seen=len(cache.owned(Server, by=website)))


@invariant()
def no_more_servers_than_wanted(truth: Any) -> bool:
    """There are never more servers than are wanted."""
    return all(len(truth.all(Server, "owner")) <= wanted for wanted in truth.all(Website, "servers"))


@eventually_always()
def it_says_what_there_is(truth: Any) -> bool:
    """In the end every website says that it has as many servers as it wants."""
    return all(seen == wanted for seen, wanted in truth.all(Website, "seen", "servers"))


PROMISES = (no_more_servers_than_wanted, it_says_what_there_is)
ALL_HOLD = {"no_more_servers_than_wanted": "HOLDS", "it_says_what_there_is": "HOLDS"}


def somebody(**changes: Any) -> Actor:
    """Somebody else who patches the website once."""
    actor = Actor("user", own={"done": False}, role=Role.USER)

    @actor.once()
    def interfere(cache: Any, here: Any, api: Any) -> Any:
        if not here.done:
            yield api.patch(Website("shop"), **changes), here.set(done=True)

    return actor


def scribbler() -> Actor:
    """Somebody who posts a server and at once writes a note on the website."""
    actor = Actor("user", own={"done": False}, role=Role.USER)

    @actor.once()
    def scribble(cache: Any, here: Any, api: Any) -> Any:
        if not here.done:
            shop = Website("shop")
            yield api.create(new_server(shop)), api.patch(shop, note="hello"), here.set(done=True)

    return actor


@controller(Website, owns=Server, name="website")
def careful(website: Any, cache: Any, api: Any) -> Reconcile:
    """Counts one server, and notes it if the website had changed meanwhile."""
    if website.seen == 0 and cache.owned(Server, by=website):
        try:
            yield api.update_status(website, seen=1)
        except Conflict:
            yield api.patch(website, seen=99)


def poster(servers: int) -> Actor:
    """Somebody who posts servers for the shop, one after another."""
    actor = Actor("user", own={"left": servers}, role=Role.USER)

    @actor.once()
    def post(cache: Any, here: Any, api: Any) -> Any:
        if here.left:
            yield api.create(new_server(Website("shop"))), here.set(left=here.left - 1)

    return actor


@controller(Website, owns=Server, name="website")
def patient(website: Any, cache: Any, api: Any) -> Reconcile:
    """Marks one of its servers twice, and looks again in between."""
    mine = [s for s in cache.owned(Server, by=website) if s.zone == ""]
    if len(mine) < 2 or website.seen:
        return
    one = cache.choose(mine)
    yield api.patch(one, zone="first")
    cache.owned(Server, by=website)
    yield api.patch(one, zone="second")
    yield api.patch(website, seen=1)
