"""A name that is given again stands for another object: what gets a uid, and what a request may say about it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs
import pytest

import kspec
from kspec.engines import explicit, reference
from kspec.engines.one_run import one_run
from kspec.kernel.actions import Role
from kspec.kernel.properties import eventually_always
from kspec.kernel.result import Verdict
from kspec.kernel.values import Uid, alike
from kspec.kube.actor import Actor
from kspec.kube.cluster import Cluster, Scope
from kspec.kube.objects import ReplicaSet
from kspec.kube.requests import Code, Request, Verb
from kspec.kube.truth import Truth
from kspec_models.apiserver import serve
from kspec_models.scopes.workloads import a_replicaset

from .small import granting

WEB = a_replicaset("web", 1)


def posting_and_deleting(times: int) -> Actor:
    """Posts and deletes the same name again and again, and remembers the uid of the first."""
    actor = Actor("user", own={"posted": 0, "first": None}, role=Role.USER)

    @actor.once()
    def act(cache: Any, here: Any, api: Any) -> Iterator[Any]:
        there = here.live(ReplicaSet, "web", "name") is not None
        if not there and here.posted < times:
            yield api.create(WEB), here.set(posted=here.posted + 1)
        if there and here.first is None:
            yield "notes its uid", here.set(first=here.live(ReplicaSet, "web", "uid"))
        if there and here.first is not None:
            yield api.delete(WEB)

    return actor


@eventually_always()
def the_first_one_stays(truth: Truth) -> bool:
    """The ReplicaSet that is there is the one that was posted first."""
    there = truth.get(ReplicaSet, "web")
    return there is None or truth.variable("user/first") in (None, there.uid)


def cluster(times: int, *recreated: type) -> Cluster:
    return Cluster(
        "uids",
        (posting_and_deleting(times),),
        Scope(recreated=frozenset(recreated)),
        properties=(the_first_one_stays,),
        kinds_used=(ReplicaSet,),
        pipeline=granting(),
    )


def test_a_name_that_is_given_again_stands_for_another_object() -> None:
    found = explicit.explore(cluster(2, ReplicaSet).system()).property("the_first_one_stays")
    assert found.verdict is Verdict.VIOLATED
    assert found.trace is not None
    world, last = found.trace.world, found.trace.states[-1]
    there = last[world.position["replicasets/web"]].latest
    assert {there.uid, last[world.position["user/first"]]} == {Uid(0), Uid(1)}


def test_in_the_run_that_is_told_it_is_another_object_too() -> None:
    trace = one_run(cluster(2, ReplicaSet).system())
    there, first = trace.world.position["replicasets/web"], trace.world.position["user/first"]
    known = [(state[there].latest.uid, state[first]) for state in trace.states if state[there].latest is not None]
    assert [uid == noted for uid, noted in known if noted is not None] == [True, False]


def test_its_counterexample_replays() -> None:
    trace = kspec.check("garbage.recreated", settings={"garbage-collector.owner": "by-name"}).property(
        "no_garbage_is_left"
    )
    assert trace.trace is not None
    assert kspec.replay(trace.trace).verdict is Verdict.REPRODUCED


@pytest.mark.parametrize("times", [1, 2, 3, 4])
def test_however_often_it_is_given_no_more_labels_are_used_than_objects_are_known(times: int) -> None:
    plain, learned = (
        reference.explore(cluster(times, ReplicaSet).system()),
        explicit.explore(cluster(times, ReplicaSet).system()),
    )
    assert plain.distinct_states == learned.distinct_states == 2 * times + 2


def test_where_no_name_is_given_again_nothing_has_a_uid() -> None:
    found = explicit.explore(cluster(1).system())
    assert not cluster(1).system().uses_incarnations
    assert found.distinct_states == 2


def ask(verb: Verb, uid: Uid | None, stored: Any, **changes: Any) -> Code:
    """What the API server answers to a request about this uid."""
    request = Request(verb, "replicasets", "web", changes=tuple(changes.items()), user="user", uid=uid)
    return serve(request, stored, True).code


@pytest.mark.parametrize("verb", [Verb.DELETE, Verb.PATCH, Verb.UPDATE])
def test_a_request_about_another_uid_is_409_conflict(verb: Verb) -> None:
    stored = attrs.evolve(WEB, uid=Uid(0))
    changes = {} if verb is Verb.DELETE else {"replicas": 2}
    assert ask(verb, Uid(0), stored, **changes) is Code.OK
    assert ask(verb, None, stored, **changes) is Code.OK
    assert ask(verb, Uid(1), stored, **changes) is Code.CONFLICT


def test_values_that_differ_in_labels_only_are_alike() -> None:
    one, two = (attrs.evolve(WEB, uid=Uid(label)) for label in (0, 1))
    assert one != two
    assert alike(one, two)
    assert alike((Uid(3), WEB), (Uid(0), WEB))
    assert not alike(one, attrs.evolve(two, replicas=2))
    assert not alike(None, one)


def test_a_story_does_not_tell_that_an_object_has_another_label_now() -> None:
    trace = kspec.check("garbage.relisted").property("no_garbage_is_left").trace
    assert trace is not None
    story = trace.world.system.narrator.story(trace)
    told = [(change.object, change.field) for step in story.steps for change in step.changes]
    assert told and all(field not in ("ownerReference", "uid") for _, field in told)
