"""The fork loop: run a function again and again, once for each way its questions can be answered.

A question is a condition over the symbolic inputs. The first run answers it as the solver's present model does; the
other answer is kept, if it is possible at all, and a later run takes it. A run repeats the answers recorded so far
and must meet the same questions again: a function that asks others is not pure, and is refused.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import attrs
import z3

from kspec.prove import Dropped

_HERE = os.path.dirname(os.path.abspath(__file__)) + os.sep
_PROVE = os.path.abspath(sys.modules["kspec.prove"].__file__ or "")
_LIBRARIES = tuple(
    os.path.dirname(os.path.abspath(m.__file__ or "")) + os.sep for m in (z3, attrs, sys.modules["attr"])
)
_STDLIB = os.path.dirname(os.path.abspath(os.__file__)) + os.sep
_SITE = tuple(os.path.join(_STDLIB, name) + os.sep for name in ("site-packages", "dist-packages"))


def is_project_code(filename: str) -> bool:
    """Whether a file holds code of a spec: not this engine, no generated code, no solver, not the standard library."""
    if filename.startswith(("<", _HERE, *_LIBRARIES)) or filename == _PROVE:
        return False
    return not filename.startswith(_STDLIB) or filename.startswith(_SITE)


def place(filename: str, line: int, function: str) -> str:
    """A place in a spec for people: the path is relative where that is shorter."""
    relative = os.path.relpath(filename)
    return f"{min(relative, filename, key=len)}:{line}: in {function}"


def where() -> str:
    """The innermost place in the function that is being lifted; "" if it is not the function that asks."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code is not Run._once.__code__:
        if is_project_code(frame.f_code.co_filename):
            return place(frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name)
        frame = frame.f_back
    return ""


class Refusal(BaseException):
    """The function does something that cannot be lifted: `where` it does `what`, and what to do instead (`hint`).

    A `BaseException`, and remembered on the run, so that neither `except Exception` nor a bare `except` hides it.
    """

    def __init__(self, what: str, hint: str = "", at: str = "") -> None:
        super().__init__(what)
        self.what, self.hint, self.where = what, hint, at or where()
        if Run.current is not None and Run.current.refusal is None:
            Run.current.refusal = self

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" + (f"; {self.hint}" if self.hint else "")


class OutOf(BaseException):
    """A limit of the exploration was reached: `limit` names it with its value. It is remembered on the run, too."""

    def __init__(self, limit: str) -> None:
        super().__init__(limit)
        self.limit = limit
        if Run.current is not None:
            Run.current.out_of = self


@attrs.frozen
class Budget:
    """Where an exploration stops. `deadline` is a time of `time.perf_counter`; `questions` are those on one path."""

    deadline: float | None = None
    seconds: float | None = None
    query_ms: int = 5000
    paths: int = 20000
    questions: int = 400
    tick: Callable[[int, int, int], None] | None = None
    """Called after each path with the numbers of paths, of questions asked of the solver, and of open forks."""


@attrs.define
class Fork:
    """A question that was asked: `forced`: only this answer is possible. `other`: a model of the one still to take."""

    condition: Any
    taken: bool
    forced: bool
    other: Any = None


@attrs.define
class Counts:
    """What an exploration did: finished and dropped paths, questions to the solver and those it could not answer."""

    paths: int = 0
    dropped: int = 0
    forks: int = 0
    queries: int = 0
    unknown: int = 0


@attrs.frozen
class Returned:
    """The function returned this (numbers in it may be symbolic)."""

    value: Any


@attrs.frozen
class Raised:
    """The function raised this."""

    error: Exception


@attrs.frozen
class Unmet:
    """The inputs of this path do not meet a premise."""


Outcome = Returned | Raised | Unmet


@attrs.frozen
class Path:
    """One way through the function: the questions with their answers, what came out, and inputs that take it.

    `witness` is None if the solver could not say whether any input takes this path.
    """

    questions: tuple[tuple[Any, bool], ...]
    outcome: Outcome
    witness: dict[str, int] | None

    @property
    def condition(self) -> tuple[Any, ...]:
        """What the inputs of this path have in common."""
        return tuple(c if taken else z3.Not(c) for c, taken in self.questions)


class Run:
    """One exploration. Only one is going on at a time: symbolic values find it as `Run.current`."""

    current: Run | None = None

    def __init__(self, axioms: tuple[Any, ...], budget: Budget) -> None:
        self.budget = budget
        self.counts = Counts()
        self.inputs: dict[str, Any] = {}
        self.refusal: Refusal | None = None
        self.out_of: OutOf | None = None
        self.largest_index: int | None = None
        self._solver = z3.Solver()
        self._solver.set("timeout", budget.query_ms)
        self._solver.add(*axioms)
        self._forks: list[Fork] = []
        self._depth = 0
        self._model: Any = None

    # ---- questions

    def ask(self, condition: Any) -> bool:
        """The answer to a question on this path. Raises Refusal, OutOf, Dropped (no input takes this path)."""
        condition = z3.simplify(condition)
        if z3.is_true(condition):
            return True
        if z3.is_false(condition):
            return False
        i = self._depth
        self._depth += 1
        if i < len(self._forks):
            fork = self._forks[i]
            if not fork.condition.eq(condition):
                raise Refusal("run again, it asked another question", "a decision is a pure function of its arguments")
            return fork.taken
        self._keep_within_budget(i)
        return self._fork(condition)

    def _keep_within_budget(self, asked: int) -> None:
        if asked >= self.budget.questions:
            raise Refusal(
                f"more than {self.budget.questions} questions on one path",
                "does a symbolic number bound a loop? Bound it, or prove its step as a transition system",
            )
        if self.budget.deadline is not None and time.perf_counter() > self.budget.deadline:
            raise OutOf(f"seconds: {self.budget.seconds:g}")

    def _fork(self, condition: Any) -> bool:
        if self._model is None:
            answer = self._check()
            if answer == z3.unsat:
                raise Dropped("no input takes this path")
            self._model = self._solver.model() if answer == z3.sat else None
        guess = True if self._model is None else z3.is_true(self._model.eval(condition, model_completion=True))
        first, second = (condition, z3.Not(condition)) if guess else (z3.Not(condition), condition)
        answer = self._check(second)
        if answer == z3.unsat:
            self._forks.append(Fork(condition, guess, forced=True))
            return guess
        other = self._solver.model() if answer == z3.sat else "unknown"
        if self._model is None and self._check(first) == z3.unsat:
            self._forks.append(Fork(condition, not guess, forced=True))
            self._model = None if isinstance(other, str) else other
            return not guess
        self.counts.forks += 1
        self._solver.push()
        self._solver.add(first)
        self._forks.append(Fork(condition, guess, forced=False, other=other))
        return guess

    def _check(self, *conditions: Any) -> Any:
        answer = self._solver.check(*conditions)
        self.counts.queries += 1
        if answer == z3.unknown:
            self.counts.unknown += 1
        return answer

    # ---- paths

    def paths(self, body: Callable[[], Any]) -> Iterator[Path]:
        """Every path through `body`, in a fixed order. Raises Refusal and OutOf."""
        assert Run.current is None, "a lifted run inside a lifted run"
        while True:
            self._depth = 0
            outcome = self._once(body)
            if self.refusal is not None:
                raise self.refusal
            if self.out_of is not None:
                raise self.out_of
            if isinstance(outcome, Unmet):
                self.counts.dropped += 1
            else:
                self.counts.paths += 1
            if self.counts.paths + self.counts.dropped > self.budget.paths:
                raise OutOf(f"paths: {self.budget.paths}")
            yield Path(self._questions(), outcome, self._witness())
            if self.budget.tick is not None:
                self.budget.tick(self.counts.paths, self.counts.queries, len(self._forks))
            if not self._backtrack():
                return

    def _once(self, body: Callable[[], Any]) -> Outcome:
        Run.current = self
        try:
            return Returned(body())
        except Dropped:
            return Unmet()
        except RecursionError:
            raise Refusal("a recursion that does not end", "is it bounded by a symbolic number?") from None
        except Exception as error:  # the function's own exception is what comes out of this path
            return Raised(error)
        finally:
            Run.current = None

    def _questions(self) -> tuple[tuple[Any, bool], ...]:
        return tuple((f.condition, f.taken) for f in self._forks if not f.forced)

    def _witness(self) -> dict[str, int] | None:
        if self._model is None and self._check() == z3.sat:
            self._model = self._solver.model()
        if self._model is None:
            return None
        return {n: self._model.eval(t, model_completion=True).as_long() for n, t in self.inputs.items()}

    def _backtrack(self) -> bool:
        while self._forks:
            fork = self._forks.pop()
            if fork.forced:
                continue
            self._solver.pop()
            if fork.other is not None:
                taken = not fork.taken
                self._solver.push()
                self._solver.add(fork.condition if taken else z3.Not(fork.condition))
                self._model = None if isinstance(fork.other, str) else fork.other
                self._forks.append(Fork(fork.condition, taken, forced=False))
                return True
        return False
