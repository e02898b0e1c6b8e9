"""The filters that look at other pods: affinity both ways, and spreading over domains."""

from __future__ import annotations

from typing import Any

import attrs
from hypothesis import given
from hypothesis import strategies as st

from kspec.kube.objects import Effect, LabelSelector, Node, Operator, Pod, Requirement, Taint, labels
from kspec.kube.placement import AffinityTerm, PodAffinity, SpreadConstraint, WhenUnsatisfiable
from kspec_models.scheduler.filters import inter_pod_affinity, topology_spread
from kspec_models.scheduler.result import PASSED, Status
from kspec_models.scheduler.snapshot import PlacedNode, term_selects

from .pods import placed

WEB = LabelSelector(labels(app="web"))
NEAR_WEB = AffinityTerm("zone", WEB)
UNRESOLVABLE = Status.UNSCHEDULABLE_AND_UNRESOLVABLE


def at(name: str, zone: str, *pods: Pod) -> PlacedNode:
    return PlacedNode(Node(name, labels=labels(zone=zone) if zone else ()), pods)


def web(name: str = "web", **more: Any) -> Pod:
    return placed(name, labels=labels(app="web"), **more)


class TestTerms:
    OWNER = placed(namespace="mine")
    TEAMS = (("mine", labels(team="a")), ("theirs", labels(team="b")))

    def chosen(self, term: AffinityTerm) -> list[str]:
        pods = [web(namespace=name) for name, _ in self.TEAMS]
        return [pod.namespace for pod in pods if term_selects(term, self.OWNER, pod, self.TEAMS)]

    def test_no_namespaces_mean_the_owners_and_an_empty_selector_means_all(self) -> None:
        assert self.chosen(NEAR_WEB) == ["mine"]
        assert self.chosen(AffinityTerm("zone", WEB, namespace_selector=LabelSelector())) == ["mine", "theirs"]

    def test_the_list_and_the_selector_of_namespaces_add_up(self) -> None:
        assert self.chosen(AffinityTerm("zone", WEB, ("theirs",))) == ["theirs"]
        team_a = LabelSelector(labels(team="a"))
        assert self.chosen(AffinityTerm("zone", WEB, ("theirs",), team_a)) == ["mine", "theirs"]

    def test_no_selector_selects_no_pod_and_an_empty_one_every_pod(self) -> None:
        assert self.chosen(AffinityTerm("zone")) == []
        assert self.chosen(AffinityTerm("zone", LabelSelector())) == ["mine"]


class TestInterPodAffinity:
    def test_the_first_pod_of_a_set_may_go_anywhere_that_has_the_key(self) -> None:
        first = web(affinity=PodAffinity(required=(NEAR_WEB,)))
        cluster = (at("a", "1"), at("b", ""))
        codes = [inter_pod_affinity.verdict(first, node, cluster).status for node in cluster]
        assert codes == [Status.SUCCESS, UNRESOLVABLE]

    def test_a_pod_that_does_not_match_its_own_terms_waits_for_the_first_one(self) -> None:
        stranger = placed(affinity=PodAffinity(required=(NEAR_WEB,)))
        empty, full = at("a", "1"), at("a", "1", web())
        assert inter_pod_affinity.verdict(stranger, empty, (empty,)).status is UNRESOLVABLE
        assert inter_pod_affinity.verdict(stranger, full, (full,)) == PASSED

    def test_affinity_needs_one_pod_that_matches_all_terms_and_anti_affinity_any_term(self) -> None:
        db = LabelSelector(labels(tier="db"))
        terms = (NEAR_WEB, AffinityTerm("zone", db))
        apart = at("a", "1", web(), placed("db", labels=labels(tier="db")))
        assert inter_pod_affinity.verdict(placed(affinity=PodAffinity(terms)), apart, (apart,)).status is UNRESOLVABLE
        avoids = placed(affinity=PodAffinity(required_anti=terms))
        only_web = at("a", "1", web())
        assert inter_pod_affinity.verdict(avoids, only_web, (only_web,)).status is Status.UNSCHEDULABLE

    def test_anti_affinity_of_an_existing_pod_keeps_off_a_pod_that_asks_for_nothing(self) -> None:
        hermit = placed("hermit", affinity=PodAffinity(required_anti=(NEAR_WEB,)))
        cluster = (at("a", "1", hermit), at("b", "1"), at("c", "2"))
        codes = [inter_pod_affinity.verdict(web(), node, cluster).status for node in cluster]
        assert codes == [Status.UNSCHEDULABLE, Status.UNSCHEDULABLE, Status.SUCCESS]
        assert inter_pod_affinity.pre_filter(placed(), cluster).status is Status.SKIP

    def test_terminating_pods_still_count(self) -> None:
        avoids = placed(affinity=PodAffinity(required_anti=(NEAR_WEB,)))
        leaving = at("a", "1", web(deleting=True))
        assert inter_pod_affinity.verdict(avoids, leaving, (leaving,)).status is Status.UNSCHEDULABLE

    def test_a_selector_that_is_not_valid_rejects_every_node(self) -> None:
        bad = AffinityTerm("zone", LabelSelector((), (Requirement("app", Operator.IN, ("not a value",)),)))
        result = inter_pod_affinity.pre_filter(placed(affinity=PodAffinity((bad,))), ())
        assert result.status is UNRESOLVABLE


class TestTopologySpread:
    HARD = SpreadConstraint("zone", 1, selector=WEB)

    def codes(self, pod: Pod, *nodes: PlacedNode) -> list[Status]:
        return [topology_spread.verdict(pod, node, nodes).status for node in nodes]

    def test_one_more_than_the_emptiest_is_allowed_and_two_are_not(self) -> None:
        pod = web("new", spread=(self.HARD,))
        assert self.codes(pod, at("a", "1", web("w")), at("b", "2")) == [Status.UNSCHEDULABLE, Status.SUCCESS]
        assert self.codes(pod, at("a", "1"), at("b", "2"), at("c", "")) == [Status.SUCCESS] * 2 + [UNRESOLVABLE]

    def test_terminating_pods_and_those_of_other_namespaces_do_not_count(self) -> None:
        pod = web("new", spread=(self.HARD,))
        gone, other = web("gone", deleting=True), web("other", namespace="elsewhere")
        assert self.codes(pod, at("a", "1", gone, other), at("b", "2")) == [Status.SUCCESS] * 2

    def test_an_empty_selector_counts_no_pod(self) -> None:
        everything = web("new", spread=(attrs.evolve(self.HARD, selector=LabelSelector()),))
        assert self.codes(everything, at("a", "1", web(), web()), at("b", "2")) == [Status.SUCCESS] * 2

    def test_too_few_domains_make_the_minimum_zero(self) -> None:
        pod = web("new", spread=(attrs.evolve(self.HARD, min_domains=3),))
        nodes = at("a", "1", web("w1")), at("b", "2", web("w2"))
        assert self.codes(pod, *nodes) == [Status.UNSCHEDULABLE] * 2
        assert self.codes(web("new", spread=(self.HARD,)), *nodes) == [Status.SUCCESS] * 2

    def test_a_tainted_node_is_counted_unless_taints_are_honoured(self) -> None:
        tainted = at("b", "2")
        tainted = attrs.evolve(tainted, node=attrs.evolve(tainted.node, taints=(Taint("t", "", Effect.NO_SCHEDULE),)))
        nodes = at("a", "1", web("w")), tainted
        assert self.codes(web("new", spread=(self.HARD,)), *nodes)[0] is Status.UNSCHEDULABLE
        honouring = web("new", spread=(attrs.evolve(self.HARD, honor_taints=True),))
        assert self.codes(honouring, *nodes)[0] is Status.SUCCESS

    def test_match_label_keys_select_pods_of_the_same_version_also_without_a_selector(self) -> None:
        keyed = attrs.evolve(self.HARD, selector=None, match_label_keys=("version", "absent"))
        assert str(topology_spread.selector_of(keyed, labels(version="2"))) == "version=2"
        off = topology_spread.Gates(match_label_keys=False)
        assert topology_spread.selector_of(keyed, labels(version="2"), off).nothing
        assert topology_spread.selector_of(keyed, ()).nothing

    def test_soft_constraints_do_not_filter(self) -> None:
        soft = web("new", spread=(attrs.evolve(self.HARD, when=WhenUnsatisfiable.SCHEDULE_ANYWAY),))
        assert self.codes(soft, at("a", "")) == [Status.SKIP]

    @given(st.lists(st.sampled_from("123"), max_size=6), st.sampled_from("123"))
    def test_counting_a_pod_in_is_the_same_as_counting_again_with_it(self, zones: list[str], zone: str) -> None:
        pod = web("new", spread=(self.HARD,))

        def cluster(places: list[str]) -> tuple[PlacedNode, ...]:
            return tuple(at(f"n{z}", z, *(web(f"w{i}") for i, p in enumerate(places) if p == z)) for z in "123")

        node = Node(f"n{zone}", labels=labels(zone=zone))
        before = topology_spread.count(pod, cluster(zones))
        after = topology_spread.changed(pod, before, web("more"), node, 1)
        assert after == topology_spread.count(pod, cluster([*zones, zone]))
        assert topology_spread.changed(pod, after, web("more"), node, -1) == before
