"""The kernel's choice among the real servers of a virtual server, and kube-proxy's choice of a mode."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import product
from typing import Any

import pytest

from kspec.engines.z3.fork import Budget
from kspec.engines.z3.lift import cross_check, lift, liftable
from kspec_models.proxy import ipvs, mode
from kspec_models.proxy.ipvs import Protocol, Scheduler, Server
from kspec_models.proxy.mode import IpvsMissing, Mode, Start

A, B, C = Server("a"), Server("b"), Server("c")
DRAINED = Server("drained", weight=0)
OVERLOADED = Server("overloaded", overloaded=True)
LIFTED = (ipvs.is_available, ipvs.connection_overhead, ipvs.is_less_delayed, ipvs.may_remove)


@pytest.mark.parametrize("decision", LIFTED, ids=lambda decision: decision.__name__)
def test_the_decision_lifts_and_agrees_with_plain_python(decision: Callable[..., Any]) -> None:
    assert cross_check(lift(liftable(decision), Budget(questions=300)), examples=30) > 0


@pytest.mark.parametrize("scheduler", Scheduler)
def test_no_scheduler_chooses_where_nothing_is_available(scheduler: Scheduler) -> None:
    assert ipvs.choose(scheduler, ()) is None
    assert ipvs.choose(scheduler, (DRAINED, OVERLOADED)) is None
    assert ipvs.choose(scheduler, (A,)) == A


@pytest.mark.parametrize("scheduler", Scheduler)
def test_what_is_chosen_is_available(scheduler: Scheduler) -> None:
    pool = [Server("", weight, active, 0, over) for weight, active, over in product((0, 2), (0, 1), (False, True))]
    for pair in product(pool, repeat=2):
        chosen = ipvs.choose(scheduler, pair, address=12345)
        assert chosen is None or ipvs.is_available(chosen.weight, chosen.overloaded)


def test_round_robin_gives_each_available_server_the_same_share() -> None:
    servers, last, seen = (A, DRAINED, B, OVERLOADED, C), None, Counter[str]()
    for _ in range(30):
        chosen = ipvs.round_robin(servers, last)
        assert chosen is not None
        last = chosen.name
        seen[last] += 1
    assert seen == {"a": 10, "b": 10, "c": 10}


def test_round_robin_ends_where_it_began_if_all_others_are_out() -> None:
    assert ipvs.round_robin((DRAINED, B, OVERLOADED), "b") == B


def test_round_robin_goes_on_at_the_same_place_after_the_last_chosen_is_removed() -> None:
    assert ipvs.last_after_removal((A, B, C), "b", removed="b") == "a"
    assert ipvs.round_robin((A, C), "a") == C
    assert ipvs.last_after_removal((A, B, C), "a", removed="a") is None
    assert ipvs.last_after_removal((A, B, C), "a", removed="c") == "a"


def test_a_new_server_is_first_in_the_list_and_so_wins_ties() -> None:
    for choose in (ipvs.least_connection, ipvs.shortest_expected_delay, ipvs.never_queue):
        assert choose(ipvs.added((A, B), C)) == C


def test_an_active_connection_weighs_as_much_as_256_others() -> None:
    light, heavy = Server("light", active=1), Server("heavy", inactive=257)
    assert ipvs.least_connection((heavy, light)) == light
    assert ipvs.least_connection((Server("same", inactive=256), light)) == Server("same", inactive=256)


def test_shortest_expected_delay_regards_the_weight_and_least_connection_does_not() -> None:
    small, big = Server("small", weight=1, active=1), Server("big", weight=4, active=2)
    assert ipvs.shortest_expected_delay((small, big)) == big
    assert ipvs.least_connection((small, big)) == small


def test_never_queue_prefers_an_idle_server_to_a_faster_one() -> None:
    fast, idle = Server("fast", weight=100, active=1), Server("idle", inactive=9)
    assert ipvs.never_queue((fast, idle)) == idle
    assert ipvs.shortest_expected_delay((fast, idle)) == fast


def test_only_source_hashing_fills_buckets_by_weight_and_a_drained_server_keeps_one() -> None:
    servers = (Server("x", weight=2), Server("y", weight=0), Server("z", weight=1))
    by_source = ipvs.bucket_table(Scheduler.SOURCE_HASHING, servers)
    by_destination = ipvs.bucket_table(Scheduler.DESTINATION_HASHING, servers)
    assert len(by_source) == len(by_destination) == 256
    assert [server.name for server in by_source[:5]] == ["x", "x", "y", "z", "x"]
    assert [server.name for server in by_destination[:4]] == ["x", "y", "z", "x"]


def test_the_hash_of_an_address_is_the_top_byte_of_the_product() -> None:
    assert ipvs.hash_32(1) == 0x61
    assert ipvs.hash_32(2) == 0xC3
    assert {ipvs.bucket_of(address) for address in range(4096)} == set(range(256))


def test_a_source_keeps_its_server_and_many_sources_reach_all() -> None:
    table = ipvs.bucket_table(Scheduler.SOURCE_HASHING, (A, B, C))
    chosen = [ipvs.hashed(table, 0x0A000000 + i) for i in range(100)]
    assert chosen == [ipvs.hashed(table, 0x0A000000 + i) for i in range(100)]
    assert set(chosen) == {A, B, C}


def test_an_unavailable_server_fails_the_connection_unless_fallback_is_on() -> None:
    table = ipvs.bucket_table(Scheduler.SOURCE_HASHING, (DRAINED, B))
    failed = [address for address in range(64) if ipvs.hashed(table, address) is None]
    assert failed
    assert {ipvs.hashed(table, address, fallback=True) for address in failed} == {B}
    assert ipvs.hashed((DRAINED,) * ipvs.TABLE_SIZE, 1, fallback=True) is None


def test_only_a_tcp_server_waits_for_its_connections() -> None:
    assert not ipvs.may_remove(Protocol.TCP, active=0, inactive=1)
    assert ipvs.may_remove(Protocol.TCP, active=0, inactive=0)
    assert ipvs.may_remove(Protocol.UDP, active=1, inactive=1)
    assert ipvs.may_remove(Protocol.SCTP, active=1, inactive=1)


def test_a_missing_ipvs_falls_back_in_older_releases_and_is_refused_since() -> None:
    assert mode.ipvs_missing((1, 25)) is IpvsMissing.FALL_BACK
    assert mode.ipvs_missing((1, 26)) is IpvsMissing.REFUSE
    assert mode.start(Mode.IPVS, usable=False, release=(1, 9)) == Start(Mode.IPTABLES)
    assert mode.start(Mode.IPVS, usable=False) == Start(None)
    assert mode.start(Mode.IPVS, usable=False, missing=IpvsMissing.FALL_BACK) == Start(Mode.IPTABLES)


def test_ipvs_runs_where_it_can_with_a_warning_since_it_is_deprecated() -> None:
    assert mode.start(Mode.IPVS, usable=True) == Start(Mode.IPVS, warns=True)
    assert mode.start(Mode.IPVS, usable=True, release=(1, 34)) == Start(Mode.IPVS)


@pytest.mark.parametrize("wanted", [None, Mode.IPTABLES])
@pytest.mark.parametrize("usable", [False, True])
def test_iptables_runs_if_ipvs_is_not_asked_for(wanted: Mode | None, usable: bool) -> None:
    for release in ((1, 20), (1, 26), (1, 36)):
        assert mode.start(wanted, usable, release) == Start(Mode.IPTABLES)
