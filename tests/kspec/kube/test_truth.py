"""What a property may ask of a cluster: what is true, and what an observer believes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import pytest

from kspec.kernel.errors import Grew
from kspec.kernel.properties import Broken, PropertyKind, invariant, leads_to, step_invariant
from kspec.kube.objects import Pod
from kspec.kube.truth import Truth, bound
from tests.kspec.exploring import told

from .small import Server, Walk, Website, cluster, explored, poster, website


def truth_of(walk: Walk) -> Truth:
    made = walk.world.system.narrator._cluster
    return Truth(made, walk.world.reader(walk.state))


def settled(**how: Any) -> Walk:
    return Walk(cluster(website, **how).system()).until_quiet("website")


def learned(ask: Callable[[], Any], walk: Walk) -> Any:
    """An answer; the walk goes its way again if the world grows for it."""
    while True:
        try:
            return ask()
        except Grew:
            walk._lay_out_again()


def test_all_objects_of_a_kind_are_a_multiset_of_the_fields_that_are_asked() -> None:
    truth = truth_of(settled())
    assert truth.all(Website, "name", "servers") == (("shop", 2),)
    assert truth.all(Website, "seen") == (2,)
    assert len(truth.all(Server, "owner")) == 2 and truth.all(Server, "zone", "node") == (("", None),) * 2
    assert truth.all(Server) == ((), ())


def test_a_multiset_does_not_tell_members_apart() -> None:
    walk = Walk(cluster((poster(2), website)).system()).until_quiet("user")
    before = truth_of(walk).all(Server, "owner", "zone")
    states = list(walk.state)
    first, second = walk.world.columns["servers"]
    states[first], states[second] = states[second], states[first]
    walk.state = tuple(states)
    assert truth_of(walk).all(Server, "owner", "zone") == before


def test_an_object_with_a_fixed_name_is_had_whole_or_by_field() -> None:
    truth = truth_of(settled())
    assert truth.names(Website) == ("shop",)
    assert truth.get(Website, "shop") == Website("shop", 2, 2)
    assert truth.field(Website, "shop", "seen") == 2


def test_what_is_not_there_is_none() -> None:
    truth = truth_of(settled())
    assert truth.get(Website, "elsewhere") is None and truth.field(Website, "elsewhere", "seen") is None
    assert truth.all(Pod, "node") == () and truth.names(Pod) == () and truth.get(Pod, "x") is None
    assert truth.names(Server) == ()  # generated names are no names to a property


def test_what_an_observer_sees_may_be_older_than_what_is_true() -> None:
    walk = Walk(cluster(website, caches={"website": "delayed"}).system())
    walk("website.sync")
    walk("website.call")
    assert len(truth_of(walk).all(Server, "owner")) == 1
    assert learned(lambda: truth_of(walk).seen("website", Server, "owner"), walk) == ()
    walk("website.deliver servers")
    assert len(learned(lambda: truth_of(walk).seen("website", Server, "owner"), walk)) == 1


def test_variables_of_components_can_be_asked_too() -> None:
    walk = Walk(cluster(website).system())
    walk("website.sync")
    truth = truth_of(walk)
    assert truth.variable("website/shop/memory") == 2
    assert truth.variable("website/shop", lambda work: len(work.calls)) == 2
    assert truth.each("servers", lambda obj: obj.latest is None) == (True, True)


def test_a_pin_can_be_asked_by_who_holds_it() -> None:
    walk = Walk(cluster(website, websites=[Website("shop", 0, 5)]).system())
    assert not truth_of(walk).held_pin("websites/shop", "website/shop")
    walk("website.sync")
    assert truth_of(walk).held_pin("websites/shop", "website/shop")
    assert not truth_of(walk).held_pin("websites/shop", "somebody")


# ---- properties of clusters


@invariant(witness=lambda truth: truth.all(Website, "seen") == (2,))
def it_never_sees_more_than_two(truth: Truth) -> bool | Broken:
    """No website ever sees more than two servers."""
    seen = max(truth.all(Website, "seen"))
    return seen <= 2 or Broken(f"it sees {seen}", ("Website shop",))


@step_invariant()
def servers_only_come(before: Truth, happened: Any, after: Truth) -> bool:
    """Servers come and never go."""
    return len(after.all(Server, "zone")) >= len(before.all(Server, "zone"))


@leads_to(lambda truth: len(truth.all(Server, "zone")) == 1)
def one_leads_to_two(truth: Truth) -> bool:
    """One server leads to two."""
    return len(truth.all(Server, "zone")) == 2


@invariant(about=(Pod,))
def pods_are_pods(truth: Truth) -> bool:
    """Pods are pods."""
    return False


def test_predicates_take_the_truth_where_a_plain_systems_take_a_reader() -> None:
    result = explored(cluster(website, properties=[it_never_sees_more_than_two, servers_only_come, one_leads_to_two]))
    assert told(result) == {
        "it_never_sees_more_than_two": "HOLDS",
        "servers_only_come": "HOLDS",
        "one_leads_to_two": "HOLDS",
    }
    assert result.property("it_never_sees_more_than_two").witness_reached


def test_a_clause_and_its_objects_come_through() -> None:
    made = cluster(website, slots=3, websites=[Website("shop", 3)], properties=[it_never_sees_more_than_two])
    found = explored(made).property("it_never_sees_more_than_two")
    assert found.trace is not None and (found.trace.clause, found.trace.objects) == ("it sees 3", ("Website shop",))


def test_a_property_of_a_kind_that_is_not_there_is_not_applicable() -> None:
    result = explored(cluster(website, properties=[pods_are_pods, servers_only_come]))
    assert told(result) == {"servers_only_come": "HOLDS"} and result.not_applicable == ("pods_are_pods",)


@pytest.mark.parametrize("prop", [it_never_sees_more_than_two, servers_only_come, one_leads_to_two])
def test_a_bound_property_keeps_its_name_and_sentence(prop: Any) -> None:
    found = bound(prop, cluster(website))
    assert (found.name, found.sentence, found.kind) == (prop.name, prop.sentence, prop.kind)
    assert (found.given is None) == (prop.kind is not PropertyKind.LEADS_TO)
    assert attrs.evolve(found, witness=None) == attrs.evolve(prop, witness=None)
