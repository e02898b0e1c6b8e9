"""No bound is silent: whoever acts only so often says so among the assumptions of the verdict."""

from __future__ import annotations

import pytest

from kspec.kernel.actions import Role
from kspec.kernel.registry import load
from kspec.kube.actor import Actor
from kspec.kube.relearn import cluster_of
from kspec.targets import target_of, under

OURS = sorted(name for name, entry in load().systems.items() if entry.where.startswith("kspec_models."))


@pytest.mark.parametrize("name", OURS)
def test_whoever_acts_only_so_often_says_it(name: str) -> None:
    with under(target_of(name), {}) as (system, _):
        cluster = cluster_of(system)
        if cluster is None:  # a system of its own says its bounds itself
            assert system.assumptions or system.scope
            return
        limited = [
            c for c in cluster.components if isinstance(c, Actor) and c.role in (Role.USER, Role.FAULT) and c.own
        ]
        silent = [c.name for c in limited if not c.assumes]
        assert silent == []
        assert {line for c in limited for line in c.assumes} <= set(system.assumptions)
