"""Stories: a trace of a cluster as a person reads it.

The narrator gives generated names (pods are called after their owner, with a letter in the order of their creation),
says which step wrote what a delivery brings, and where an actor acts on something that is no longer true. Everything
is found by looking at the states and by asking the actions again; the trace itself is not changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import attrs

from kspec.kernel.actions import Role, StepKind
from kspec.kernel.errors import Grew
from kspec.kernel.trace import Belief, Change, Story, StoryStep, Trace
from kspec.kernel.values import Ref, Uid, alike, fields_of
from kspec.kernel.world import Occurrence, State
from kspec.kube.lanes import STORE, lanes_of
from kspec.kube.naming import Names
from kspec.kube.paths import path_of
from kspec.kube.starting import own_variables
from kspec.kube.watch import Kind, Obj
from kspec.kube.wording import Called, in_words, object_in_words, what_changed

if TYPE_CHECKING:
    from kspec.kube.cluster import Cluster

LONGEST = 15
"""Steps that are told one by one from the start; a longer story begins at the user's last act."""

MENTION = re.compile(r"\b(\w+)#(\d+)")
"""How a text mentions a member."""

BOOKKEEPING = frozenset({"desired_replicas", "max_replicas"})
"""Fields that go with another one and would only lengthen a story."""


class Narrator:
    """Tells the traces of one cluster."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def story(self, trace: Trace) -> Story:
        """The story of a trace."""
        return _Telling(self._cluster, trace).story()


class _Telling:
    """One story while it is told: who is called what, and which step wrote what is still on its way."""

    def __init__(self, cluster: Cluster, trace: Trace) -> None:
        self._trace, self._world = trace, trace.world
        self._cluster = trace.world.system.narrator._cluster if trace.world.system.narrator else cluster
        self._kinds = {kind.resource: kind for kind in self._cluster.kinds.values()}
        self._names = Names(tuple(self._kinds.values()), self._world)
        self._pending: dict[tuple[Any, str], list[int]] = {}

    def story(self) -> Story:
        """Tell it."""
        trace = self._trace
        self._names.christen(None, trace.states[0])
        rows = [self._row(i) for i in range(len(trace.steps))]
        begin = self._begin(len(rows))
        kind = "safety"
        if trace.loop_at is not None:
            kind = "stuck" if trace.loop_at == len(trace.steps) else "lasso"
        if trace.reading != "counterexample":
            kind = "run"
        if rows and kind == "safety" and trace.clause:
            rows[-1] = attrs.evolve(rows[-1], breaks=trace.clause)
        start = self._start(begin)
        shown = rows[begin:]
        return Story(
            system=trace.system,
            property=trace.property,
            sentence=trace.sentence,
            kind=kind,  # type: ignore[arg-type]  # one of the four
            start=start,
            lanes=lanes_of(
                self._cluster, [*[row.actor for row in shown], *start, *[lane for lane, _, _ in trace.waits]]
            ),
            steps=tuple(shown),
            clause=trace.clause,
            objects=(*self._named(trace.objects), *self._objects(len(rows))),
            loop_at=None if trace.loop_at is None or kind == "stuck" else trace.loop_at + 1,
            waits=tuple([(lane, self._rename(what), self._rename(why)) for lane, what, why in trace.waits]),
            store=STORE,
        )

    # ---- rows

    def _row(self, i: int) -> StoryStep:
        occurrence, before, after = self._trace.steps[i], self._trace.states[i], self._trace.states[i + 1]
        number = i + 1
        self._names.christen(before, after)
        changes = tuple(self._changes(before, after))
        belief = self._belief(occurrence, before)
        if occurrence.action.role is Role.DELIVERY or occurrence.step.kind is StepKind.DELIVER:
            row = self._delivery(number, occurrence, before, after)
        else:
            says = occurrence.step.says
            kind = {StepKind.CALL: "call", StepKind.FAULT: "fault"}.get(occurrence.step.kind, "local")
            row = StoryStep(
                number,
                occurrence.action.actor,
                kind,  # type: ignore[arg-type]  # one of the five
                self._does(occurrence, before, after),
                "; ".join(part for part in (self._sees(occurrence, before), self._with_names(says)) if part),
                occurrence.step.answer,
                changes,
                belief,
            )
        self._note_pending(number, before, after)
        return row

    def _does(self, occurrence: Occurrence, before: State, after: State) -> str:
        """What was done, with the names of the objects."""
        step, action = occurrence.step, occurrence.action
        about = f" {action.about}" if action.about else ""
        if not step.action:
            mine = self._member(action.each, occurrence.member)
            return f"{action.name}{about}" + (f": {mine}" if mine else "")
        text = step.action
        for resource in self._kinds:
            changed = self._changed_members(resource, before, after)
            if f" {resource}" in text and changed:
                text = text.replace(f" {resource}", f" {resource}/{', '.join(changed)}", 1)
        if action.name == "sync":
            return f"sync of {action.about}"
        return text

    def _sees(self, occurrence: Occurrence, before: State) -> str:
        """How many objects a controller finds in its cache when it begins (by its first question about members)."""
        if occurrence.action.name not in ("sync", "reconcile"):
            return ""
        reader = self._world.reader(before, occurrence.action, occurrence.member)
        list(occurrence.action.function(reader))
        for question in reader.asked:
            kind = getattr(question[2], "kind", None)
            if isinstance(kind, Kind) and kind.slots and question[0] == "each":
                seen = sum(1 for p in self._world.columns[question[1]] if question[2](before[p]) is not None)
                return f"sees {_count(seen, kind.resource)}"
        return ""

    def _delivery(self, number: int, occurrence: Occurrence, before: State, after: State) -> StoryStep:
        actor = occurrence.action.actor
        texts = []
        for position, kind, what in self._objects_at(before):
            if not kind.is_late(actor) or len(kind.queue(before[position], actor)) == len(
                kind.queue(after[position], actor)
            ):
                continue
            eaten = len(kind.queue(before[position], actor)) - len(kind.queue(after[position], actor))
            wrote = self._pending.get((position, actor), [])[:eaten]
            label = self._label(kind, what)
            texts.append(f"{label} (step\u00a0{wrote[-1]})" if wrote else label)
        says = "lists anew" if occurrence.action.name == "relist" else ""
        return StoryStep(number, actor, "deliver", "sees " + ", ".join(texts or ["nothing new"]), says)

    def _note_pending(self, number: int, before: State, after: State) -> None:
        """Which step wrote what is on its way to a late observer."""
        for position, kind, _ in self._objects_at(before):
            for observer in kind.late:
                was, now = len(kind.queue(before[position], observer)), len(kind.queue(after[position], observer))
                waiting = self._pending.setdefault((position, observer), [])
                if now > was:
                    waiting.append(number)
                elif now < was:
                    del waiting[: was - now]
                elif waiting and not alike(before[position].latest, after[position].latest):
                    waiting[-1] = number

    # ---- beliefs

    def _belief(self, occurrence: Occurrence, before: State) -> Belief | None:
        """Where what the actor asked of its cache is not what is true."""
        actor = occurrence.action.actor
        if occurrence.action.name not in ("sync", "reconcile", "bind"):
            return None
        reader = self._world.reader(before, occurrence.action, occurrence.member)
        list(occurrence.action.function(reader))
        believed, truth, pending = [], [], []
        for question in reader.asked:
            kind = getattr(question[2], "kind", None)
            if not isinstance(kind, Kind) or not kind.is_late(actor) or getattr(question[2], "observer", "") != actor:
                continue
            positions = (question[1],) if question[0] == "one" else self._world.columns[question[1]]
            try:
                seen = [question[2](before[p]) for p in positions]
                true = [question[2](kind.object(before[p].latest)) for p in positions]
            except Grew:
                continue  # of fields that no view has: it saw no object of which it could ask for them
            if seen == true or isinstance(seen[0], bool):
                continue
            if question[0] == "one":
                name = self._label(kind, self._world.names[positions[0]])
                fields = getattr(question[2], "fields", kind.fields(actor))
                differs = self._differences(kind, fields, seen[0], true[0])
                believed.append(f"{name} {differs[0]}")
                truth.append(f"{name} {differs[1]}")
            else:
                counts = [sum(1 for x in side if x is not None) for side in (seen, true)]
                same, of = counts[0] == counts[1], kind.resource
                believed.append(f"{counts[0]} {of}, as they were" if same else _count(counts[0], of))
                truth.append(f"{counts[1]} {of}, changed since" if same else _count(counts[1], of))
            for p, a, b in zip(positions, seen, true, strict=True):
                if a != b:
                    steps = self._pending.get((p, actor), [])
                    label = self._label(kind, self._world.names[p])
                    pending.append(f"{label} (step\u00a0{steps[-1]})" if steps else label)
        if not believed:
            return None
        return Belief(
            ", ".join(dict.fromkeys(believed)), ", ".join(dict.fromkeys(truth)), tuple(dict.fromkeys(pending))
        )

    def _differences(self, kind: Kind, asked: tuple[str, ...], seen: Any, true: Any) -> tuple[str, str]:
        if seen is None or true is None:
            return ("does not exist" if seen is None else "exists"), ("does not exist" if true is None else "exists")
        fields = asked if isinstance(seen, tuple) else fields_of(kind.cls)
        values = (seen, true) if isinstance(seen, tuple) else [[getattr(x, f) for f in fields] for x in (seen, true)]
        for field, a, b in zip(fields, *values, strict=False):
            if a != b:
                path = path_of(kind.cls, field)
                return f"{path}: {self._value(a)}", f"{path}: {self._value(b)}"
        return "an earlier version", "a later version"

    # ---- changes

    def _changes(self, before: State, after: State) -> Iterator[Change]:
        for position, name in enumerate(self._world.names):
            old, new = before[position], after[position]
            if old == new:
                continue
            resource = name.split("/", 1)[0] if isinstance(name, str) else name[0]
            if resource in self._kinds and isinstance(old, Obj) and isinstance(new, Obj):
                called = self._called_in(after)
                yield from self._object_changes(self._kinds[resource], name, old.latest, new.latest, called)
            elif not isinstance(name, str):
                member = self._member(self._world.family_of[name[0]], name[1])
                yield Change(member or str(name), name[0], self._value(old), self._value(new))

    def _object_changes(self, kind: Kind, name: Any, old: Any, new: Any, called: Called) -> Iterator[Change]:
        label = self._label(kind, name)
        if old is None or new is None:
            if (old is None) is not (new is None):
                yield Change(label, "", None if old is None else "", None if new is None else "")
            if old is None and hasattr(new, "replicas"):
                yield Change(label, path_of(kind.cls, "replicas"), None, str(new.replicas))
            return
        for field in fields_of(kind.cls):
            a, b = getattr(old, field), getattr(new, field)
            if not alike(a, b) and field not in BOOKKEEPING:
                yield Change(label, path_of(kind.cls, field), *what_changed(a, b, called))

    # ---- names

    def _member(self, family: str | None, member: int | None) -> str:
        if family is None or member is None:
            return ""
        if family == "nodes" and family not in self._kinds:
            nodes = self._cluster.scope.nodes
            return nodes[member].name if member < len(nodes) else f"node {member}"
        return self._names.of(family, member)

    def _label(self, kind: Kind, name: Any) -> str:
        called = name.split("/", 1)[1] if isinstance(name, str) else self._member(kind.resource, name[1])
        return f"{kind.cls.__name__} {called}"

    def _changed_members(self, resource: str, before: State, after: State) -> list[str]:
        if not self._kinds[resource].slots:
            return []
        columns = enumerate(self._world.columns[resource])
        return [self._member(resource, i) for i, p in columns if before[p].latest != after[p].latest]

    def _named(self, texts: tuple[str, ...]) -> list[str]:
        return [self._rename(text) for text in texts]

    def _rename(self, text: str) -> str:
        text = self._with_names(text)
        for resource, kind in self._kinds.items():
            text = text.replace(f"{resource}/", f"{kind.cls.__name__} ") if f"{resource}/" in text else text
        return text

    def _with_names(self, text: str) -> str:
        """The text with the names of the members that it mentions."""
        return MENTION.sub(lambda found: self._member(found[1], int(found[2])), text)

    def _called(self, mention: Ref | Uid) -> str:
        return self._member(mention.family, mention.index) if isinstance(mention, Ref) else "another one of its name"

    def _called_in(self, state: State) -> Called:
        """What mentions mention, where the objects of this state are there: labels of uids mean nothing beyond it."""
        there = {getattr(state[position].latest, "uid", None) for position, _, _ in self._objects_at(state)}
        return lambda mention: "" if isinstance(mention, Uid) and mention in there else self._called(mention)

    def _value(self, value: Any) -> str:
        return in_words(value, self._called)

    # ---- start, lanes, objects at the end

    def _begin(self, rows: int) -> int:
        """Where the telling begins: a run at its first act, a long counterexample at the last act of a user."""
        if rows <= LONGEST or self._trace.reading == "run":
            return 0
        acts = [i for i, o in enumerate(self._trace.steps) if o.action.role is Role.USER]
        last = acts[-1] if acts else 0
        loop = self._trace.loop_at
        return last if rows - last >= 2 and (loop is None or last <= loop) else 0

    def _start(self, begin: int) -> dict[str, tuple[str, ...]]:
        state = self._trace.states[begin]
        lines = self._objects(begin)
        first = [f"after steps 1 to {begin}:"] if begin else []
        start = {STORE: (*first, *(lines or ["no objects"]))}
        for actor, name, value in own_variables(self._world, self._cluster, state):
            about = (
                name if isinstance(name, str) else f"{self._member(self._world.family_of[name[0]], name[1])}: {name[0]}"
            )
            start[actor] = (*start.get(actor, ()), f"{about} {self._value(value)}")
        if any(o.action.actor == "kubelet" for o in self._trace.steps):
            start.setdefault("kubelet", ("runs nothing",))
        return start

    def _objects(self, at: int) -> list[str]:
        """The objects that exist in a state, one line each."""
        lines, called = [], self._called_in(self._trace.states[at])
        for position, kind, name in self._objects_at(self._trace.states[at]):
            latest = self._trace.states[at][position].latest
            if latest is not None:
                lines.append(f"{self._label(kind, name)}: {object_in_words(latest, called)}")
        return lines

    def _objects_at(self, state: State) -> Iterator[tuple[int, Kind, Any]]:
        for position, name in enumerate(self._world.names):
            resource = name.split("/", 1)[0] if isinstance(name, str) else name[0]
            if resource in self._kinds and isinstance(state[position], Obj):
                yield position, self._kinds[resource], name


def _count(number: int, resource: str) -> str:
    return f"{number} {resource if number != 1 else resource.removesuffix('s')}"
