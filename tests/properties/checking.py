"""Explore a built-in system under one setting, such as a broken twin: what the tests of promises are made of."""

from __future__ import annotations

from collections.abc import Callable

from kspec.engines.explicit import explore
from kspec.kernel.result import Limits, Result
from kspec.targets import target_of, under

SECONDS = Limits(seconds=120)
"""A mutant may have no end."""


def checked(
    name: str,
    *settings: str,
    engine: Callable[..., Result] = explore,
    only: str = "",
    limits: Limits = SECONDS,
) -> Result:
    """The result of a system under `NAME=VALUE` settings; "" stands for none. `only`: the property that is judged."""
    chosen = dict(setting.split("=") for setting in settings if setting)
    with under(target_of(name), chosen) as (system, _):
        return engine(system, limits=limits, properties=[only] if only else None)
