"""The exhaustive engines, all of which must give the same answers."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from kspec.engines import explicit, reference
from kspec.kernel.result import Result

Explore = Callable[..., Result]

ENGINES: dict[str, Explore] = {
    "reference": reference.explore,
    "explicit": explicit.explore,
    "explicit, not folded": partial(explicit.explore, fold=False),
}
"""By name: `explore(system, limits=..., progress=..., properties=...)`."""

FOLDING = ("explicit",)
"""Those that take states which differ only in who is who for one."""
