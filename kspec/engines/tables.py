"""Learned tables: every function of a spec is called once for each distinct thing that it ever saw.

Values are small integers, per column (a variable; the members of a family share a column). An action's questions make
a decision tree: an inner node is a question with a memo from value to answer, a leaf holds the steps. A state that
leads to a known leaf costs a few dictionary look-ups; any other calls the function once, and grows the tree.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kspec.engines.common import ask
from kspec.kernel.actions import Action, Lens, Step, Update, Var, whole
from kspec.kernel.errors import ImpureError, SlotsExhausted, SpecError
from kspec.kernel.properties import Happened, Property
from kspec.kernel.values import ME, Ref, Value, check_value, is_record, order_key, rename, same
from kspec.kernel.world import State, World

Ids = tuple[int, ...]
"""A state as integers: one for each variable."""

Write = tuple[int, dict[int, int], int, Update]
"""Position, memo from old to new value, column, update."""

LEAF, ONE, OWN, COLUMN, OTHERS = range(5)


class Compiled:
    """One step, ready to be applied: its writes by position."""

    __slots__ = ("choice", "happened", "judged", "kind", "step", "writes")

    def __init__(self, kind: int, choice: int, step: Step, writes: list[Write]) -> None:
        self.kind, self.choice, self.step, self.writes = kind, choice, step, writes
        self.happened: Happened | None = None
        self.judged: list[tuple[Property, Tree]] | None = None  # the step invariants that ask something of it


class Tree:
    """What was learned of one function. `root` None: nothing yet."""

    __slots__ = ("local", "root")

    def __init__(self) -> None:
        self.root: Any = None
        self.local = True

    @property
    def holds_always(self) -> bool:
        """Whether a predicate was true without asking anything."""
        return self.root is not None and self.root[0] == LEAF and self.root[1] is True


class Instance:
    """An action of one member (or of none)."""

    __slots__ = ("action", "base", "compiled", "kind", "member", "tree")

    def __init__(self, action: Action, member: int | None, base: int, kind: int, tree: Tree) -> None:
        self.action, self.member, self.base, self.kind, self.tree = action, member, base, kind, tree
        self.compiled: dict[int, list[Compiled]] = {}


class Row:
    """A member's variables in a state, and the actions of each member that ask about nothing else."""

    __slots__ = ("instances", "memo", "row")

    def __init__(self, row: slice, instances: list[Instance]) -> None:
        self.row, self.instances = row, instances
        self.memo: dict[Ids, list[Compiled]] = {}


class Tables:
    """The tables of one system."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.column: list[Any] = [n if isinstance(n, str) else n[0] for n in world.names]
        self.values: dict[Any, list[Value]] = {c: [] for c in self.column}
        self.ids: dict[Any, dict[Value, int]] = {c: {} for c in self.column}
        self.calls = 0
        self.exhausted: set[str] = set()
        self.blocked: set[int] = set()
        self._answers: dict[Any, dict[Any, tuple[int, Any]]] = {}
        self._memos: dict[Any, dict[Any, int]] = {}
        self._ops: dict[Any, dict[int, int]] = {}
        self._leaves: list[tuple[Step, ...]] = []
        self.kinds: list[str] = list(dict.fromkeys(a.kind for a in world.system.actions))
        kind_of = {k: i for i, k in enumerate(self.kinds)}
        self.stride: dict[str, int] = {f: len(x.variables) for f, x in world.system.families.items()}
        self.slices: dict[str, slice] = {}
        for variable, positions in world.columns.items():
            step = self.stride[world.family_of[variable]]
            self.slices[variable] = slice(positions[0], positions[-1] + 1, step) if positions else slice(0, 0)
        self.instances: list[Instance] = []
        trees = {id(a): Tree() for a in world.system.actions}
        for action, member in world.instances():
            base = 0
            if action.each is not None and self.stride[action.each]:
                first = next(iter(world.system.families[action.each].variables))
                base = world.position[first, member or 0]
            self.instances.append(Instance(action, member, base, kind_of[action.kind], trees[id(action)]))
        self.initial: Ids = self.intern_state(world.initial)
        self._sort_instances()

    # ---- values

    def intern(self, column: Any, value: Value) -> int:
        """The number of a value. Raises SpecError when it equals one of another class."""
        ids = self.ids.setdefault(column, {})
        values = self.values.setdefault(column, [])
        number = ids.get(value)
        if number is None:
            number = ids[value] = len(values)
            values.append(value)
            return number
        known = values[number]
        if known is not value and not same(known, value):
            raise SpecError(
                f"variable {column}: {value!r} and {known!r} compare equal and are of different classes; "
                "use one class (True is not 1 here)"
            )
        return number

    def intern_state(self, state: State) -> Ids:
        """A state as numbers."""
        return tuple([self.intern(c, v) for c, v in zip(self.column, state, strict=True)])

    def state(self, ids: Ids) -> State:
        """A state's values."""
        return tuple([self.values[c][i] for c, i in zip(self.column, ids, strict=True)])

    # ---- steps

    def steps(self, state: Ids) -> list[Compiled]:
        """Everything that is possible in a state, in a fixed order.

        The actions of each member that ask only about the member itself are looked up all at once, by its row.
        """
        found: list[Compiled] = []
        for rows in self._rows:
            for member in rows:
                steps = member.memo.get(state[member.row])
                if steps is None:
                    steps = self._steps_of_row(member, state)
                    if steps is None:
                        return self.steps(state)
                found += steps
        for instance in self._others:
            found += self.steps_of(instance, state)
        return found

    def _steps_of_row(self, member: Row, state: Ids) -> list[Compiled] | None:
        """The steps of one member, remembered; None: one of the actions asked about something else after all."""
        steps = [step for instance in member.instances for step in self.steps_of(instance, state)]
        if all(instance.tree.local for instance in member.instances):
            member.memo[state[member.row]] = steps
            return steps
        self._sort_instances()
        return None

    def _sort_instances(self) -> None:
        """Part the actions that ask only about a member itself from all others, as far as it is known."""
        self._others: list[Instance] = [i for i in self.instances if not self._is_local(i)]
        self._rows: list[list[Row]] = []
        for family, size in self.world.members.items():
            mine = [i for i in self.instances if self._is_local(i) and i.action.each == family]
            if mine:
                width = self.stride[family]
                by_member = [[i for i in mine if i.member == m] for m in range(size)]
                self._rows.append([Row(slice(of[0].base, of[0].base + width), of) for of in by_member])

    def _is_local(self, instance: Instance) -> bool:
        each = instance.action.each
        return each is not None and self.stride[each] > 0 and instance.tree.local

    def blocked_kinds(self, state: Ids) -> list[int]:
        """The kinds of actions that are possible here but for a name: names had run out."""
        return [i.kind for i in self.instances if self._leaf(i, state) in self.blocked] if self.blocked else []

    def steps_of(self, instance: Instance, state: Ids) -> list[Compiled]:
        """The steps of one action of one member."""
        leaf = self._leaf(instance, state)
        compiled = instance.compiled.get(leaf)
        if compiled is None:
            compiled = instance.compiled[leaf] = self._compile(instance, self._leaves[leaf])
        return compiled

    def _leaf(self, instance: Instance, state: Ids) -> int:
        tree, base, member = instance.tree, instance.base, instance.member
        node = tree.root
        while node is not None:
            kind = node[0]
            if kind == LEAF:
                return node[1]  # type: ignore[no-any-return]  # a leaf's number
            if kind in (ONE, COLUMN):
                answer = node[2].get(state[node[1]])
            elif kind == OWN:
                answer = node[2].get(state[base + node[1]])
            else:
                answer = node[2].get((state[node[1]], member))
            if answer is None:
                break
            node = node[3].get(answer)
        reader = TableReader(self, state, instance.action.each, member, base)
        self.calls += 1
        try:
            steps = ask(f"action {instance.action.kind}", _all, instance.action.function, reader)
        except SlotsExhausted as limit:
            self.exhausted.add(limit.family)
            self.blocked.add(len(self._leaves))
            steps = ()
        self._leaves.append(steps)
        number = len(self._leaves) - 1
        self.graft(tree, reader, number)
        return number

    def graft(self, tree: Tree, reader: TableReader, leaf: Any) -> None:
        """Put a new leaf into a tree, below the questions that were asked and their answers."""
        end = (LEAF, leaf)
        path = list(reader.path)
        if any(step[0] != OWN for step in path):
            tree.local = False
        if not path:
            tree.root = end
            return
        if tree.root is None:
            tree.root = (*path[0][:3], {})
        node = tree.root
        for i, (kind, where, memo, answer) in enumerate(path):
            if node[0] != kind or node[1] != where or node[2] is not memo:
                raise ImpureError("an action asked other questions after the same answers: it is not a pure function")
            if i + 1 == len(path):
                node[3][answer] = end
            else:
                following = path[i + 1]
                node = node[3].setdefault(answer, (*following[:3], {}))

    def _compile(self, instance: Instance, steps: tuple[Step, ...]) -> list[Compiled]:
        each, member = instance.action.each, instance.member
        compiled = []
        for choice, step in enumerate(steps):
            writes: list[Write] = []
            for var, given in step.writes:
                update = given
                position = self.world.locate(var, each, member)
                if each is not None and member is not None:
                    update = rename(update, each, _names_member(member))
                column = self.column[position]
                memo = self._ops.setdefault((column, exact(update)), {})
                writes.append((position, memo, column, update))
            compiled.append(Compiled(instance.kind, choice, step, writes))
        return compiled

    def apply(self, state: Ids, writes: list[Write]) -> list[int]:
        """The state after these writes."""
        after = list(state)
        for position, memo, column, update in writes:
            old = after[position]
            new = memo.get(old)
            if new is None:
                new = memo[old] = self._updated(column, update, old)
            after[position] = new
        return after

    def _updated(self, column: Any, update: Update, old: int) -> int:
        before = self.values[column][old]
        try:
            value = update(before)
        except Exception as error:
            raise SpecError(f"update {update!r} of {column} failed on {before!r}: {error}") from error
        check_value(value, f"{self.world.system.name}: {column}")
        return self.intern(column, value)

    # ---- predicates

    def predicate(self, tree: Tree, function: Callable[..., Any], state: Ids, where: str) -> bool:
        """The truth of a predicate in a state."""
        node = tree.root
        while node is not None:
            if node[0] == LEAF:
                return node[1]  # type: ignore[no-any-return]  # a truth value
            answer = node[2].get(state[node[1]])
            if answer is None:
                break
            node = node[3].get(answer)
        reader = TableReader(self, state, None, None, 0)
        self.calls += 1
        truth = bool(ask(where, function, reader))
        self.graft(tree, reader, truth)
        return truth

    def step_predicate(
        self, tree: Tree, function: Callable[..., Any], happened: Any, before: Ids, after: Ids, where: str
    ) -> bool:
        """The truth of a step predicate: both states are one long state for its tree."""
        both = before + after
        node = tree.root
        while node is not None:
            if node[0] == LEAF:
                return node[1]  # type: ignore[no-any-return]  # a truth value
            answer = node[2].get(both[node[1]])
            if answer is None:
                break
            node = node[3].get(answer)
        path: list[Any] = []
        first = TableReader(self, both, None, None, 0, path=path)
        second = TableReader(self, both, None, None, 0, path=path, offset=len(before))
        self.calls += 1
        truth = bool(ask(where, function, first, happened, second))
        self.graft(tree, first, truth)
        return truth

    # ---- questions

    def memo(self, key: Any) -> dict[Any, int]:
        """The memo of a question, from value number(s) to answer number."""
        return self._memos.setdefault(key, {})

    def number(self, key: Any, answer: Any) -> int:
        """The number of an answer to a question. Raises SpecError for answers that are equal and of different
        classes."""
        table = self._answers.setdefault(key, {})
        number, known = table.setdefault(answer, (len(table), answer))
        if known is not answer and not same(known, answer):
            raise SpecError(f"{key}: the answers {known!r} and {answer!r} compare equal and are of different classes")
        return number


def exact(part: Any) -> Any:
    """A key that tells equal things of different classes apart: `Set(True)` and `Set(1)`.

    Raises SpecError for an update or a lens that holds something which is no value.
    """
    if is_record(part):
        return order_key(part)
    return part


def _all(function: Callable[..., Any], reader: TableReader) -> tuple[Step, ...]:
    return tuple(function(reader))


def _names_member(member: int) -> Callable[[int], int]:
    return lambda i: member if i == ME else i


class TableReader:
    """A reader of a state of numbers, which records each question as a node of a tree."""

    def __init__(
        self,
        tables: Tables,
        state: Ids,
        each: str | None,
        member: int | None,
        base: int,
        *,
        path: list[Any] | None = None,
        offset: int = 0,
    ) -> None:
        self._tables, self._state, self._each, self._member, self._base = tables, state, each, member, base
        self.path: list[Any] = [] if path is None else path
        self._offset = offset
        self._known: dict[Any, Any] = {}

    @property
    def me(self) -> Ref:
        if self._each is None:
            raise SpecError("see.me: this action is not one of each member")
        return Ref(self._each, ME)

    def __call__(self, var: Var, lens: Lens = whole) -> Any:
        exactly = exact(lens)
        if (var, exactly) in self._known:
            return self._known[var, exactly]
        tables, world = self._tables, self._tables.world
        position = world.locate(var, self._each, self._member)
        column = tables.column[position]
        own = self._each is not None and isinstance(var, str) and world.family_of.get(var) == self._each
        if self._each is not None and not own and not isinstance(var, str) and world.family_of[var[0]] == self._each:
            raise SpecError(f"an action of each of {self._each} may name no single member: ask see.others or see.each")
        value = self._state[position + self._offset]
        answer = lens(tables.values[column][value])
        key = ("one", column, exactly)
        memo = tables.memo(key)
        number = memo[value] = tables.number(key, answer)
        where = position - self._base if own else position + self._offset
        self.path.append((OWN if own else ONE, where, memo, number))
        self._known[var, exactly] = answer
        return answer

    def each(self, var: str, lens: Lens = whole) -> tuple[Any, ...]:
        return self._column("each", var, lens)

    def bag(self, var: str, lens: Lens = whole) -> tuple[Any, ...]:
        return self._column("bag", var, lens)

    def _column(self, how: str, var: str, lens: Lens) -> tuple[Any, ...]:
        exactly = exact(lens)
        if (how, var, exactly) in self._known:
            return self._known[how, var, exactly]  # type: ignore[no-any-return]  # an answer of this very function
        tables = self._tables
        where = tables.slices.get(var)
        if where is None:
            raise SpecError(f"system {tables.world.system.name} has no family with a variable {var!r}")
        if self._offset:
            where = slice(where.start + self._offset, where.stop + self._offset, where.step)
        ids = self._state[where]
        answers = [lens(tables.values[var][i]) for i in ids]
        answer = tuple(answers if how == "each" else sorted(answers, key=order_key))
        key = (how, var, exactly)
        memo = tables.memo(key)
        number = memo[ids] = tables.number(key, answer)
        self.path.append((COLUMN, where, memo, number))
        self._known[how, var, exactly] = answer
        return answer

    def others(self, var: str, lens: Lens = whole) -> tuple[Any, ...]:
        tables, world = self._tables, self._tables.world
        if self._each is None or world.family_of.get(var) != self._each:
            raise SpecError(f"see.others({var!r}): this action is not one of each member of its family")
        exactly = exact(lens)
        if ("others", var, exactly) in self._known:
            return self._known["others", var, exactly]  # type: ignore[no-any-return]  # an answer of this very function
        where = tables.slices[var]
        ids = self._state[where]
        found = [lens(tables.values[var][x]) for i, x in enumerate(ids) if i != self._member]
        answer = tuple(sorted(found, key=order_key))
        key = ("others", var, exactly)
        memo = tables.memo(key)
        number = memo[ids, self._member] = tables.number(key, answer)
        self.path.append((OTHERS, where, memo, number))
        self._known["others", var, exactly] = answer
        return answer
