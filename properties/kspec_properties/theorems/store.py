"""Any number of clients that update one object: of the updates that read the same version, at most one succeeds (S16).

One arbitrary version is watched, and how many updates that expected it have succeeded. A step is an update by any
client, whose expected version nothing constrains; so it makes no difference how many clients there are, what they
read, and when.
"""

from __future__ import annotations

import attrs

from kspec.prove import Natural, transition_system
from kspec_models.etcd import compare


@attrs.frozen
class Contest:
    """The stored version of an object, and how many updates that expected `version` have succeeded."""

    stored: Natural
    version: Natural
    wins: Natural


def _begin(stored: Natural, version: Natural) -> Contest:
    return Contest(stored, version, 0)


def _tell(before: Contest, after: Contest, expected: int) -> str:
    succeeded = after.stored != before.stored or after.wins != before.wins
    return (
        f"an update that read version {expected} {'succeeds' if succeeded else 'is refused'}: version "
        f"{before.stored} → {after.stored}"
    )


@transition_system("store.compare_and_swap", initial=_begin, tell=_tell)
def an_update(now: Contest, expected: Natural) -> Contest:
    """Some client updates the object, expecting the version that it read."""
    succeeded, stored = compare.compare_and_swap(now.stored, expected)
    return Contest(stored, now.version, now.wins + 1 if succeeded and expected == now.version else now.wins)


@an_update.inductive()
def concurrent_updates_never_both_succeed(now: Contest) -> bool:
    """Of all updates that read the same version of an object, at most one succeeds, with any number of clients."""
    return now.wins <= 1


@an_update.inductive()
def a_version_that_was_updated_is_past(now: Contest) -> bool:
    """Once an update that read a version has succeeded, the stored version is a later one."""
    return now.wins == 0 or now.stored > now.version
