"""What a symbolic number cannot notice, found in the bytecode of every function that a run enters.

`type(n) is int`, `id(n)`, `n is 3` are answered without asking the number, so the lifted function could go another
way than the plain one, and a false theorem would be PROVED. Such code is refused wherever it runs.
"""

from __future__ import annotations

import dis
import gc
import sys
from collections.abc import Callable, Iterator
from types import CodeType, FrameType
from typing import Any

from kspec.engines.z3.fork import Refusal, is_project_code, place

BLIND = {
    "type": "use isinstance or match",
    "id": "compare values",
    "hash": "compare values",
    "vars": "name the fields",
    "globals": "pass it as an argument",
    "locals": "name the variables",
    "eval": "write the expression",
    "exec": "write the statement",
    "open": "reading belongs to the plumbing",
}
"""Built-in functions that answer without asking the number, and what to do instead."""

BLIND_MEMBERS = {"is_": "use ==", "is_not": "use !=", "getsizeof": "measure nothing", "getrefcount": "count nothing"}
"""The same of functions of the standard library (`operator.is_`), wherever they are found."""

_MEMBER = ("LOAD_ATTR", "LOAD_METHOD", "LOAD_GLOBAL", "LOAD_NAME", "IMPORT_FROM")


def blind_spots(code: CodeType) -> Iterator[tuple[int, str, str]]:
    """Line, what is done there, and what to do instead."""
    before: dis.Instruction | None = None
    for instruction in dis.get_instructions(code):
        line = (instruction.positions.lineno if instruction.positions else None) or code.co_firstlineno
        name = instruction.argval
        if instruction.opname in ("LOAD_GLOBAL", "LOAD_NAME") and name in BLIND:
            yield line, f"{name}() does not notice a symbolic number", BLIND[name]
        elif instruction.opname in _MEMBER and name in BLIND_MEMBERS:
            yield line, f"{name}() does not notice a symbolic number", BLIND_MEMBERS[name]
        elif instruction.opname in ("STORE_GLOBAL", "DELETE_GLOBAL"):
            yield line, f"the global {name} is written", "a decision is a pure function of its arguments"
        elif instruction.opname == "IS_OP" and before is not None and _is_number(before):
            yield line, "`is` with a number does not notice a symbolic number", "use =="
        before = instruction


def _is_number(instruction: dis.Instruction) -> bool:
    return instruction.opname == "LOAD_CONST" and type(instruction.argval) in (int, float)


class Entered:
    """Runs functions and scans the code of every function of a spec that they enter, each once.

    Generated code, the standard library and this engine are not scanned.
    """

    def __init__(self) -> None:
        self.codes: dict[CodeType, bool] = {}

    def call(self, function: Callable[[], Any]) -> Any:
        """The answer of the function. Raises Refusal for the first blind spot in code that it entered."""
        saved, collecting = sys.getprofile(), gc.isenabled()
        known = len(self.codes)
        gc.disable()  # a callback of the garbage collector is not called by the function
        sys.setprofile(self._note)
        try:
            return function()
        finally:
            sys.setprofile(saved)
            if collecting:
                gc.enable()
            if len(self.codes) > known:
                self._scan(list(self.codes)[known:])

    def _note(self, frame: FrameType, event: str, arg: Any) -> None:
        if event == "call" and frame.f_code not in self.codes:
            self.codes[frame.f_code] = is_project_code(frame.f_code.co_filename)

    def _scan(self, codes: list[CodeType]) -> None:
        for code in codes:
            if self.codes[code]:
                for line, what, hint in blind_spots(code):
                    raise Refusal(what, hint, place(code.co_filename, line, code.co_name))
