"""The string form of a label selector, parsed as the API server does (labels.Parse).

    selector    := requirement {"," requirement}
    requirement := KEY | "!" KEY | KEY ("=" | "==" | "!=" | ">" | "<") VALUE | KEY ("in" | "notin") "(" [values] ")"

Empty values are values: `x=`, `x in (,)`, `x in ()` all ask for an empty one. `in` and `notin` may be keys and values.
Source: staging/src/k8s.io/apimachinery/pkg/labels/selector.go, Parser and Lexer.
"""

from __future__ import annotations

import re

from kspec_models.helpers.labels import (
    Selector,
    SelectorOperator,
    SelectorRequirement,
    check_label_key,
    new_requirement,
    sorted_selector,
)

_TOKEN = re.compile(r"[ \t\r\n]*(==|!=|[=!(),<>]|[^=!(),<> \t\r\n]+)")
_SYMBOLS = frozenset(("==", "!=", "=", "!", "(", ")", ",", "<", ">"))
_END = ""
_SINGLE_VALUE = {
    "=": SelectorOperator.EQUALS,
    "==": SelectorOperator.DOUBLE_EQUALS,
    "!=": SelectorOperator.NOT_EQUALS,
    ">": SelectorOperator.GREATER_THAN,
    "<": SelectorOperator.LESS_THAN,
}
_VALUE_SET = {"in": SelectorOperator.IN, "notin": SelectorOperator.NOT_IN}


def parse_selector(text: str) -> Selector:
    """A selector from its string form; empty: everything. Raises ValueError saying what was expected where."""
    return _Parser(text).selector()


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens: list[str] = [*_TOKEN.findall(text), _END]
        self._position = 0

    def selector(self) -> Selector:
        if self._peek() == _END:
            return sorted_selector(())
        requirements = [self._requirement()]
        while self._peek() != _END:
            self._expect(",")
            requirements.append(self._requirement())
        return sorted_selector(tuple(requirements))

    def _requirement(self) -> SelectorRequirement:
        absent = self._peek() == "!"
        if absent:
            self._next()
        key = self._word("a label key")
        check_label_key(key)
        if absent:
            return new_requirement(key, SelectorOperator.DOES_NOT_EXIST, ())
        if self._peek() in (_END, ","):
            return new_requirement(key, SelectorOperator.EXISTS, ())
        operator = self._next()
        if operator in _SINGLE_VALUE:
            value = "" if self._peek() in (_END, ",") else self._word("a value")
            return new_requirement(key, _SINGLE_VALUE[operator], (value,))
        if operator in _VALUE_SET:
            return new_requirement(key, _VALUE_SET[operator], self._values())
        raise self._unexpected(operator, "one of in, notin, =, ==, !=, > or <")

    def _values(self) -> tuple[str, ...]:
        self._expect("(")
        values = {self._value_or_empty()}
        while (token := self._next()) != ")":
            if token != ",":
                raise self._unexpected(token, "',' or ')'")
            values.add(self._value_or_empty())
        return tuple(sorted(values))

    def _value_or_empty(self) -> str:
        return "" if self._peek() in (",", ")") else self._word("a value")

    def _peek(self) -> str:
        return self._tokens[self._position]

    def _next(self) -> str:
        token = self._tokens[self._position]
        if token != _END:
            self._position += 1
        return token

    def _word(self, what: str) -> str:
        token = self._next()
        if token == _END or token in _SYMBOLS:
            raise self._unexpected(token, what)
        return token

    def _expect(self, symbol: str) -> None:
        token = self._next()
        if token != symbol:
            raise self._unexpected(token, repr(symbol))

    def _unexpected(self, token: str, expected: str) -> ValueError:
        found = repr(token) if token else "the end"
        return ValueError(f"label selector {self._text!r}: found {found} where {expected} was expected")
