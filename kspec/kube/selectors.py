"""How objects select others: labels, requirements, and the selectors that are made of them."""

from __future__ import annotations

import enum

import attrs

Labels = tuple[tuple[str, str], ...]
"""Sorted pairs of key and value."""


def labels(**pairs: str) -> Labels:
    """Labels from keyword arguments: `labels(app="web")`."""
    return tuple(sorted(pairs.items()))


class Operator(enum.Enum):
    """Operators of selector requirements and of tolerations."""

    IN = "In"
    NOT_IN = "NotIn"
    EXISTS = "Exists"
    DOES_NOT_EXIST = "DoesNotExist"
    GT = "Gt"
    LT = "Lt"
    EQUAL = "Equal"


@attrs.frozen
class Requirement:
    """One expression of a selector: key, operator, values."""

    key: str
    operator: Operator
    values: tuple[str, ...] = ()


@attrs.frozen
class LabelSelector:
    """matchLabels and matchExpressions, all of which must match. An empty selector matches everything."""

    match_labels: Labels = ()
    match_expressions: tuple[Requirement, ...] = ()


@attrs.frozen
class NodeSelectorTerm:
    """All expressions and fields must match."""

    match_expressions: tuple[Requirement, ...] = ()
    match_fields: tuple[Requirement, ...] = ()
