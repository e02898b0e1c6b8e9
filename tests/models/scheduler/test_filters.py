"""The scheduler's filters, one by one: codes, reasons in upstream's words, requeue hints."""

from __future__ import annotations

import pytest

from kspec.kernel import settings
from kspec.kube.objects import (
    Container,
    ContainerPort,
    Effect,
    Labels,
    Node,
    NodeSelectorTerm,
    Operator,
    PodSpec,
    Requirement,
    Taint,
    Toleration,
    labels,
)
from kspec_models.helpers.pod_resources import PodSpecWithRequests
from kspec_models.scheduler.filters import (
    node_affinity,
    node_name,
    node_ports,
    node_unschedulable,
    resources_fit,
    scheduling_gates,
    taint_toleration,
)
from kspec_models.scheduler.node_info import EMPTY, NodeInfo
from kspec_models.scheduler.result import PASSED, QueueingHint, Status

QUEUE, SKIP = QueueingHint.QUEUE, QueueingHint.SKIP
FAILED = Status.UNSCHEDULABLE_AND_UNRESOLVABLE
CORDONED, OPEN = Node("n", unschedulable=True), Node("n")
CORDON_TOLERATED = PodSpec(tolerations=(Toleration("node.kubernetes.io/unschedulable", Operator.EXISTS),))


def pod(cpu: int, **more: int) -> PodSpec:
    return PodSpec((Container("c", requests=tuple(sorted({"cpu": cpu, **more}.items()))),))


def node(cpu: int, pods: int = 10, **more: int) -> Node:
    return Node("n", allocatable=tuple(sorted({"cpu": cpu, "pods": pods, **more}.items())))


def with_port(number: int) -> PodSpec:
    return PodSpec((Container("c", ports=(ContainerPort(host_port=number),)),))


class TestNodeUnschedulable:
    def test_a_cordoned_node_takes_only_pods_that_tolerate_it(self) -> None:
        refused = node_unschedulable.filter_node(PodSpec(), CORDONED)
        assert (refused.status, refused.reason) == (FAILED, "node(s) were unschedulable")
        assert node_unschedulable.filter_node(CORDON_TOLERATED, CORDONED) == PASSED
        assert node_unschedulable.filter_node(PodSpec(), OPEN) == PASSED

    @pytest.mark.parametrize(
        ("before", "after", "hint"),
        [
            (None, OPEN, QUEUE),
            (None, CORDONED, SKIP),
            (CORDONED, OPEN, QUEUE),
            (OPEN, OPEN, SKIP),
            (OPEN, CORDONED, SKIP),
        ],
    )
    def test_only_a_node_that_becomes_open_is_worth_another_attempt(
        self, before: Node | None, after: Node, hint: QueueingHint
    ) -> None:
        assert node_unschedulable.hint_after_node_change(before, after) is hint

    def test_only_the_rejected_pods_own_new_toleration_of_the_cordon_is_worth_another_attempt(self) -> None:
        hint = node_unschedulable.hint_after_toleration_added
        assert hint(CORDON_TOLERATED, itself=True) is QUEUE
        assert hint(CORDON_TOLERATED, itself=False) is SKIP
        assert hint(PodSpec(), itself=True) is SKIP


class TestNodeName:
    def test_a_pod_that_names_a_node_goes_there_only(self) -> None:
        assert node_name.filter_node("n", OPEN) == PASSED
        assert node_name.filter_node("", OPEN) == PASSED
        refused = node_name.filter_node("m", OPEN)
        assert (refused.status, refused.reason) == (FAILED, "node(s) didn't match the requested node name")


class TestTaintToleration:
    tainted = Node("n", taints=(Taint("gpu", "7"),))
    above_five = PodSpec(tolerations=(Toleration("gpu", Operator.GT, "5"),))

    def test_an_untolerated_taint_keeps_the_pod_off_and_a_preference_does_not(self) -> None:
        assert taint_toleration.filter_node(PodSpec(), self.tainted).status is FAILED
        soft = Node("n", taints=(Taint("gpu", effect=Effect.PREFER_NO_SCHEDULE),))
        assert taint_toleration.filter_node(PodSpec(), soft) == PASSED

    def test_comparisons_are_behind_a_setting(self) -> None:
        assert not taint_toleration.filter_node(self.above_five, self.tainted).fits
        with settings.applied({"scheduler.toleration-comparison": "on"}):
            assert taint_toleration.filter_node(self.above_five, self.tainted).fits

    def test_only_a_node_that_becomes_tolerated_is_worth_another_attempt(self) -> None:
        hint = taint_toleration.hint_after_node_change
        assert hint(PodSpec(), self.tainted, OPEN) is QUEUE
        assert hint(PodSpec(), None, OPEN) is QUEUE
        assert hint(PodSpec(), OPEN, OPEN) is SKIP
        assert hint(PodSpec(), None, self.tainted) is SKIP
        assert taint_toleration.hint_after_toleration_added(itself=True) is QUEUE
        assert taint_toleration.hint_after_toleration_added(itself=False) is SKIP


def term(key: str, operator: Operator, *values: str) -> NodeSelectorTerm:
    return NodeSelectorTerm((Requirement(key, operator, values),))


def named(operator: Operator, *values: str) -> NodeSelectorTerm:
    return NodeSelectorTerm(match_fields=(Requirement("metadata.name", operator, values),))


class TestNodeAffinity:
    @staticmethod
    def fits(terms: tuple[NodeSelectorTerm, ...] | None, node_labels: Labels = (), selector: Labels = ()) -> bool:
        spec = PodSpec(node_selector=selector, node_affinity=terms)
        return node_affinity.filter_node(spec, Node("n", node_labels)).fits

    def test_every_label_of_the_node_selector_must_be_there(self) -> None:
        assert self.fits(None, labels(a="1", b="2"), labels(a="1"))
        assert not self.fits(None, labels(a="1"), labels(a="1", b="2"))
        refused = node_affinity.filter_node(PodSpec(node_selector=labels(a="1")), OPEN)
        assert (refused.status, refused.reason) == (FAILED, "node(s) didn't match Pod's node affinity/selector")

    def test_one_term_suffices_and_the_node_selector_must_match_as_well(self) -> None:
        either = (term("a", Operator.IN, "1"), term("b", Operator.EXISTS))
        assert self.fits(either, labels(b="x"))
        assert not self.fits(either, labels(a="2"))
        assert not self.fits(either, labels(b="x"), labels(c="y"))

    def test_no_affinity_matches_every_node_and_no_terms_or_an_empty_term_none(self) -> None:
        assert self.fits(None)
        assert not self.fits(())
        assert not self.fits((NodeSelectorTerm(),))

    def test_a_term_that_is_not_valid_matches_nothing_and_leaves_the_others_alone(self) -> None:
        invalid = term("a", Operator.NOT_IN, "{{bad}}")
        assert not self.fits((invalid,), labels(b="x"))
        assert self.fits((invalid, term("b", Operator.EXISTS)), labels(b="x"))
        assert not self.fits((term("a", Operator.GT, "x"),), labels(a="9"))

    def test_numbers_are_compared_as_numbers(self) -> None:
        assert self.fits((term("a", Operator.GT, "9"),), labels(a="10"))
        assert self.fits((term("a", Operator.LT, "10"),), labels(a="9"))

    def test_the_nodes_name_is_the_only_field_and_takes_one_value(self) -> None:
        assert self.fits((named(Operator.IN, "n"),))
        assert self.fits((named(Operator.NOT_IN, "m"),))
        assert not self.fits((named(Operator.NOT_IN, "n"),))
        assert not self.fits((named(Operator.IN, "m", "n"),))
        assert not self.fits((named(Operator.EXISTS),))

    def test_pinned_names_narrow_the_nodes_and_contradictory_ones_reject_all(self) -> None:
        def pin(*terms: NodeSelectorTerm) -> PodSpec:
            return PodSpec(node_affinity=terms)

        assert node_affinity.pinned_nodes(pin(named(Operator.IN, "a"), named(Operator.IN, "b"))) == frozenset("ab")
        assert node_affinity.pinned_nodes(pin(named(Operator.IN, "a"), term("x", Operator.EXISTS))) is None
        both = NodeSelectorTerm(
            match_fields=(*named(Operator.IN, "a").match_fields, *named(Operator.IN, "b").match_fields)
        )
        refused = node_affinity.pre_filter(pin(both))
        assert (refused.status, refused.reason) == (FAILED, "pod affinity terms conflict")
        assert node_affinity.pre_filter(pin(named(Operator.IN, "a"))) == PASSED
        assert node_affinity.pre_filter(PodSpec()).status is Status.SKIP

    def test_only_a_node_that_becomes_a_match_is_worth_another_attempt(self) -> None:
        spec, match, other = PodSpec(node_selector=labels(a="1")), Node("n", labels(a="1")), Node("n")
        hint = node_affinity.hint_after_node_change
        assert [hint(spec, *each) for each in ((None, match), (other, match), (match, match), (match, other))] == [
            QUEUE,
            QUEUE,
            SKIP,
            SKIP,
        ]


class TestNodePorts:
    def test_a_port_in_use_rejects_but_evicting_its_user_would_help(self) -> None:
        refused = node_ports.filter_node(with_port(80), EMPTY.add(with_port(80)))
        assert refused.status is Status.UNSCHEDULABLE
        assert refused.reason == "node(s) didn't have free ports for the requested pod ports"
        assert node_ports.filter_node(with_port(81), EMPTY.add(with_port(80))) == PASSED

    def test_a_pod_without_host_ports_skips_the_plugin(self) -> None:
        assert node_ports.pre_filter(PodSpec()).status is Status.SKIP
        assert node_ports.pre_filter(with_port(80)) == PASSED

    def test_only_the_deletion_of_a_pod_on_a_node_with_the_same_port_is_worth_another_attempt(self) -> None:
        hint = node_ports.hint_after_pod_deleted
        assert hint(with_port(80), with_port(80), assigned=True) is QUEUE
        assert hint(with_port(80), with_port(80), assigned=False) is SKIP
        assert hint(with_port(80), with_port(81), assigned=True) is SKIP
        assert hint(with_port(80), PodSpec(), assigned=True) is SKIP


class TestSchedulingGates:
    def test_a_gated_pod_is_not_queued(self) -> None:
        refused = scheduling_gates.pre_enqueue(PodSpec(scheduling_gates=("foo", "bar")))
        assert (refused.status, refused.reason) == (FAILED, "waiting for scheduling gates: [foo bar]")
        assert scheduling_gates.pre_enqueue(PodSpec()) == PASSED

    def test_only_the_pods_own_gates_matter(self) -> None:
        assert scheduling_gates.hint_after_gates_eliminated(itself=True) is QUEUE
        assert scheduling_gates.hint_after_gates_eliminated(itself=False) is SKIP


class TestNodeResourcesFit:
    def test_what_fits_to_the_last_millicore_fits(self) -> None:
        info = EMPTY.add(pod(7))
        assert resources_fit.filter_node(pod(3), node(10), info) == PASSED
        assert resources_fit.filter_node(pod(4), node(10), info).status is Status.UNSCHEDULABLE

    def test_a_request_above_the_whole_node_cannot_be_helped_by_preemption(self) -> None:
        assert resources_fit.filter_node(pod(11), node(10), EMPTY).status is FAILED

    def test_everything_that_is_short_is_named_in_a_fixed_order(self) -> None:
        spec = pod(9, memory=9, **{"example.com/b": 1, "example.com/a": 1, "ephemeral-storage": 9})
        info = EMPTY.add(pod(9, memory=9, **{"ephemeral-storage": 9}))
        refused = resources_fit.filter_node(spec, node(10, pods=1, memory=10, **{"ephemeral-storage": 10}), info)
        assert refused.status is FAILED
        assert refused.reasons == (
            "Too many pods",
            "Insufficient cpu",
            "Insufficient memory",
            "Insufficient ephemeral-storage",
            "Insufficient example.com/a",
            "Insufficient example.com/b",
        )

    def test_a_request_of_zero_fits_an_overcommitted_node_but_needs_room_for_a_pod(self) -> None:
        info = NodeInfo(requested=(("cpu", 99),), pods=1)
        assert resources_fit.filter_node(pod(0), node(10), info) == PASSED
        assert resources_fit.filter_node(PodSpec(), node(10, pods=1), info).reason == "Too many pods"

    def test_resources_and_groups_can_be_left_unchecked_but_not_native_ones(self) -> None:
        spec = pod(0, **{"example.com/a": 5})
        assert not resources_fit.filter_node(spec, node(1), EMPTY).fits
        for args in (
            resources_fit.FitArgs(ignored_resources=frozenset({"example.com/a"})),
            resources_fit.FitArgs(ignored_resource_groups=frozenset({"example.com"})),
        ):
            assert resources_fit.filter_node(spec, node(1), EMPTY, args).fits
        ignoring_cpu = resources_fit.FitArgs(ignored_resources=frozenset({"cpu"}))
        assert not resources_fit.filter_node(pod(2), node(1), EMPTY, ignoring_cpu).fits

    def test_pod_level_requests_are_behind_a_setting(self) -> None:
        spec = PodSpecWithRequests(requests=(("cpu", 2),))
        assert not resources_fit.filter_node(spec, node(1), EMPTY).fits
        with settings.applied({"scheduler.pod-level-resources": "off"}):
            assert resources_fit.filter_node(spec, node(1), EMPTY).fits
            assert EMPTY.add(spec).requested == ()
        assert EMPTY.add(spec).requested == (("cpu", 2),)

    def test_a_node_is_worth_another_attempt_if_the_pod_fits_it_empty_and_it_grew_where_it_matters(self) -> None:
        hint = resources_fit.hint_after_node_change
        assert hint(pod(2), None, node(2)) is QUEUE
        assert hint(pod(2), None, node(1)) is SKIP
        assert hint(pod(2), node(1), node(2)) is QUEUE
        assert hint(pod(2), node(2), node(2, memory=5)) is SKIP
        assert hint(pod(2), node(2, pods=1), node(2, pods=2)) is QUEUE
        assert not resources_fit.fits_empty(pod(0), None)

    def test_a_pod_that_goes_or_shrinks_is_worth_another_attempt_if_it_had_a_node(self) -> None:
        assert resources_fit.hint_after_pod_deleted(assigned=True) is QUEUE
        assert resources_fit.hint_after_pod_deleted(assigned=False) is SKIP
        hint = resources_fit.hint_after_pod_resized
        assert hint(pod(1), pod(3), pod(2), itself=False, assigned=True) is QUEUE
        assert hint(pod(1), pod(3), pod(2), itself=False, assigned=False) is SKIP
        assert hint(pod(1), pod(2), pod(2), itself=False, assigned=True) is SKIP
        assert hint(pod(0), pod(3), pod(2), itself=False, assigned=True) is SKIP
        assert hint(pod(1), pod(3), pod(2), itself=True, assigned=False) is QUEUE
        assert hint(pod(1), pod(3), pod(2), itself=True, assigned=True, in_place_resize=False) is SKIP
