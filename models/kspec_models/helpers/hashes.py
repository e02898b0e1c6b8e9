"""Short hashes of templates, as they are in names and labels.

Upstream: pkg/controller/controller_utils.go ComputeHash, pkg/controller/history/controller_history.go
HashControllerRevision (W32, W68): FNV, and the same letters. Any hash would do; it never collides here.
"""

from __future__ import annotations

import functools
import zlib
from typing import Any

import attrs

from kspec.kernel.values import Value, is_record, order_key

REVISION_LABEL = "controller-revision-hash"
"""The label by which pods of StatefulSets and DaemonSets say which template they were made from."""

_LETTERS = "bcdfghjklmnpqrstvwxz2456789"


@functools.lru_cache(maxsize=4096)
def short_hash(value: Value) -> str:
    """Five letters for a value."""
    number, name = zlib.crc32(repr(what_is_set(value)).encode()), ""
    for _ in range(5):
        number, digit = divmod(number, len(_LETTERS))
        name += _LETTERS[digit]
    return name


def what_is_set(value: Value) -> Any:
    """A value without the fields that have their defaults, so that a name outlives the next field of a kind."""
    if isinstance(value, tuple):
        return tuple([what_is_set(part) for part in value])
    if not is_record(value):
        return order_key(value)
    fields = [field for field in attrs.fields(type(value)) if getattr(value, field.name) != field.default]
    return type(value).__qualname__, tuple([(f.name, what_is_set(getattr(value, f.name))) for f in fields])
