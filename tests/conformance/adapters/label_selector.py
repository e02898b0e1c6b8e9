"""label-selector: the string form, LabelSelector objects, single requirements."""

from __future__ import annotations

from kspec.kube.objects import LabelSelector
from kspec_models.helpers import labels, selector_syntax
from tests.conformance.adapters import _objects
from tests.conformance.interface import Given, Skip

TOPIC = "label-selector"


def answer(given: Given) -> object:
    """What the label helpers say; a ValueError is how they say "not valid"."""
    try:
        match given["op"]:
            case "parse" | "parse-only":
                return _asked(given, selector_syntax.parse_selector(given["selector"]))
            case "object":
                return _asked(given, labels.as_selector(_label_selector(given["selector"])))
            case "requirement":
                labels.new_requirement(given["key"], given["operator"], tuple(given["values"]))
                return {"valid": True}
            case op:
                raise Skip(f"unknown op {op}")
    except ValueError:
        return {"valid": False}


def _label_selector(raw: Given | None) -> LabelSelector | None:
    if raw is None:
        return None
    return LabelSelector(
        _objects.labels(raw.get("matchLabels")),
        tuple(_objects.requirement(each) for each in raw.get("matchExpressions") or ()),
    )


def _asked(given: Given, selector: labels.Selector) -> object:
    more = {
        "canonical": str(selector),
        "string": str(selector),
        "empty": selector.empty,
        "matches": [selector.matches(_objects.labels(each)) for each in given.get("labels") or ()],
    }
    return _objects.WhenAsked({"valid": True}, more)
