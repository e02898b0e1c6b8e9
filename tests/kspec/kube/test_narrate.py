"""Stories: what a person reads of a trace, in the words of Kubernetes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest

from kspec.engines import explicit
from kspec.kernel.actions import Role
from kspec.kernel.properties import invariant
from kspec.kernel.trace import Belief, Change, Story, Trace
from kspec.kube.actor import Actor
from kspec.kube.objects import ReplicaSet
from kspec.run import run_of
from kspec.targets import target_of, under
from kspec_models.scopes.workloads import a_deployment, cluster
from kspec_models.users import apply

from .small import Server, Walk, Website, new_server, somebody, website
from .small import cluster as small_cluster

NBSP = "\u00a0"


@cache
def broken(system: str) -> Trace:
    """The counterexample of a built-in system that is expected to fail."""
    with under(target_of(system), {}) as (made, _):
        result = explicit.explore(made)
        (trace,) = [p.trace for p in result.properties if p.trace is not None]
        return trace


@cache
def story(system: str) -> Story:
    with under(target_of(system), {}):
        trace = broken(system)
        told: Story = trace.world.system.narrator.story(trace)
        return told


def numbered(told: Story) -> Mapping[int, Any]:
    return {row.number: row for row in told.steps}


# ---- a counterexample of safety


def test_a_counterexample_of_safety_is_told_from_the_users_request_to_the_step_that_breaks_it() -> None:
    told = story("replicaset.forgetful")
    assert told.kind == "safety" and told.property == "no_surplus_pods" and told.store == "api"
    assert [row.number for row in told.steps] == list(range(1, len(told.steps) + 1))
    assert (told.steps[0].actor, told.steps[0].action, told.steps[0].answer) == (
        "user",
        "POST replicasets/web",
        "201 Created",
    )
    assert [row.breaks for row in told.steps[:-1]] == [""] * (len(told.steps) - 1)
    assert told.steps[-1].breaks == told.clause == "active pods of ReplicaSet web = 3, its largest replicas = 2"
    assert told.loop_at is None and told.waits == ()


def test_what_the_controller_believed_stands_beside_what_was_true_and_the_steps_that_it_has_not_seen() -> None:
    told = story("replicaset.forgetful")
    rows = numbered(told)
    (believing,) = [row for row in told.steps if row.belief is not None]
    posts = [row.number for row in told.steps if row.action.startswith("POST pods") and row.number < believing.number]
    assert believing.action == "sync of web" and believing.says.endswith("will POST pods")
    assert believing.belief == Belief(
        "0 pods", "2 pods", tuple(f"Pod web-{x} (step{NBSP}{n})" for x, n in zip("ab", posts, strict=True))
    )
    assert [rows[n].action for n in posts] == ["POST pods/web-a", "POST pods/web-b"]


def test_a_delivery_names_the_step_that_wrote_what_it_brings() -> None:
    rows = story("replicaset.forgetful").steps
    (delivery,) = [row for row in rows if row.kind == "deliver"]
    assert delivery.action == f"sees ReplicaSet web (step{NBSP}1)" and delivery.changes == ()


def test_pods_are_called_after_their_owner_in_the_order_of_their_creation() -> None:
    told = story("replicaset.forgetful")
    created = [row.action for row in told.steps if row.action.startswith("POST pods")]
    assert created == ["POST pods/web-a", "POST pods/web-b", "POST pods/web-c"]
    assert [line for line in told.objects if line.startswith("Pod")] == [f"Pod web-{x}: Pending" for x in "abc"]


def test_there_is_a_column_for_everybody_who_acts_and_for_the_truth() -> None:
    lanes = {lane.name: (lane.title, lane.note) for lane in story("replicaset.forgetful").lanes}
    assert lanes == {
        "user": ("user", ""),
        "api": ("API server + store", "the truth"),
        "replicaset": ("ReplicaSet controller", "acts on its cache"),
    }


# ---- a stuck state


def test_a_long_story_begins_at_the_users_last_act() -> None:
    told = story("deployment.deadlock")
    first = told.steps[0]
    assert (first.actor, first.action, first.says) == ("user", "PATCH deployments/edge", "image edge:2")
    assert first.changes == (Change("Deployment edge", "image", "edge:1", "edge:2"),)
    start = told.start["api"]
    assert start[0] == f"after steps 1 to {first.number - 1}:"
    assert f"Deployment edge: replicas{NBSP}1, available{NBSP}1, image edge:1" in start
    assert any(line.endswith("-a: containers running") for line in told.start["kubelet"])


def test_a_stuck_rollout_is_told_as_stuck() -> None:
    told, trace = story("deployment.deadlock"), broken("deployment.deadlock")
    assert told.kind == "stuck" and told.loop_at is None
    assert trace.loop_at == len(trace.steps)
    assert told.clause == trace.clause and "Deployment edge" in told.clause and "of an earlier template" in told.clause


def test_a_stuck_state_says_who_waits_for_what_and_why_that_cannot_come() -> None:
    waits = {lane: (what, why) for lane, what, why in story("deployment.deadlock").waits}
    assert set(waits) == {"deployment", "replicaset", "scheduler", "kubelet", "user"}
    assert "to be available" in waits["deployment"][0]
    what, why = waits["scheduler"]
    assert what.startswith("a node for the pod of edge-") and "node only" in why and "free ports" in why


def test_every_changed_field_has_its_name_in_kubernetes_and_both_values() -> None:
    changes = {(c.field, c.old, c.new) for row in story("deployment.deadlock").steps for c in row.changes}
    assert ("status.updatedReplicas", "1", "0") in changes
    assert ("spec.replicas", None, "1") in changes
    assert not {field for field, *_ in changes} & {"desired_replicas", "max_replicas"}


def test_the_trace_itself_is_not_changed() -> None:
    trace = broken("replicaset.forgetful")
    before = (trace.states, trace.steps)
    with under(target_of("replicaset.forgetful"), {}):
        assert trace.world.system.narrator.story(trace) == story("replicaset.forgetful")
    assert (trace.states, trace.steps) == before


# ---- runs


def test_a_run_without_faults_is_told_to_its_end() -> None:
    told = run_of(cluster("a run", [apply([a_deployment("web", 1)])], pods=1).system)
    assert told.kind == "run" and not any(row.breaks for row in told.steps)
    assert told.steps[-1].number == max(row.number for row in told.steps)
    assert any("Running, Ready" in line for line in told.objects)


# ---- other kinds, other words


@invariant()
def nothing_is_ever_moved(truth: Any) -> bool:
    """No server is ever moved."""
    return all(zone in ("", "here") for zone in truth.all(Server, "zone"))


def mover(late: str) -> Any:
    """Two observers of servers with different questions; one of them moves what it believes to be here."""
    poster = Actor("user", own={"posted": 0}, role=Role.USER)

    @poster.once()
    def post(cache: Any, here: Any, api: Any) -> Any:
        if here.posted == 0:
            yield api.create(new_server(Website("shop"), "here")), here.set(posted=1)

    reader = Actor("reader", watches=(Server,), own={"owners": 0})

    @reader.once()
    def read(cache: Any, here: Any, api: Any) -> Any:
        owners = len({server.owner for server in cache.list(Server)})
        if owners != here.owners:
            yield here.set(owners=owners)

    moves = Actor("mover", watches=(Server,), own={"moved": False})

    @moves.each(Server)
    def move(server: Any, here: Any, api: Any) -> Any:
        if server is not None and server.zone == "here":
            yield f"from {server.zone}", api.patch(server, zone="there")

    made = small_cluster(
        (poster, reader, moves), properties=[nothing_is_ever_moved], caches={"reader": late, "mover": late}
    )
    return explicit.explore(made.system()).properties[0].trace


@pytest.mark.parametrize("late", ["fresh", "delayed"])
def test_a_kind_of_ones_own_is_told_in_its_own_fields(late: str) -> None:
    trace = mover(late)
    told = trace.world.system.narrator.story(trace)
    last = told.steps[-1]
    assert (last.actor, last.says) == ("mover", "from here") and last.action.startswith("PATCH servers")
    assert Change("Server shop-a", "zone", "here", "there") in last.changes
    assert any(line.startswith("Website shop") for line in told.objects)


def test_a_belief_names_the_field_that_differs_by_what_this_actor_asks_for() -> None:
    reader = Actor("a reader", watches=(Website,), own={"note": ""})

    @reader.once()
    def read(cache: Any, here: Any, api: Any) -> Any:
        for site in cache.list(Website):
            if site.note != here.note:
                yield here.set(note=site.note)

    late = {"a reader": "delayed", "website": "delayed"}
    walk = Walk(small_cluster((reader, somebody(servers=1), website), caches=late).system())
    walk("user.interfere")
    walk("website.sync")
    trace = walk.trace()
    (row,) = [row for row in trace.world.system.narrator.story(trace).steps if row.belief is not None]
    assert row.belief == Belief("Website shop servers: 2", "Website shop servers: 1", (f"Website shop (step{NBSP}1)",))


def test_a_story_speaks_of_a_replicaset_by_its_summary() -> None:
    lines = story("replicaset.forgetful").objects
    assert f"ReplicaSet web: replicas{NBSP}2, available{NBSP}0, image web:1" in lines
    assert ReplicaSet.__name__ in lines[0]
