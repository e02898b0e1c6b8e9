"""Values and objects in the words of a story.

A record may tell itself: `told(called)` answers with its words, where `called` names what a mention mentions (of a uid
it says what there is to say: nothing, while its object is there). A kind may say by `shown` which of its fields tell
it; else all of them do.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Any

import attrs

from kspec.kernel.values import Ref, Uid, fields_of, is_record, order_key
from kspec.kube.objects import LabelSelector, OwnerReference, Pod, PodTemplate
from kspec.kube.paths import camel, path_of
from kspec.kube.selectors import Operator, Requirement

NBSP = "\u00a0"
SHORT = 24

Called = Callable[[Ref | Uid], str]

SIGNS = {Operator.IN: "in", Operator.NOT_IN: "notin", Operator.GT: ">", Operator.LT: "<"}


def in_words(value: Any, called: Called) -> str:
    """A value as a person reads it."""
    if isinstance(value, enum.Enum):
        return str(value.value)
    if isinstance(value, (Ref, Uid)):
        return called(value)
    if isinstance(value, OwnerReference):
        return f"{value.kind} {value.name}"
    if isinstance(value, PodTemplate):
        return ", ".join(c.image for c in value.spec.containers)
    if value is None or value == "":
        return "none"
    if isinstance(value, frozenset):
        return ", ".join(sorted(in_words(part, called) for part in sorted(value, key=order_key))) or "none"
    if hasattr(value, "told"):
        return str(value.told(called))
    if isinstance(value, LabelSelector):
        return _selector(value, called)
    if isinstance(value, Requirement):
        return _requirement(value)
    if are_pairs(value):
        return ",".join(f"{key}={in_words(word, called)}" for key, word in value)
    if isinstance(value, tuple):
        return ", ".join(_part(part, called) for part in value) or "none"
    if is_record(value):
        return _record(value, called)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _part(part: Any, called: Called) -> str:
    told = in_words(part, called)
    return f"({told})" if isinstance(part, tuple) else told


def _selector(selector: LabelSelector, called: Called) -> str:
    parts = [in_words(selector.match_labels, called)] if selector.match_labels else []
    return ",".join([*parts, *map(_requirement, selector.match_expressions)]) or "everything"


def _requirement(wanted: Requirement) -> str:
    """As `kubectl get --selector` takes it."""
    if wanted.operator is Operator.EXISTS:
        return wanted.key
    if wanted.operator is Operator.DOES_NOT_EXIST:
        return f"!{wanted.key}"
    sign = SIGNS.get(wanted.operator, "=")
    values = ",".join(wanted.values)
    return f"{wanted.key} {sign} {f'({values})' if sign in ('in', 'notin') else values}"


def _record(value: Any, called: Called) -> str:
    """What a record holds that is not as it would be anyway."""
    found = [
        f"{camel(field.name)} {in_words(getattr(value, field.name), called)}"
        for field in attrs.fields(type(value))
        if getattr(value, field.name) != field.default
    ]
    return f"({', '.join(found)})" if found else "(as by default)"


def are_pairs(value: Any) -> bool:
    """Whether a value is a mapping kept as pairs: labels, annotations, amounts of resources."""
    if not isinstance(value, tuple) or not value:
        return False
    return all(
        isinstance(pair, tuple) and len(pair) == 2 and isinstance(pair[0], str) and isinstance(pair[1], (str, int))
        for pair in value
    )


def what_changed(old: Any, new: Any, called: Called) -> tuple[str, str]:
    """A change in words: what was and what is; of a mapping nothing, and what differs."""
    if (are_pairs(old) or old == ()) and (are_pairs(new) or new == ()):
        return "", ", ".join(_differences(dict(old), dict(new), called))
    was, now = in_words(old, called), in_words(new, called)
    return was, now if now != was else f"{now}, and changed otherwise"


def _differences(was: dict[str, Any], now: dict[str, Any], called: Called) -> list[str]:
    added = [f"+{NBSP}{key}={in_words(now[key], called)}" for key in now if key not in was]
    gone = [f"−{NBSP}{key}" for key in was if key not in now]
    changed = [key for key in now if key in was and was[key] != now[key]]
    return added + gone + [f"{k}={in_words(was[k], called)} →{NBSP}{in_words(now[k], called)}" for k in changed]


def _together(path: str, words: str) -> str:
    """A field and its value; short ones stay on one line."""
    return f"{path}{NBSP if len(path) + len(words) <= SHORT else ' '}{words}"


def object_in_words(latest: Any, called: Called) -> str:
    """What there is to say of an object, in one line."""
    parts = []
    if hasattr(latest, "replicas"):
        parts.append(f"replicas{NBSP}{latest.replicas}")
    if hasattr(latest, "available_replicas"):
        parts.append(f"available{NBSP}{latest.available_replicas}")
    if hasattr(latest, "template"):
        parts.append(f"image {in_words(latest.template, called)}")
    if isinstance(latest, Pod):
        parts.append(latest.phase.value + (", Ready" if latest.ready else ""))
        if latest.node is not None:
            parts.append(f"on {in_words(latest.node, called)}")
        if latest.deleting:
            parts.append("being deleted")
    if not parts:
        cls = type(latest)
        fields = getattr(cls, "shown", fields_of(cls))
        shown = [(f, getattr(latest, f)) for f in fields if f not in ("name", "namespace", "uid")]
        parts = [_together(path_of(cls, field), in_words(value, called)) for field, value in shown]
        if getattr(latest, "deleting", False) and "deleting" not in fields:
            parts.append("being deleted")
    return ", ".join(parts)
