"""Random small systems, each as a recipe with two readings: a kspec system, and a naive one that shares no code.

A recipe has global variables, a family of members, one variable that may mention a member (`holder`), nodes without
variables of their own, which members mention (`node`), and one variable that may mention a node (`preferred`). Its
actions are of nobody or of each member; their guards ask for one value, the own value, how many members or other
members have a value or share a node; their writes set, add or mention. `system` reads a recipe as functions of a kspec
reader; `naive` reads it on flat tuples, and shares no code with it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import attrs

from kspec.kernel.actions import Action, Reader, Role, Set, Step, whole
from kspec.kernel.properties import Happened, Property, PropertyKind, Witness
from kspec.kernel.system import Family, System
from kspec.kernel.values import Ref

DOMAIN = 3
"""Every variable but `holder` has the values 0, 1, 2."""


@attrs.frozen
class Atom:
    """One comparison. `n` bounds a count from below.

    `what`: global, own, others, count, free (no holder), bound (the own node), mates (others on the own node), crowded
    (a node that so many members mention and one more).
    """

    what: str
    variable: str = ""
    value: int = 0
    n: int = 0
    negated: bool = False
    lens: bool = False


@attrs.frozen
class Write:
    """One write.

    `where`: global, own, hold (holder := me), release, held (the member that the holder mentions), bind (to any node),
    unbind, prefer (preferred := the own node).
    """

    where: str
    variable: str = ""
    value: int = 0
    adds: bool = False


@attrs.frozen
class Rule:
    """One action: enabled when all atoms hold, then one of the outcomes happens."""

    name: str
    each: bool
    role: Role
    fair: bool
    guard: tuple[Atom, ...]
    outcomes: tuple[tuple[Write, ...], ...]


@attrs.frozen
class Claim:
    """One property: some clause of `says` holds, each of which is a conjunction; of a step, unless `rule` takes it."""

    name: str
    kind: PropertyKind
    says: tuple[tuple[Atom, ...], ...]
    given: tuple[tuple[Atom, ...], ...] = ()
    rule: str = ""
    witness: tuple[tuple[Atom, ...], ...] | None = None


@attrs.frozen
class Recipe:
    """A small system."""

    globals: tuple[str, ...]
    own: tuple[str, ...]
    size: int
    nodes: int
    interchangeable: bool
    rules: tuple[Rule, ...]
    claims: tuple[Claim, ...]


# ---- making recipes


def recipe(seed: int, *, prefers: bool = False) -> Recipe:
    """The recipe with this number. `prefers`: it has nodes, and a global variable mentions one."""
    rng = random.Random(seed)
    size = rng.choice([0, 1, 2, 2, 3])
    names = tuple(f"g{i}" for i in range(rng.choice([1, 1, 2])))
    own = tuple(f"m{i}" for i in range(rng.choice([1, 1, 2]) if size < 3 else 1)) if size else ()
    nodes = rng.choice([0, 0, 2, 3]) if size > 1 else 0
    if nodes:
        own = (*own[:1], "node")
    rules = tuple(_rule(rng, f"a{i}", names, own) for i in range(rng.randint(2, 7)))
    if prefers and nodes:
        rules = (*rules, Rule("prefer", True, Role.COMPONENT, False, (Atom("bound"),), ((Write("prefer"),),)))
    claims = tuple(_claim(rng, kind, names, own, rules) for kind in PropertyKind if kind is not PropertyKind.THEOREM)
    return Recipe(names, own, size, nodes, rng.random() < 0.7, rules, claims)


def _rule(rng: random.Random, name: str, names: tuple[str, ...], own: tuple[str, ...]) -> Rule:
    each = bool(own) and rng.random() < 0.6
    role = rng.choice([Role.COMPONENT] * 4 + [Role.DELIVERY, Role.USER, Role.FAULT, Role.ENVIRONMENT])
    fair = role in (Role.COMPONENT, Role.DELIVERY) and rng.random() < 0.75
    guard = [_atom(rng, names, own, each) for _ in range(rng.choice([0, 1, 1, 1, 2, 2]))]
    outcomes = [_writes(rng, names, own, each) for _ in range(rng.choice([1, 1, 1, 2, 3]))]
    if any(write.where in ("held", "release") for outcome in outcomes for write in outcome):
        guard.append(Atom("free", negated=True))
    return Rule(name, each, role, fair, tuple(guard), tuple(outcomes))


def _atom(rng: random.Random, names: tuple[str, ...], own: tuple[str, ...], each: bool) -> Atom:
    kinds = ["global"]
    if own:
        kinds += ["count", "free"] + (["own", "own", "own", "others"] if each else [])
    if "node" in own:
        kinds += ["crowded"] + (["bound", "mates"] if each else [])
    what, negated = rng.choice(kinds), rng.random() < 0.3
    variable = _variable(rng, what, names, own) if what in ("global", "own", "others", "count") else ""
    return Atom(what, variable, rng.choice([0, 0, 1, 2]), rng.choice([1, 1, 2]), negated, rng.random() < 0.5)


def _variable(rng: random.Random, where: str, names: tuple[str, ...], own: tuple[str, ...]) -> str:
    return rng.choice(names if where == "global" else [name for name in own if name != "node"])


def _writes(rng: random.Random, names: tuple[str, ...], own: tuple[str, ...], each: bool) -> tuple[Write, ...]:
    kinds = ["global"]
    if own:
        kinds += ["own", "own", "own", "hold"] if each else ["held", "release"]
    if "node" in own and each:
        kinds += ["bind", "bind", "bind", "unbind"]
    found = []
    for _ in range(rng.choice([1, 1, 1, 2])):
        where = rng.choice(kinds)
        variable = _variable(rng, where, names, own) if where in ("global", "own", "held") else ""
        found.append(Write(where, variable, rng.choice([0, 1, 1, 2]), rng.random() < 0.5))
    return tuple(sorted(found, key=lambda w: w.where == "release"))


def _formula(rng: random.Random, names: tuple[str, ...], own: tuple[str, ...]) -> tuple[tuple[Atom, ...], ...]:
    return tuple(
        tuple(_atom(rng, names, own, False) for _ in range(rng.choice([1, 1, 2]))) for _ in range(rng.choice([1, 2, 3]))
    )


def _claim(
    rng: random.Random, kind: PropertyKind, names: tuple[str, ...], own: tuple[str, ...], rules: tuple[Rule, ...]
) -> Claim:
    return Claim(
        name=kind.name.lower(),
        kind=kind,
        says=_formula(rng, names, own),
        given=_formula(rng, names, own) if kind is PropertyKind.LEADS_TO else (),
        rule=rng.choice(rules).name if kind is PropertyKind.STEP_INVARIANT else "",
        witness=_formula(rng, names, own) if rng.random() < 0.4 else None,
    )


# ---- as a kspec system


@attrs.frozen
class Is:
    """The lens for: is it this value?"""

    value: int

    def __call__(self, value: int) -> bool:
        return value == self.value


@attrs.frozen
class Plus:
    """The update that adds, round and round."""

    value: int

    def __call__(self, old: int) -> int:
        return (old + self.value) % DOMAIN


def is_free(holder: Ref | None) -> bool:
    """The lens for: nobody is the holder."""
    return holder is None


def is_bound(node: Ref | None) -> bool:
    """The lens for: it mentions a node."""
    return node is not None


def _asks(see: Reader, atom: Atom, plain: bool) -> bool:
    lens = Is(atom.value) if atom.lens else whole
    expected = True if atom.lens else atom.value
    if atom.what == "free":
        found = see("holder", is_free) if atom.lens else see("holder") is None
    elif atom.what == "bound":
        found = see("node", is_bound) if atom.lens else see("node") is not None
    elif atom.what == "mates":
        found = see("node") is not None and see.others("node").count(see("node")) >= atom.n
    elif atom.what == "crowded":
        nodes = [node for node in see.bag("node") if node is not None]
        found = any(nodes.count(node) > atom.n for node in nodes)
    elif atom.what in ("global", "own"):
        found = see(atom.variable, lens) == expected
    elif atom.what == "others":
        found = see.others(atom.variable, lens).count(expected) >= atom.n
    else:
        answers = see.each(atom.variable, lens) if plain else see.bag(atom.variable, lens)
        found = answers.count(expected) >= atom.n
    return bool(found) is not atom.negated


def _function(rule: Rule, plain: bool, nodes: int) -> Callable[[Reader], Iterable[Step]]:
    def function(see: Reader) -> Iterator[Step]:
        if not all(_asks(see, atom, plain) for atom in rule.guard):
            return
        for number, outcome in enumerate(rule.outcomes):
            binds = any(write.where == "bind" for write in outcome)
            for node in range(nodes) if binds else [0]:
                yield Step([_write(see, write, node) for write in outcome], action=f"outcome {number}")

    return function


def _write(see: Reader, write: Write, node: int) -> tuple[Any, Any]:
    update = Plus(write.value) if write.adds else Set(write.value)
    if write.where == "hold":
        return "holder", Set(see.me)
    if write.where == "release":
        return "holder", Set(None)
    if write.where == "held":
        return (write.variable, see("holder").index), update
    if write.where in ("bind", "unbind"):
        return "node", Set(Ref("nodes", node) if write.where == "bind" else None)
    if write.where == "prefer":
        return "preferred", Set(see("node"))
    return write.variable, update


def _predicate(formula: tuple[tuple[Atom, ...], ...], plain: bool) -> Callable[[Reader], bool]:
    return lambda see: any(all(_asks(see, atom, plain) for atom in clause) for clause in formula)


def _property(claim: Claim, plain: bool) -> Property:
    says = _predicate(claim.says, plain)

    def of_step(before: Reader, happened: Happened, after: Reader) -> bool:
        return (
            not (happened.action == "outcome 0" and happened.kind == f"x.{claim.rule}") or says(before) or says(after)
        )

    witness = None if claim.witness is None else Witness("witness", _predicate(claim.witness, plain))
    return Property(
        name=claim.name,
        kind=claim.kind,
        sentence=claim.name,
        predicate=of_step if claim.kind is PropertyKind.STEP_INVARIANT else says,
        given=_predicate(claim.given, plain) if claim.kind is PropertyKind.LEADS_TO else None,
        witness=witness,
    )


def system(made: Recipe) -> System:
    """A recipe as a kspec system."""
    plain = not made.interchangeable
    variables: dict[str, Any] = dict.fromkeys(made.globals, 0)
    families = {}
    if made.own:
        variables["holder"] = None
        start = {name: None if name == "node" else 0 for name in made.own}
        families["members"] = Family(made.size, start, interchangeable=made.interchangeable)
    if made.nodes:
        variables["preferred"] = None
        families["nodes"] = Family(made.nodes, interchangeable=made.interchangeable)
    return System(
        name="random",
        variables=variables,
        families=families,
        actions=[
            Action(
                "x",
                r.name,
                _function(r, plain, made.nodes),
                each="members" if r.each else None,
                role=r.role,
                fair=r.fair,
            )
            for r in made.rules
        ],
        properties=[_property(claim, plain) for claim in made.claims],
    )
