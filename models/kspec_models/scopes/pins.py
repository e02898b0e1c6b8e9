"""The pinned counts of the built-in systems: read from `counts.json`, which `python -m kspec_models.scopes.record` re-
records."""

from __future__ import annotations

import json
from importlib import resources

from kspec.kernel.registry import Pinned, registry

FILE = "counts.json"


def pinned() -> dict[str, Pinned]:
    """What was recorded of each system."""
    text = resources.files("kspec_models.scopes").joinpath(FILE).read_text(encoding="utf-8")
    return {
        name: Pinned(x["distinct"], x["generated"], x["depth"], tuple(x["violated"]))
        for name, x in json.loads(text).items()
    }


registry.pinned.update(pinned())
