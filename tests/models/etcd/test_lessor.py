"""The lessor: the leader counts, and a lease lives at least its TTL."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kspec_models.etcd import leases, lessor
from kspec_models.etcd.lessor import Lessor
from kspec_models.etcd.store import Refusal, Store


def granted(*pairs: tuple[int, int]) -> Store:
    store = Store()
    for lease, ttl in pairs:
        after = leases.grant(store, lease, ttl)
        assert isinstance(after, Store)
        store = after
    return store


def test_a_lease_expires_when_its_ttl_is_over_and_not_before() -> None:
    count = Lessor().given(7, 2)
    assert lessor.expired(count) == ()
    once = lessor.a_second_later(count)
    assert (once.left(7), lessor.expired(once)) == (1, ())
    twice = lessor.a_second_later(once)
    assert (lessor.expired(twice), lessor.a_second_later(twice)) == ((7,), twice)


def test_a_keep_alive_begins_the_ttl_anew_but_never_of_what_has_expired() -> None:
    store = granted((7, 5))
    assert lessor.renew(Lessor(((7, 1),)), store, 7) == Lessor(((7, 5),))
    assert lessor.renew(Lessor(((7, 0),)), store, 7) is None
    gone = leases.revoke(store, 7)
    assert isinstance(gone, Store)
    assert lessor.renew(Lessor(((7, 1),)).without(7), gone, 7) is Refusal.LEASE_NOT_FOUND
    assert lessor.renew(Lessor(), store, 8) is Refusal.LEASE_NOT_FOUND


@given(st.dictionaries(st.integers(1, 4), st.integers(2, 5), max_size=3), st.integers(0, 6))
def test_a_new_leader_never_shortens_a_lease(ttls: dict[int, int], seconds: int) -> None:
    store = granted(*ttls.items())
    count = lessor.promoted(store)
    assert dict(count.remaining) == ttls
    for _ in range(seconds):
        count = lessor.a_second_later(count)
    renewed = lessor.promoted(store)
    assert all((renewed.left(lease) or 0) >= (count.left(lease) or 0) for lease in ttls)
