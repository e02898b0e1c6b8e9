"""Broken twins of the API server, chosen by `--set`: mistakes that some property must notice."""

from __future__ import annotations

from typing import Any

import attrs

from kspec.kernel.settings import broken_twin
from kspec.kube.cache import Api
from kspec.kube.objects import Resources
from kspec.kube.requests import Code, Look, Request
from kspec_models.apiserver import deletion, registry, update
from kspec_models.apiserver.registry import Performed

_HERE = "kspec_models.apiserver"
_change = registry.change


@broken_twin("apiserver.update", "writes-first", f"{_HERE}.registry:change", "an update that is refused is written")
def writes_first(request: Request, current: Any, unchanged: bool, look: Look) -> Performed:
    """The object is written whatever the answer is."""
    done = _change(request, current, unchanged, look)
    if done.response.code.ok or current is None:
        return done
    written = attrs.evolve(current, **dict(request.changes))
    return attrs.evolve(done, response=attrs.evolve(done.response, object=written, writes=True))


@broken_twin("apiserver.deletion", "at-once", f"{_HERE}.deletion:delete", "finalizers are not waited for")
def at_once(finalizers: Any, stored: Any, options: Any, kind: Any, of_kind: Any = None) -> deletion.Deleted:
    """Every deletion removes."""
    return deletion.Deleted(deletion.Outcome.REMOVED)


@broken_twin(
    "apiserver.deletion",
    "never-ends",
    f"{_HERE}.finalizers:removed_by_update",
    "an object stays when its last finalizer is removed",
)
def never_ends(deleting: bool, grace_period: int | None, left: int) -> bool:
    """No update removes."""
    return False


@broken_twin(
    "apiserver.create", "over-the-old", f"{_HERE}.update:create", "a create takes the place of what is being deleted"
)
def over_the_old(stored: Any) -> update.Result:
    """The key need not be absent."""
    return update.Result(Code.CREATED, update.Outcome.WRITTEN)


@broken_twin("apiserver.authorization", "off", f"{_HERE}.pipeline:allows", "everybody may do everything")
def everybody(said: Any) -> bool:
    """Allows."""
    return True


@broken_twin("apiserver.authorization", "any-subject", f"{_HERE}.rbac:applies_to", "every binding is everybody's")
def any_subject(subjects: Any, user: Any, namespace: str) -> int | None:
    """The first subject is whoever asks."""
    return 0 if subjects else None


@broken_twin("apiserver.authorization", "any-verb", f"{_HERE}.rbac:verb_matches", "a rule is about every verb")
def any_verb(rule: Any, verb: str) -> bool:
    """Matches."""
    return True


@broken_twin(
    "apiserver.quota", "overwrites", f"{_HERE}.quota_steps:charging", "a quota is charged whoever else has charged it"
)
def overwrites(api: Api, found: Any, used: Resources) -> Request:
    """The charge is written without a condition."""
    return api.patch_status(found, used=used)
