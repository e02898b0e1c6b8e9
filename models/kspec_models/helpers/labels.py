"""Label selectors: what they match, and their string form (`x in (a,b),!y`).

Two spellings of one thing: a LabelSelector object (matchLabels and matchExpressions, as in a Deployment) and a string
(as in `kubectl get -l`; see selector_syntax). Both become a `Selector`: requirements sorted by key; all must match.
Sources: staging/src/k8s.io/apimachinery/pkg/labels/selector.go (Requirement.Matches, NewRequirement); the same tree's
pkg/apis/meta/v1/helpers.go, LabelSelectorAsSelector.
"""

from __future__ import annotations

import enum
import functools

import attrs

from kspec.kube import formats
from kspec.kube.objects import Labels, LabelSelector, Operator, Requirement
from kspec_models.helpers.integers import parse_int64


class SelectorOperator(enum.Enum):
    """Operators of a selector's string form (pkg/selection). `=` and `==` mean the same and print as written."""

    IN = "in"
    NOT_IN = "notin"
    EXISTS = "exists"
    DOES_NOT_EXIST = "!"
    EQUALS = "="
    DOUBLE_EQUALS = "=="
    NOT_EQUALS = "!="
    GREATER_THAN = "gt"
    LESS_THAN = "lt"


_SPELLED = {
    Operator.IN: SelectorOperator.IN,
    Operator.NOT_IN: SelectorOperator.NOT_IN,
    Operator.EXISTS: SelectorOperator.EXISTS,
    Operator.DOES_NOT_EXIST: SelectorOperator.DOES_NOT_EXIST,
    Operator.GT: SelectorOperator.GREATER_THAN,
    Operator.LT: SelectorOperator.LESS_THAN,
}
_SET = (SelectorOperator.IN, SelectorOperator.NOT_IN)
_UNARY = (SelectorOperator.EXISTS, SelectorOperator.DOES_NOT_EXIST)
_NUMERIC = (SelectorOperator.GREATER_THAN, SelectorOperator.LESS_THAN)
_INFIX = {SelectorOperator.GREATER_THAN: ">", SelectorOperator.LESS_THAN: "<"}


@attrs.frozen
class SelectorRequirement:
    """One requirement of a selector. Made by `new_requirement`, which checks it."""

    key: str
    operator: SelectorOperator
    values: tuple[str, ...] = ()

    def matches(self, labels: Labels) -> bool:
        """Whether these labels meet it. NotIn and != hold where the key is absent; Gt and Lt compare int64."""
        found = value_of(labels, self.key)
        match self.operator:
            case SelectorOperator.IN | SelectorOperator.EQUALS | SelectorOperator.DOUBLE_EQUALS:
                return found is not None and found in self.values
            case SelectorOperator.NOT_IN | SelectorOperator.NOT_EQUALS:
                return found is None or found not in self.values
            case SelectorOperator.EXISTS:
                return found is not None
            case SelectorOperator.DOES_NOT_EXIST:
                return found is None
        actual = None if found is None else parse_int64(found)
        bound = parse_int64(self.values[0])
        if actual is None or bound is None:
            return False
        return actual > bound if self.operator is SelectorOperator.GREATER_THAN else actual < bound

    def __str__(self) -> str:
        if self.operator is SelectorOperator.EXISTS:
            return self.key
        if self.operator is SelectorOperator.DOES_NOT_EXIST:
            return f"!{self.key}"
        values = ",".join(sorted(self.values))
        if self.operator in _SET:
            return f"{self.key} {self.operator.value} ({values})"
        return f"{self.key}{_INFIX.get(self.operator, self.operator.value)}{values}"


@attrs.frozen
class Selector:
    """Requirements, all of which must match: none match everything. `nothing`: the selector that matches nothing."""

    requirements: tuple[SelectorRequirement, ...] = ()
    nothing: bool = False

    @property
    def empty(self) -> bool:
        """Whether it restricts nothing."""
        return not self.nothing and not self.requirements

    def matches(self, labels: Labels) -> bool:
        """Whether it selects an object with these labels."""
        return not self.nothing and all(each.matches(labels) for each in self.requirements)

    def __str__(self) -> str:
        return ",".join(str(each) for each in self.requirements)


EVERYTHING = Selector()
NOTHING = Selector(nothing=True)


def value_of(labels: Labels, key: str) -> str | None:
    """The value of one label, None if it is absent."""
    for name, value in labels:
        if name == key:
            return value
    return None


def includes(labels: Labels, wanted: Labels) -> bool:
    """Whether every wanted label is there with that value (SelectorFromSet, which checks no syntax)."""
    return all(value_of(labels, key) == value for key, value in wanted)


def selector_matches(selector: LabelSelector | None, labels: Labels) -> bool:
    """Whether a LabelSelector selects an object with these labels. Raises ValueError if it is not valid."""
    return as_selector(selector).matches(labels)


@functools.lru_cache(maxsize=4096)
def as_selector(selector: LabelSelector | None) -> Selector:
    """A LabelSelector as a Selector: None selects nothing, an empty one everything. Raises ValueError."""
    if selector is None:
        return NOTHING
    equal = [new_requirement(key, SelectorOperator.EQUALS, (value,)) for key, value in selector.match_labels]
    return sorted_selector((*equal, *(from_expression(each) for each in selector.match_expressions)))


def from_expression(expression: Requirement, *, numeric: bool = False) -> SelectorRequirement:
    """One matchExpressions entry. `numeric`: Gt and Lt are allowed, as in a node affinity. Raises ValueError."""
    operator = _SPELLED.get(expression.operator)
    if operator is None or (operator in _NUMERIC and not numeric):
        raise ValueError(f"{expression.operator.value!r} is not a valid label selector operator")
    return new_requirement(expression.key, operator, expression.values)


def sorted_selector(requirements: tuple[SelectorRequirement, ...]) -> Selector:
    """The selector of these requirements, in the order of their keys."""
    return Selector(tuple(sorted(requirements, key=lambda each: each.key)))


def new_requirement(key: str, operator: SelectorOperator | str, values: tuple[str, ...]) -> SelectorRequirement:
    """A checked requirement (NewRequirement). Raises ValueError saying what is wrong with it."""
    try:
        operator = SelectorOperator(operator)
    except ValueError:
        known = ", ".join(each.value for each in SelectorOperator)
        raise ValueError(f"{operator!r} is not a selector operator; the operators are {known}") from None
    check_label_key(key)
    if operator in _SET and not values:
        raise ValueError(f"{key}: {operator.value} needs at least one value")
    if operator in _UNARY and values:
        raise ValueError(f"{key}: {operator.value} takes no values")
    if operator not in _SET and operator not in _UNARY and len(values) != 1:
        raise ValueError(f"{key}: {operator.value} takes exactly one value")
    if operator in _NUMERIC and parse_int64(values[0]) is None:
        raise ValueError(f"{key}: {operator.value} needs an integer, not {values[0]!r}")
    for value in values:
        check_label_value(value)
    return SelectorRequirement(key, operator, values)


def check_label_key(key: str) -> None:
    """Raise ValueError unless this is a label key: a name, with an optional DNS prefix before a slash."""
    problem = formats.qualified_name(key)
    if problem is not None:
        raise ValueError(f"label key {key!r} {problem}")


def check_label_value(value: str) -> None:
    """Raise ValueError unless this is a label value: empty, or up to 63 characters like a key's name."""
    problem = formats.label_value(value)
    if problem is not None:
        raise ValueError(f"label value {value!r} {problem}")
