"""Components that are processes, and an API server that may be away."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from kspec.kernel.actions import Role
from kspec.kernel.errors import SpecError
from kspec.kube.actor import Actor
from kspec.kube.controller import controller
from kspec.kube.processes import API_SERVER
from kspec.kube.requests import Code, Unavailable
from kspec.kube.residual import Reconcile
from tests.kspec.kube.small import Server, Walk, Website, cluster, new_server, website


def switch() -> Actor:
    """Turns something on and off: `switch/on`."""
    actor = Actor("switch", own={"on": True}, role=Role.ENVIRONMENT)

    @actor.once(fair=False)
    def turn(cache: Any, here: Any, api: Any) -> Any:
        yield here.set(on=not here.on)

    return actor


def is_on(see: Any) -> bool:
    return bool(see("switch/on"))


def walk(*components: Any, of: str, **scope: Any) -> Walk:
    made = cluster([*components, switch()], **scope)
    return Walk(attrs.evolve(made, processes={of: is_on}).system())


def test_a_component_whose_process_does_not_run_does_nothing_and_hears_of_nothing() -> None:
    walked = walk(website, of="website", caches={"website": "delayed"})
    assert walked.can("website.sync")
    walked("website.sync")
    assert walked.can("website.call")
    walked("website.call")
    assert walked.can("website.deliver")

    walked("switch.turn")
    assert not walked.can("website")
    walked("switch.turn")
    assert walked.can("website.deliver")


def test_while_the_api_server_is_away_requests_are_refused_and_nobody_hears_of_anything() -> None:
    walked = walk(website, of=API_SERVER, caches={"website": "delayed"})
    walked("website.sync")
    walked("switch.turn")
    step = walked("website.call").step
    assert step.answer == "503 ServiceUnavailable"
    assert list(walked.all("servers")) == []

    walked("switch.turn")
    walked.until_quiet("website.deliver", "website")
    assert len(list(walked.all("servers"))) == 2


def test_a_controller_can_tell_that_the_api_server_is_away() -> None:
    @controller(Website, owns=Server, name="website")
    def stubborn(website: Any, cache: Any, api: Any) -> Reconcile:
        """Tries a second time at once, if there is no answer."""
        if not cache.owned(Server, by=website):
            try:
                yield api.create(new_server(website, "first"))
            except Unavailable:
                yield api.create(new_server(website, "second"))

    walked = walk(stubborn, of=API_SERVER)
    walked("website.sync")
    walked("switch.turn")
    assert walked("website.call").step.answer == str(Code.UNAVAILABLE)
    walked("switch.turn")
    walked("website.call")
    assert [server.zone for server in walked.all("servers")] == ["second"]


def test_where_nothing_is_a_process_no_request_expects_an_outage() -> None:
    made = cluster([website])
    assert made.processes == {}
    walked = Walk(made.system())
    walked.until_quiet("website")
    assert len(list(walked.all("servers"))) == 2


def test_a_process_that_is_no_component_is_an_error_that_names_the_components() -> None:
    with pytest.raises(SpecError, match="no component is called websit; there are website"):
        attrs.evolve(cluster([website]), processes={"websit": is_on})


def test_an_actor_keeps_what_a_crash_may_not_take() -> None:
    def node() -> Actor:
        actor = Actor("node", own={"memory": 0, "truth": 0}, keeps=("truth",))

        @actor.once()
        def count(cache: Any, here: Any, api: Any) -> Any:
            if here.truth < 1:
                yield here.set(memory=1, truth=1)

        return actor

    walked = Walk(cluster([node()], crashes={"node": 1}).system())
    walked("node.count")
    walked("node.crash")
    assert (walked.at("node/memory"), walked.at("node/truth")) == (0, 1)
    assert not walked.can("node")
