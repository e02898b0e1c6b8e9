"""A reconcile in progress as a value: the calls in flight, and what it will do for every answer that it asks for.

A reconcile is a generator. It is run again and again, once for every answer that can make a difference, and becomes a
*residual tree*: two reconciles that will do the same are one value, whatever they saw. What cannot be told beforehand
(the object in the answer to a GET; a question to the cache after the first call) becomes a `Resume`: what it asked and
the answers so far, from which the generator is run again when the time comes.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from typing import Any

import attrs

from kspec.kernel.actions import Lens, Update, Var, whole
from kspec.kernel.errors import ImpureError, SpecError
from kspec.kernel.values import Ref, Value, order_key
from kspec.kube.answers import Answers, LateQuestion, Unknown, Unread, Untouched
from kspec.kube.requests import REFUSAL, Code, Refused, Request, Verb

Writes = tuple[tuple[Var, Update], ...]
Reconcile = Generator[Request | list[Request], Any, None]


@attrs.frozen
class Leaf:
    """What happens next without asking anything more: memory updates, then calls (None: the reconcile ends).

    `error`: it ended by an error which it did not handle, in words."""

    writes: Writes
    work: Work | None
    error: str = ""


@attrs.frozen
class Ask:
    """What happens next depends on this question about the answers."""

    question: str
    answers: tuple[tuple[Value, Node], ...]


@attrs.frozen
class Resume:
    """Run the generator again: `asked` are its questions with their answers, `script` the answers to its calls so far.

    `choices`: which way it took at each open choice, by what was chosen (a renaming renames it)."""

    asked: tuple[tuple[Any, Value], ...]
    script: tuple[Value, ...]
    choices: tuple[Value, ...] = ()


@attrs.frozen
class Work:
    """A reconcile between two calls: `calls` in flight (a multiset), `refused` the codes of those that failed."""

    calls: tuple[Request, ...]
    then: Node
    refused: tuple[Code, ...] = ()
    single: bool = True

    def canonical(self) -> Work:
        """The same with its multisets in order (needed after a renaming)."""
        calls = tuple(sorted(self.calls, key=order_key))
        return self if calls == self.calls else attrs.evolve(self, calls=calls)


Node = Leaf | Ask | Resume


def calls_of(node: Node) -> Iterator[Request]:
    """Every call of a residual tree, as far as it is known beforehand."""
    if isinstance(node, Ask):
        for _, then in node.answers:
            yield from calls_of(then)
    elif isinstance(node, Leaf) and node.work is not None:
        yield from node.work.calls
        yield from calls_of(node.work.then)


class Run:
    """One run of a reconcile: its questions, its open choices, its memory updates.

    `ask` answers questions: recorded ones from the record, new ones from the state until the first call and, in a
    resumed run, again after the script's end. The same question after another answer is another question: so the
    record knows of each after how many answers, and after how many updates of its variable, it was asked.
    """

    def __init__(
        self, look: Callable[[Any, Lens], Value] | None, asked: dict[Any, Value], choices: tuple[Value, ...] = ()
    ) -> None:
        self._look, self.asked, self._choices = look, asked, choices
        self.taken: list[Value] = []
        self.open: list[tuple[Value, ...]] = []
        self.writes: list[tuple[Var, Update]] = []
        self.mark = 0  # the updates before it have been made already
        self.answers = 0
        self.may_look = True

    def ask(self, var: Any, lens: Lens = whole) -> Value:
        """One question to the state, as the run's own updates leave it. Raises LateQuestion."""
        mine = [update for written, update in self.writes if written == var]
        question = (var, lens, self.answers, len(mine))
        if question in self.asked:
            return self.asked[question]
        if not self.may_look or self._look is None:
            raise LateQuestion
        updates = [update for written, update in self.writes[self.mark :] if written == var]
        if updates:
            value = self._look(var, whole)
            for update in updates:
                value = update(value)
            answer = self.asked[question] = lens(value)
        else:
            answer = self.asked[question] = self._look(var, lens)
        return answer

    def choose(self, ways: Sequence[Value]) -> int:
        """An open choice: the position of one of these ways. Every other one is noted in `open`."""
        i = len(self.taken)
        if i < len(self._choices):
            way = self._choices[i]
        else:
            if not self.may_look:
                raise LateQuestion
            way = ways[0]
            self.open.extend((*self.taken, other) for other in dict.fromkeys(ways) if other != way)
        if way not in ways:
            raise ImpureError("a reconcile chose among other things when it was run again: it is not a pure function")
        self.taken.append(way)
        return ways.index(way)

    def write(self, var: Var, update: Update) -> None:
        """A memory update."""
        self.writes.append((var, update))


Make = Callable[[Run], Reconcile]


@attrs.frozen
class Began:
    """One way in which a reconcile can begin or go on: what it does first, and what it asked."""

    leaf: Leaf
    asked: dict[Any, Value]
    taken: tuple[Value, ...]


def begin(make: Make, look: Callable[[Any, Lens], Value]) -> Iterator[Began]:
    """Every way in which a reconcile can begin in a state (the open choices make the difference)."""
    yield from _all_choices(make, look, {}, (), ())


def resume(make: Make, look: Callable[[Any, Lens], Value], at: Resume, answer: Value) -> Iterator[Began]:
    """Every way in which a reconcile goes on after an answer."""
    yield from _all_choices(make, look, dict(at.asked), (*at.script, answer), at.choices)


def _all_choices(
    make: Make,
    look: Callable[[Any, Lens], Value],
    asked: dict[Any, Value],
    script: tuple[Value, ...],
    chosen: tuple[Value, ...],
) -> Iterator[Began]:
    todo = [chosen]
    while todo:
        choices = todo.pop(0)
        known = dict(asked)
        run = Run(look, known, choices)
        leaf = _segment(make, run, script)
        todo.extend(run.open)
        yield Began(leaf, known, tuple(run.taken))


def _segment(make: Make, run: Run, script: tuple[Value, ...]) -> Leaf:
    """Run the generator through its script, and build the tree of everything after it."""
    generator = make(run)
    try:
        batch = next(generator)
        for place, answer in enumerate(script):
            run.mark, run.answers = len(run.writes), place + 1
            batch = _send(generator, answer, place)
    except StopIteration:
        return Leaf(tuple(run.writes[run.mark :]), None)
    except Refused as error:
        return Leaf(tuple(run.writes[run.mark :]), None, f"{error.code}")
    writes = tuple(run.writes[run.mark :])
    single = not isinstance(batch, list)
    calls: list[Request] = [batch] if isinstance(batch, Request) else list(batch)
    if not calls:
        return _after_nothing(make, run, script, writes)
    for call in calls:
        if not isinstance(call, Request):
            raise SpecError(f"a reconcile yields API calls (api.create(...), ...), not {call!r}")
    taken = tuple(run.taken)
    if any(call.verb in (Verb.GET, Verb.LIST) for call in calls) and not single:
        raise SpecError("a list of parallel calls may hold no GET or LIST")
    then: Node
    if single and calls[0].verb is Verb.LIST:
        then = Resume(_recorded(run.asked), script, taken)
    elif single:
        then = _single(make, run.asked, script, taken, calls[0])
    else:
        then = _parallel(make, run.asked, script, taken, len(calls), {})
    return Leaf(writes, Work(tuple(sorted(calls, key=order_key)), then, single=single))


def _after_nothing(make: Make, run: Run, script: tuple[Value, ...], writes: Writes) -> Leaf:
    """An empty list of calls is answered at once."""
    again = Run(run._look, run.asked, tuple(run.taken))
    again.may_look = run.may_look
    leaf = _segment(make, again, (*script, ("parallel", (("ok", True), ("failed", 0)), 0)))
    run.open.extend(again.open)
    run.taken = again.taken
    return Leaf((*writes, *leaf.writes), leaf.work, leaf.error)


@attrs.frozen
class EachAnswer:
    """The answers of those members that gave one, by mention, so that a renaming renames them.

    They keep the order in which the generator met them first: it must meet them so again."""

    answers: tuple[tuple[Ref, Value], ...]

    def loose(self) -> EachAnswer:
        """The same in an order of its own: which of two that look alike came first makes no difference."""
        return EachAnswer(tuple(sorted(self.answers, key=lambda pair: pair[0])))


def _recorded(asked: dict[Any, Value]) -> tuple[tuple[Any, Value], ...]:
    """The questions with their answers, as a value."""

    def value_of(var: Any, answer: Value) -> Value:
        if isinstance(var, tuple) and var[0] == "each" and not isinstance(answer, EachAnswer):
            return EachAnswer(tuple([(Ref(var[1], i), x) for i, x in enumerate(answer) if x is not None]))
        return answer

    return tuple((question, value_of(question[0], answer)) for question, answer in asked.items())


def _send(generator: Reconcile, answer: Value, place: int) -> Any:
    form, content, calls = answer
    if form == "refused":
        return generator.throw(REFUSAL[content]())
    if form == "parallel":
        return generator.send(Answers(dict(content), calls, place))
    return generator.send(Untouched(content) if isinstance(content, Unread) else content)


def _follow(make: Make, asked: dict[Any, Value], script: tuple[Value, ...], taken: tuple[Value, ...]) -> Node:
    """What happens after this script; a late question makes it a Resume of all but the last answer."""
    run = Run(None, dict(asked), taken)
    run.may_look = False
    try:
        return _segment(make, run, script)
    except LateQuestion:
        return Resume(_recorded(asked), script[:-1], taken)


def _single(
    make: Make, asked: dict[Any, Value], script: tuple[Value, ...], taken: tuple[Value, ...], call: Request
) -> Node:
    ways: list[tuple[Value, Node]] = []
    for code in (None, *call.refusals):
        answer: Value = ("refused", code, 1)
        if code is None:
            got = Unread(call.resource, call.name) if call.verb is Verb.GET and call.name is not None else None
            answer = ("ok", got, 1)
        ways.append((code, _follow(make, asked, (*script, answer), taken)))
    runs_again = _runs_again if call.verb is Verb.GET else _is_resume  # later it would miss what the GET answered
    if any(runs_again(node) for _, node in ways):
        return Resume(_recorded(asked), script, taken)
    if all(node == ways[0][1] for _, node in ways):
        return ways[0][1]
    return Ask("code", tuple(ways))


def _parallel(
    make: Make,
    asked: dict[Any, Value],
    script: tuple[Value, ...],
    taken: tuple[Value, ...],
    calls: int,
    known: dict[str, Value],
) -> Node:
    answer = ("parallel", tuple(sorted(known.items())), calls)
    try:
        node = _follow(make, asked, (*script, answer), taken)
        if isinstance(node, Resume) or "failed" in known or not _runs_again(node):
            return node
        question, domain = "failed", tuple(range(calls + 1))  # it may be asked then
    except Unknown as unknown:
        if unknown.batch != len(script):
            raise  # about an earlier answer, which has to be told apart where it came
        question, domain = unknown.question, unknown.domain
    ways = tuple((x, _parallel(make, asked, script, taken, calls, {**known, question: x})) for x in domain)
    if any(isinstance(node, Resume) for _, node in ways):
        return Resume(_recorded(asked), script, taken)
    return Ask(question, ways)


def _is_resume(node: Node) -> bool:
    return isinstance(node, Resume)


def _runs_again(node: Node) -> bool:
    """Whether the generator will be run again somewhere after this, with all answers so far."""
    if isinstance(node, Ask):
        return any(_runs_again(then) for _, then in node.answers)
    return isinstance(node, Resume) or (node.work is not None and _runs_again(node.work.then))


def answered(work: Work, call: Request, code: Code) -> Work | tuple[Node, Value]:
    """One call of the batch has its answer: the rest of the work, or (what then, the answer to the whole batch)."""
    calls = list(work.calls)
    calls.remove(call)
    refused = work.refused
    if not code.ok:
        refused = tuple(sorted((*refused, code), key=order_key))
    if calls:
        if isinstance(work.then, Leaf):
            refused = ()  # nobody will ask
        return attrs.evolve(work, calls=tuple(calls), refused=refused)
    node = work.then
    if work.single:
        answer: Value = ("refused", refused[0], 1) if refused else ("ok", None, 1)
    else:
        answer = ("parallel", (("failed", len(refused)), ("ok", not refused)), len(refused))
    while isinstance(node, Ask):
        if node.question == "code":
            key: Value = refused[0] if refused else None
        else:
            key = {"ok": not refused, "failed": len(refused)}[node.question]
        node = dict(node.answers)[key]
    return node, answer
