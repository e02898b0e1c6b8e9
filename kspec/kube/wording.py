"""Values and objects in the words of a story.

A record may tell itself: `told(called)` answers with its words, where `called` names what a mention mentions. A kind
may say by `shown` which of its fields tell it; else all of them do.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Any

from kspec.kernel.values import Ref, fields_of, order_key
from kspec.kube.objects import LabelSelector, OwnerReference, Pod, PodTemplate

Called = Callable[[Ref], str]


def in_words(value: Any, called: Called) -> str:
    """A value as a person reads it."""
    if isinstance(value, enum.Enum):
        return str(value.value)
    if isinstance(value, Ref):
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
    if isinstance(value, LabelSelector) and not value.match_expressions:
        return in_words(value.match_labels, called)
    if value == () or (isinstance(value, tuple) and all(_is_named(part) for part in value)):
        return ", ".join(in_words(part, called) for part in value) or "none"
    if _are_labels(value):
        return ",".join(f"{key}={word}" for key, word in value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _is_named(part: Any) -> bool:
    return isinstance(part, (Ref, str)) or hasattr(part, "told")


def _are_labels(value: Any) -> bool:
    if not isinstance(value, tuple) or not value:
        return False
    return all(isinstance(pair, tuple) and [type(part) for part in pair] == [str, str] for pair in value)


def object_in_words(latest: Any, called: Called) -> str:
    """What there is to say of an object, in one line."""
    parts = []
    if hasattr(latest, "replicas"):
        parts.append(f"replicas\u00a0{latest.replicas}")
    if hasattr(latest, "available_replicas"):
        parts.append(f"available\u00a0{latest.available_replicas}")
    if hasattr(latest, "template"):
        parts.append(f"image {in_words(latest.template, called)}")
    if isinstance(latest, Pod):
        parts.append(latest.phase.value + (", Ready" if latest.ready else ""))
        if latest.node is not None:
            parts.append(f"on {in_words(latest.node, called)}")
        if latest.deleting:
            parts.append("being deleted")
    if not parts:
        fields = getattr(type(latest), "shown", fields_of(type(latest)))
        shown = [(f, getattr(latest, f)) for f in fields if f not in ("name", "namespace")]
        parts = [f"{field}\u00a0{in_words(value, called)}" for field, value in shown]
        if getattr(latest, "deleting", False) and "deleting" not in fields:
            parts.append("being deleted")
    return ", ".join(parts)
