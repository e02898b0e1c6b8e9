"""An actor's conditional update is of the version that it sees: granted if that is the latest, else refused."""

from __future__ import annotations

from typing import Any

from kspec.kernel.actions import Role
from kspec.kube.actor import Actor

from .small import Walk, Website, cluster

SHOP = Website("shop")


def writer() -> Actor:
    actor = Actor("writer", watches=(Website,))

    @actor.each(Website)
    def write(website: Any, here: Any, api: Any) -> Any:
        if website.seen == 0:
            yield api.update(website, seen=1)

    return actor


def other() -> Actor:
    actor = Actor("other", own={"done": False}, role=Role.USER)

    @actor.once()
    def patch(cache: Any, here: Any, api: Any) -> Any:
        if not here.done:
            yield api.patch(SHOP, servers=5), here.set(done=True)

    return actor


def test_an_update_of_the_latest_version_is_granted_and_raced_with_none() -> None:
    walk = Walk(cluster([writer()]).system())
    step = walk("writer.write").step
    assert (step.answer, step.swapped) == ("200 OK", ())
    assert walk.latest("websites/shop").seen == 1


def test_an_update_of_a_version_that_is_no_longer_the_latest_is_refused_until_that_is_seen() -> None:
    walk = Walk(cluster([writer(), other()], caches={"writer": "delayed"}).system())
    walk("other.patch")
    assert walk("writer.write").step.answer == "409 Conflict"
    assert walk.latest("websites/shop").seen == 0
    walk("writer.deliver")
    assert walk("writer.write").step.answer == "200 OK"
    assert walk.latest("websites/shop") == Website("shop", servers=5, seen=1)
