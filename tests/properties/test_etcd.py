"""Every promise of the store alone has been seen to hold, seen to be exercised, and seen to fail."""

from __future__ import annotations

import functools

import pytest

import kspec
from kspec.engines import reference
from kspec.kernel.result import PropertyResult, Verdict
from kspec.targets import target_of, under
from kspec_properties import etcd
from tests.properties.checking import checked as explored

MUTANTS = {
    "a_watch_tells_every_change_once_and_in_order": (
        "store.watch=one-late",
        "store.watch=newest-first",
        "store.compaction=drops-tombstone",
    ),
    "what_a_client_knows_was_true": (
        "store.compaction=forgets-live",
        "watcher.cancelled=resumes",
        "watcher.previous=passed-over",
    ),
    "compaction_changes_no_later_read": ("store.compaction=forgets-live",),
    "a_watch_from_before_the_compaction_is_cancelled_with_its_revision": ("store.watch=never-cancelled",),
    "a_client_that_watches_catches_up": ("watcher.cancelled=retries",),
    "keys_go_with_their_lease": ("store.revoke=leaves-keys",),
    "only_the_keys_of_a_lease_go_with_it": ("store.put=keeps-lease",),
    "no_lease_expires_before_its_ttl": ("store.keep-alive=unheard",),
    "what_has_expired_is_kept_alive_no_more": ("store.keep-alive=revives",),
    "the_lease_of_a_crashed_holder_ends": ("store.expiry=never",),
    "what_was_current_an_interval_ago_is_kept": ("compactor.revision=current",),
    "one_api_server_compacts_in_an_interval": ("store.compare=off", "store.compare=not-newer"),
    "what_is_older_than_three_intervals_is_compacted": ("compactor.version=forgotten",),
}
SYSTEMS = {"etcd.watch": etcd.WATCH, "etcd.lease": etcd.LEASE, "etcd.compaction": etcd.COMPACTION}

checked = functools.cache(explored)


def broken_by(name: str, setting: str) -> PropertyResult:
    (system,) = (system for system, found in SYSTEMS.items() if name in {p.name for p in found})
    return checked(system, setting, only=name).property(name)


@pytest.mark.parametrize("system", SYSTEMS)
def test_all_promises_hold_with_their_witnesses_in_every_state(system: str) -> None:
    result = checked(system)
    assert [p.name for p in result.properties] == [p.name for p in SYSTEMS[system]]
    assert {p.verdict for p in result.properties} == {Verdict.HOLDS}
    assert result.complete and result.never_enabled == ()
    assert all(p.witness is not None for p in SYSTEMS[system])


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_engines_agree_on_the_counts(system: str) -> None:
    with under(target_of(system), {}) as (laid_out, _):
        plain = reference.explore(laid_out)
    quick = checked(system)
    assert (plain.distinct_states, plain.generated_states, plain.depth) == (
        quick.distinct_states,
        quick.generated_states,
        quick.depth,
    )
    assert quick.distinct_states < 5000


def test_a_client_that_does_not_ask_for_the_keys_before_is_told_of_a_deletion_at_the_compacted_revision() -> None:
    off = checked("etcd.watch", "watcher.prev-kv=off")
    assert {p.verdict for p in off.properties} == {Verdict.HOLDS}
    assert off.distinct_states != checked("etcd.watch").distinct_states


@pytest.mark.parametrize("system", SYSTEMS)
def test_random_runs_find_nothing(system: str) -> None:
    result = kspec.fuzz(system, examples=20)
    assert result.verdict is Verdict.SAMPLED


@pytest.mark.parametrize(("name", "setting"), [(name, s) for name, found in MUTANTS.items() for s in found])
def test_a_broken_twin_is_noticed(name: str, setting: str) -> None:
    found = broken_by(name, setting)
    assert found.verdict is Verdict.VIOLATED
    assert found.trace is not None


def test_every_promise_has_a_broken_twin() -> None:
    assert set(MUTANTS) == {p.name for found in SYSTEMS.values() for p in found}


def test_a_client_that_watches_on_after_a_compaction_misses_what_was_compacted() -> None:
    found = broken_by("what_a_client_knows_was_true", "watcher.cancelled=resumes")
    assert found.trace is not None
    assert "it has none" in found.trace.clause
    with under(target_of("etcd.watch"), {"watcher.cancelled": "resumes"}):
        assert kspec.replay(found.trace).verdict is Verdict.REPRODUCED


def test_a_story_of_the_store_speaks_of_keys_and_revisions() -> None:
    found = broken_by("keys_go_with_their_lease", "store.revoke=leaves-keys")
    assert found.trace is not None
    told = kspec.run.story(found.trace)
    changes = [(c.object, c.field, c.old, c.new) for step in told.steps for c in step.changes]
    assert ("etcd", "a", None, "revision 2, lease 7") in changes
    assert ("etcd", "lease 7", "TTL 2 s", None) in changes
    assert told.steps[-1].action == "LeaseRevoke 7"
    assert told.clause == "the lease is gone and a is there"


@pytest.mark.parametrize("system", ["etcd.lost_deletion", "etcd.passed_over"])
def test_a_bug_that_there_was_is_found_and_its_story_ends_with_the_change_that_is_missed(system: str) -> None:
    result = kspec.check(system)
    missed = result.property("what_a_client_knows_was_true")
    assert {p.name for p in result.properties if p.verdict is Verdict.VIOLATED} == set(result.expected)
    assert missed.trace is not None and missed.trace.steps[-1].action.name == "watch"
    assert kspec.replay(missed.trace).verdict is Verdict.REPRODUCED
