"""The health of nodes, their taints, and how fast they are tainted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kspec.kube.objects import Effect, Taint, labels
from kspec_models.controllers.node_lifecycle import decisions, health, zones
from kspec_models.controllers.node_lifecycle.decisions import NOT_READY, UNREACHABLE, How
from kspec_models.controllers.node_lifecycle.health import Beat, Condition, Memory, Status
from kspec_models.controllers.node_lifecycle.zones import Move, ZoneNode, ZoneState

UP = (Condition("Ready", Status.TRUE, "KubeletReady", 0, 0),)


def test_a_node_is_silent_when_nothing_has_changed_for_longer_than_its_grace() -> None:
    first = health.look(None, UP, 0, None, 100)
    at_the_end = health.look(first.memory, UP, 0, None, 150)
    assert (at_the_end.written, at_the_end.after) == (None, Status.TRUE)
    after_it = health.look(first.memory, UP, 0, None, 151)
    assert (after_it.before, after_it.after) == (Status.TRUE, Status.UNKNOWN)
    assert after_it.written is not None
    assert [each.type for each in after_it.written] == list(health.WATCHED)
    assert after_it.written[0] == Condition("Ready", Status.UNKNOWN, health.STOPPED, 0, 151)
    assert {each.reason for each in after_it.written[1:]} == {health.NEVER_UPDATED}


@given(st.integers(-(10**6), 10**6))
def test_the_nodes_own_clock_does_not_matter(skew: int) -> None:
    skewed = (Condition("Ready", Status.TRUE, "", skew, skew),)
    memory = health.look(None, UP, 0, None, 0).memory
    looked = health.look(memory, skewed, 0, None, 1000)
    assert (looked.written is None) == (skew != 0)


def test_a_lease_alone_keeps_a_node_alive_and_only_if_it_moves() -> None:
    memory = health.look(None, UP, 0, 5, 0).memory
    assert health.look(memory, UP, 0, 6, 1000).written is None
    assert health.look(memory, UP, 0, 5, 1000).written is not None


def test_a_heartbeat_makes_the_next_look_take_the_old_renewal_for_a_new_one() -> None:
    memory = health.look(None, UP, 0, 5, 0).memory
    again = health.look(memory, (Condition("Ready", Status.TRUE, "", 9, 0),), 0, 5, 10).memory
    assert again == Memory(Beat(9, 0), 10, 0, None)
    assert health.remembered(again, Beat(9, 0), 0, 5, 40) == Memory(Beat(9, 0), 40, 0, 5)


def test_a_restart_gives_every_node_a_fresh_grace() -> None:
    assert health.look(None, UP, 0, None, 10**6).written is None


def test_a_node_that_never_reported_has_the_grace_of_its_start_from_its_creation() -> None:
    assert health.look(None, (), 100, None, 160).written is None
    found = health.look(None, (), 100, None, 161)
    assert found.written is not None
    assert found.written[0] == Condition("Ready", Status.UNKNOWN, health.NEVER_UPDATED, 100, 161)


def test_what_is_unknown_already_is_not_written_again() -> None:
    first = health.look(health.look(None, UP, 0, None, 0).memory, UP, 0, None, 100)
    assert first.written is not None
    assert health.look(first.memory, first.written, 0, None, 500).written is None


def test_pods_become_unready_when_the_node_is_declared_lost_and_not_when_it_says_so_itself() -> None:
    assert health.marks_pods_not_ready(Status.TRUE, Status.UNKNOWN)
    assert not health.marks_pods_not_ready(Status.FALSE, Status.UNKNOWN)
    assert health.marks_pods_not_ready(Status.FALSE, Status.FALSE, retry=True)
    assert not health.marks_pods_not_ready(Status.TRUE, Status.TRUE, retry=True)
    assert not health.marks_pods_not_ready(Status.UNKNOWN, None, retry=True)


@pytest.mark.parametrize(
    ("ready", "not_ready", "state"),
    [
        (0, 1, ZoneState.FULL),
        (1, 2, ZoneState.NORMAL),
        (2, 3, ZoneState.PARTIAL),
        (3, 3, ZoneState.NORMAL),
        (9, 11, ZoneState.PARTIAL),
        (0, 0, ZoneState.NORMAL),
    ],
)
def test_a_zone_is_partly_down_with_three_nodes_and_55_percent_not_ready(
    ready: int, not_ready: int, state: ZoneState
) -> None:
    assert zones.zone_state(ready, not_ready) is state


def test_each_zone_has_its_own_state() -> None:
    sick = tuple(ZoneNode("b", Status.FALSE) for _ in range(3))
    nodes = (ZoneNode("a", Status.TRUE), ZoneNode("b", Status.TRUE), *sick, ZoneNode("c", Status.UNKNOWN))
    assert zones.zone_states(nodes) == (("a", ZoneState.NORMAL), ("b", ZoneState.PARTIAL), ("c", ZoneState.FULL))
    assert zones.zone_states((ZoneNode("d", Status.TRUE),) * 3) == (("d", ZoneState.NORMAL),)


def test_an_excluded_node_counts_for_no_zone() -> None:
    nodes = (ZoneNode("a", None), ZoneNode("a", Status.TRUE, excluded=True), ZoneNode("b", Status.TRUE, excluded=True))
    assert zones.zone_states(nodes) == (("a", ZoneState.FULL),)
    assert zones.is_excluded(((zones.EXCLUDED, ""),))
    assert not zones.is_excluded(labels(master="true"))


def test_a_zone_is_named_by_region_and_zone() -> None:
    assert zones.zone_of(((zones.REGION, "eu"), (zones.ZONE, "a"))) == "eu:a"
    assert zones.zone_of(((zones.ZONE, "a"),)) == ":a"
    assert zones.zone_of(()) == ""


def test_nothing_is_evicted_once_every_zone_is_down() -> None:
    down, up = (("a", ZoneState.FULL), ("b", ZoneState.FULL)), (("a", ZoneState.FULL), ("b", ZoneState.NORMAL))
    assert zones.move(up, down) is Move.ENTER
    assert zones.move(down, down) is Move.STAY
    assert zones.move(down, up) is Move.EXIT
    assert zones.move(up, up) is Move.ADJUST
    assert zones.move((), down) is Move.ENTER


def test_a_small_zone_partly_down_is_left_alone_and_a_large_one_slowed() -> None:
    assert [zones.taint_rate(ZoneState.PARTIAL, size) for size in (50, 51)] == [0, 10]
    assert {zones.taint_rate(state, 1) for state in (ZoneState.NORMAL, ZoneState.FULL)} == {100}


def taint(key: str, effect: Effect = Effect.NO_EXECUTE) -> Taint:
    return Taint(key, effect=effect)


def test_conditions_give_taints_at_once_and_take_them_away_and_leave_others() -> None:
    others = (taint("mine", Effect.NO_SCHEDULE), taint(NOT_READY))
    sick = (Condition("Ready", Status.UNKNOWN), Condition("DiskPressure", Status.TRUE))
    tainted = decisions.with_no_schedule(others, sick, unschedulable=True)
    keys = (UNREACHABLE, "node.kubernetes.io/disk-pressure", decisions.UNSCHEDULABLE)
    assert tainted == (*others, *(taint(key, Effect.NO_SCHEDULE) for key in keys))
    assert decisions.with_no_schedule(tainted, sick, unschedulable=True) == tainted
    assert decisions.with_no_schedule(tainted, UP) == others


@pytest.mark.parametrize(
    ("ready", "taints", "key", "how"),
    [
        (Status.TRUE, (taint(UNREACHABLE),), None, How.AT_ONCE),
        (Status.FALSE, (), NOT_READY, How.IN_TURN),
        (Status.FALSE, (taint(UNREACHABLE),), NOT_READY, How.AT_ONCE),
        (Status.UNKNOWN, (taint(NOT_READY),), UNREACHABLE, How.AT_ONCE),
        (Status.UNKNOWN, (taint(NOT_READY, Effect.NO_SCHEDULE),), UNREACHABLE, How.IN_TURN),
        (Status.UNKNOWN, (taint(UNREACHABLE),), UNREACHABLE, How.IN_TURN),
    ],
)
def test_the_first_evicting_taint_waits_its_turn_and_a_swap_does_not(
    ready: Status, taints: tuple[Taint, ...], key: str | None, how: How
) -> None:
    assert decisions.no_execute_change(ready, taints) == decisions.NoExecuteChange(key, how)


@given(
    st.sampled_from([None, NOT_READY, UNREACHABLE]),
    st.lists(st.builds(taint, st.sampled_from([NOT_READY, UNREACHABLE, "x"]), st.sampled_from(Effect)), unique=True),
)
def test_a_node_never_has_both_evicting_taints(key: str | None, before: list[Taint]) -> None:
    after = decisions.with_no_execute(tuple(before), key)
    ours = [each.key for each in after if each.effect is Effect.NO_EXECUTE and each.key != "x"]
    assert ours == ([] if key is None else [key])
    assert [each for each in before if each.effect is not Effect.NO_EXECUTE or each.key == "x"] == [
        each for each in after if each.effect is not Effect.NO_EXECUTE or each.key == "x"
    ]
