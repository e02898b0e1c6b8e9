"""What a controller goes on with: the version that its own update made, the scale that it read, what is no object."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs
import pytest

from kspec.engines import explicit, reference
from kspec.kernel.actions import Role
from kspec.kube.actor import Actor
from kspec.kube.cluster import Cluster, Scope
from kspec.kube.controller import Controller, controller
from kspec.kube.requests import Conflict
from kspec.kube.residual import Reconcile

from .small import Walk, Website, cluster, granting, somebody


def twice(keeps: bool) -> Controller:
    """Writes 1 and then 2; what is refused it says in the note, unconditionally."""

    @controller(Website)
    def website(website: Any, cache: Any, api: Any) -> Reconcile:
        if website.seen != 0:
            return
        first = api.update_status(website, seen=1)
        yield api.keeping_version(first) if keeps else first
        try:
            yield api.update_status(website, seen=2)
        except Conflict:
            yield api.patch(website, note="refused")

    return website


@pytest.mark.parametrize(("keeps", "seen", "note"), [(True, 2, ""), (False, 1, "refused")])
def test_the_next_update_is_of_the_version_that_the_answer_held(keeps: bool, seen: int, note: str) -> None:
    walk = Walk(cluster(twice(keeps)).system()).until_quiet("website")

    assert (walk.latest("websites/shop").seen, walk.latest("websites/shop").note) == (seen, note)


def test_a_version_that_was_kept_is_old_once_somebody_else_has_written() -> None:
    walk = Walk(cluster([twice(True), somebody(servers=7)]).system())
    walk("website.sync")
    walk("website.call")
    walk("user.interfere")
    walk.until_quiet("website")

    assert (walk.latest("websites/shop").seen, walk.latest("websites/shop").note) == (1, "refused")


def test_worlds_with_kept_versions_have_the_same_counts_in_both_engines() -> None:
    fast = explicit.explore(cluster([twice(True), somebody(servers=7)]).system(), fold=False)
    plain = reference.explore(cluster([twice(True), somebody(servers=7)]).system())

    assert fast.distinct_states > 4
    assert (fast.distinct_states, fast.generated_states) == (plain.distinct_states, plain.generated_states)


# ---- inputs


def weather() -> Actor:
    """Something outside of the cluster that changes."""
    actor = Actor("weather", own={"degrees": 1}, role=Role.ENVIRONMENT)

    @actor.once(fair=False)
    def change(cache: Any, here: Any, api: Any) -> Iterator[Any]:
        if here.degrees < 3:
            yield here.set(degrees=here.degrees + 1)

    return actor


@controller(Website)
def looks_outside(website: Any, cache: Any, api: Any) -> Reconcile:
    """Writes down how warm it is."""
    degrees = cache.outside("weather/degrees")
    if website.seen != degrees:
        yield api.update_status(website, seen=degrees)


def looking() -> Cluster:
    return cluster([looks_outside, weather()], caches={"website": "delayed"})


def test_what_is_outside_is_seen_as_it_is_at_the_start_of_a_reconcile_also_behind_a_late_cache() -> None:
    walk = Walk(looking().system())
    walk("weather.change")
    walk("website.sync")
    walk("weather.change")
    walk("website.call")

    assert walk.latest("websites/shop").seen == 2
    walk("website.deliver")
    walk("website.sync")
    walk("website.call")
    assert walk.latest("websites/shop").seen == 3


# ---- scale


@attrs.frozen
class Fleet:
    """Something with a size."""

    name: str
    replicas: int = 1


def doubles(as_read: bool) -> Controller:
    """Doubles a size below four."""

    @controller(Fleet)
    def fleet(fleet: Any, cache: Any, api: Any) -> Reconcile:
        if fleet.replicas < 4:
            yield api.scale(fleet, fleet.replicas * 2, as_read=as_read)

    return fleet


def sets_three() -> Actor:
    """Somebody who gives the fleet another size, once."""
    actor = Actor("user", own={"done": False}, role=Role.USER)

    @actor.once()
    def resize(cache: Any, here: Any, api: Any) -> Iterator[Any]:
        if not here.done:
            yield api.scale(Fleet("boats"), 3), here.set(done=True)

    return actor


@pytest.mark.parametrize(("as_read", "answer", "size"), [(True, "409 Conflict", 3), (False, "200 OK", 2)])
def test_a_scale_that_was_read_is_not_written_over_another(as_read: bool, answer: str, size: int) -> None:
    parts = (doubles(as_read), sets_three())
    walk = Walk(Cluster("fleet", parts, Scope(stored=(Fleet("boats"),)), properties=(), pipeline=granting()).system())
    walk("fleet.sync")
    walk("user.resize")

    assert walk("fleet.call").step.answer == answer
    assert walk.latest("fleets/boats").replicas == size
