"""The scheduler's scores, one by one: ranges, rounding, what counts and what does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kspec.kube.objects import (
    HOSTNAME,
    Container,
    Effect,
    LabelSelector,
    Node,
    NodeSelectorTerm,
    Operator,
    Pod,
    PodSpec,
    Requirement,
    Taint,
    Toleration,
    labels,
)
from kspec.kube.placement import (
    AffinityTerm,
    PodAffinity,
    PreferredTerm,
    SpreadConstraint,
    WeightedTerm,
    WhenUnsatisfiable,
)
from kspec_models.scheduler.result import Status
from kspec_models.scheduler.scores import (
    image_locality,
    inter_pod_affinity,
    node_affinity,
    normalize,
    resources,
    selection,
    taint_toleration,
    topology_spread,
)
from kspec_models.scheduler.snapshot import PlacedNode

from .pods import placed

WEB = LabelSelector(labels(app="web"))
SHAPE = (resources.Point(0, 0), resources.Point(50, 10), resources.Point(100, 5))


def pod(**requests: int) -> PodSpec:
    return PodSpec((Container("c", requests=tuple(sorted(requests.items()))),))


def at(name: str, *pods: Pod, **more: str) -> PlacedNode:
    return PlacedNode(Node(name, labels=tuple(sorted({HOSTNAME: name, **more}.items()))), pods)


@given(st.dictionaries(st.text(), st.integers(0, 10**6), min_size=1), st.booleans())
def test_normalised_scores_are_in_range_and_the_best_has_100_unless_all_are_0(raw: dict[str, int], turn: bool) -> None:
    scores = normalize.normalized(raw, reverse=turn)
    assert all(0 <= score <= 100 for score in scores.values())
    if max(raw.values()) > 0 and not turn:
        assert max(scores.values()) == 100
    if turn:
        assert scores[min(raw, key=lambda name: raw[name])] == max(scores.values())


class TestTaintToleration:
    def test_taints_that_filter_do_not_score(self) -> None:
        hard = Node("hard", taints=(Taint("a", effect=Effect.NO_SCHEDULE), Taint("b", effect=Effect.NO_EXECUTE)))
        soft = Node("soft", taints=(Taint("a", effect=Effect.PREFER_NO_SCHEDULE),))
        assert taint_toleration.scores(PodSpec(), [hard, soft]) == {"hard": 100, "soft": 0}

    @pytest.mark.parametrize(("effect", "raw"), [(None, 0), (Effect.PREFER_NO_SCHEDULE, 0), (Effect.NO_SCHEDULE, 1)])
    def test_only_a_toleration_of_that_effect_or_of_all_counts(self, effect: Effect | None, raw: int) -> None:
        spec = PodSpec(tolerations=(Toleration("a", Operator.EXISTS, effect=effect),))
        assert taint_toleration.raw_score(spec, Node("n", taints=(Taint("a", "", Effect.PREFER_NO_SCHEDULE),))) == raw


class TestNodeAffinity:
    BAD = NodeSelectorTerm((Requirement("not a key", Operator.EXISTS),))
    GOOD = NodeSelectorTerm((Requirement("disk", Operator.EXISTS),))

    def test_a_term_that_does_not_parse_fails_only_if_it_counts(self) -> None:
        assert node_affinity.pre_score((PreferredTerm(1, self.BAD),)) is Status.ERROR
        assert node_affinity.pre_score((PreferredTerm(0, self.BAD),)) is Status.SUCCESS
        assert node_affinity.pre_score(()) is Status.SKIP

    def test_an_empty_term_adds_nothing_and_weights_add_up(self) -> None:
        node = Node("n", labels=labels(disk="ssd"))
        preferred = tuple(PreferredTerm(w, t) for w, t in ((5, NodeSelectorTerm()), (2, self.GOOD)))
        assert node_affinity.raw_score((*preferred, preferred[1]), node) == 4


class TestResources:
    @given(st.integers(0, 10**12), st.integers(0, 10**12))
    def test_least_and_most_are_in_range_and_full_is_0_and_100(self, requested: int, allocatable: int) -> None:
        least = resources.least_allocated(requested, allocatable)
        most = resources.most_allocated(requested, allocatable)
        assert 0 <= least <= 100 and 0 <= most <= 100
        if 0 < allocatable <= requested:
            assert (least, most) == (0, 100)

    @pytest.mark.parametrize(("utilization", "score"), [(0, 0), (25, 50), (50, 100), (51, 99), (100, 50)])
    def test_a_shape_is_a_broken_line_cut_off_toward_zero(self, utilization: int, score: int) -> None:
        assert resources.on_shape(utilization, SHAPE) == score

    def test_more_than_there_is_counts_as_full(self) -> None:
        assert resources.by_shape(5, 4, SHAPE) == resources.by_shape(4, 4, SHAPE) == 50

    def test_what_a_container_does_not_say_counts_with_the_defaults_and_an_explicit_zero_does_not(self) -> None:
        node = Node("n", allocatable=(("cpu", 200), ("memory", 400 * 1024 * 1024)))
        silent = resources.used(pod(), node, (), resources.DEFAULT_WEIGHTS, with_defaults=True)
        assert [use.requested for use in silent] == [100, 200 * 1024 * 1024]
        zero = resources.used(pod(cpu=0, memory=0), node, (), resources.DEFAULT_WEIGHTS, with_defaults=True)
        assert [use.requested for use in zero] == [0, 0]

    def test_an_extended_resource_that_is_not_requested_does_not_score(self) -> None:
        node = Node("n", allocatable=(("cpu", 100), ("example.com/gpu", 4)))
        weights = (("cpu", 1), ("example.com/gpu", 1))
        assert len(resources.used(pod(cpu=1), node, (), weights, with_defaults=True)) == 1
        gpu = pod(cpu=1, **{"example.com/gpu": 1})
        assert len(resources.used(gpu, node, (), weights, with_defaults=True)) == 2

    def test_a_pod_that_evens_out_a_node_scores_above_one_that_does_not(self) -> None:
        node = Node("n", allocatable=(("cpu", 100), ("memory", 100)))
        busy = (pod(cpu=50, memory=0),)
        evens, tilts = (resources.balanced_score(p, node, busy) for p in (pod(memory=50), pod(cpu=50)))
        assert (evens, tilts) == (87, 62)
        assert resources.balanced_pre_score(pod()) is Status.SKIP


class TestImageLocality:
    @pytest.mark.parametrize(
        ("image", "name"),
        [("a", "a:latest"), ("host:5000/a", "host:5000/a:latest"), ("host:5000/a:1", "host:5000/a:1")],
    )
    def test_the_port_of_a_registry_is_no_tag(self, image: str, name: str) -> None:
        assert image_locality.normalized_name(image) == name

    def test_an_image_counts_less_where_fewer_nodes_have_it(self) -> None:
        assert image_locality.share(900, 1, 3) == 300 < image_locality.share(900, 2, 3) == 600

    @given(st.integers(0, 2**50), st.integers(1, 20))
    def test_scores_are_in_range(self, total: int, containers: int) -> None:
        assert 0 <= image_locality.score(total, containers) <= 100


class TestInterPodAffinity:
    TERM = AffinityTerm("zone", WEB)

    def test_existing_pods_wishes_count_for_a_pod_that_has_none_unless_the_profile_ignores_them(self) -> None:
        fan = placed("fan", affinity=PodAffinity(preferred=(WeightedTerm(7, self.TERM),)))
        snapshot = (at("n", fan, zone="z"),)
        web = placed("web", labels=labels(app="web"))
        assert inter_pod_affinity.pre_score(web, snapshot) == (Status.SUCCESS, {("zone", "z"): 7})
        ignoring = inter_pod_affinity.Args(ignore_preferred_of_existing=True)
        assert inter_pod_affinity.pre_score(web, snapshot, args=ignoring) == (Status.SKIP, {})

    def test_required_affinity_of_an_existing_pod_weighs_what_the_profile_says(self) -> None:
        fan = placed("fan", affinity=PodAffinity(required=(self.TERM,)))
        web = placed("web", labels=labels(app="web"))
        args = inter_pod_affinity.Args(hard_weight=9)
        assert inter_pod_affinity.pre_score(web, (at("n", fan, zone="z"),), args=args)[1] == {("zone", "z"): 9}

    def test_a_share_is_cut_off_as_upstreams_floating_point_numbers_are(self) -> None:
        assert inter_pod_affinity.scaled(29, 0, 100) == 28
        assert [inter_pod_affinity.scaled(raw, -5, 5) for raw in (-5, 0, 5)] == [0, 50, 100]
        assert inter_pod_affinity.scaled(5, 5, 5) == 0


class TestTopologySpread:
    SOFT = SpreadConstraint("zone", 1, WhenUnsatisfiable.SCHEDULE_ANYWAY, WEB)

    def test_without_constraints_and_without_services_there_is_nothing_to_score(self) -> None:
        assert topology_spread.soft_constraints(placed(), topology_spread.default_selector((), ())) == ()

    def test_hard_constraints_of_its_own_keep_off_the_default_ones(self) -> None:
        hard = placed(labels=labels(app="web"), spread=(SpreadConstraint("zone", 1, selector=WEB),))
        default = topology_spread.default_selector(hard.labels, [labels(app="web")])
        assert not default.empty
        assert topology_spread.soft_constraints(hard, default) == ()

    def test_services_that_select_the_pod_and_its_owner_make_the_default_selector(self) -> None:
        mine = labels(app="web", tier="front")
        found = topology_spread.default_selector(mine, [labels(app="web"), labels(app="db"), ()], LabelSelector(mine))
        assert str(found) == "app=web,app=web,tier=front"

    def test_a_node_without_the_key_is_not_scored_and_the_emptier_zone_is_better(self) -> None:
        web = placed("old", labels=labels(app="web"))
        new = placed("new", labels=labels(app="web"), spread=(self.SOFT,))
        nodes = (at("a", web, web, zone="1"), at("b", zone="2"), at("c"))
        state = topology_spread.pre_score(new, nodes, nodes, topology_spread.soft_constraints(new))
        assert state is not None and state.ignored == {"c"}
        assert topology_spread.scores(new, nodes, state) == {"a": 0, "b": 100, "c": 0}


class TestSelection:
    @pytest.mark.parametrize(
        ("nodes", "percentage", "found"),
        [(0, 0, 0), (99, 10, 99), (100, 10, 100), (1000, 0, 420), (5000, 0, 500), (10000, 0, 500), (10000, 3, 300)],
    )
    def test_larger_clusters_are_looked_at_in_part(self, nodes: int, percentage: int, found: int) -> None:
        assert selection.nodes_to_find(nodes, percentage) == found

    @given(st.integers(0, 200_000), st.integers(0, 100))
    def test_never_more_than_there_are_and_never_fewer_than_100_of_more(self, nodes: int, percentage: int) -> None:
        assert min(nodes, 100) <= selection.nodes_to_find(nodes, percentage) <= nodes

    def test_any_of_the_best_may_win(self) -> None:
        nodes = [selection.Scored("a", 5), selection.Scored("b", 7), selection.Scored("c", 7)]
        assert selection.winners(nodes) == ("b", "c")
        assert selection.ranking(nodes) == (("b", "c"), ("a",))
        assert selection.winners([]) == ()

    def test_the_total_weighs_each_plugin_and_a_skipped_one_adds_nothing(self) -> None:
        assert selection.total({"TaintToleration": 100, "ImageLocality": 7}) == 307
