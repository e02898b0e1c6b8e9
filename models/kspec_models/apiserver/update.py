"""Writes of one object: which are refused, with which code, and what a granted one leaves in the store.

Upstream: staging/src/k8s.io/apiserver/pkg/registry/generic/registry/store.go create, createWithGenerateNameRetry,
Update, Delete; registry/rest/update.go; storage/etcd3/store.go GuaranteedUpdate; endpoints/handlers/patch.go.

A write is *read, decide, compare-and-swap*, again and again until the swap succeeds or the decision refuses (A54).
Each decision below is a pure function of the version that it found; `guaranteed_update` is the loop around it.

Simplified: a version is its resourceVersion and uid. The loop starts from the latest version: a stale cached one is
read again before a refusal is returned, so it is never seen (A53). Not modelled: what is written (fields, defaults,
managed fields), validation, admission, encoding.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence

import attrs

from kspec.kube.requests import Code
from kspec_models.etcd.compare import compare_and_swap

GENERATE_NAME_ATTEMPTS = 8
"""How often a create with generateName tries another name, the first included (A47)."""


class Outcome(enum.Enum):
    """What is left in the store. UNCHANGED: granted, but no new revision and no watch event (A52)."""

    WRITTEN = "written"
    UNCHANGED = "unchanged"
    REMOVED = "removed"
    NONE = "none"


@attrs.frozen
class Result:
    """Code and outcome; `tries`: how often the loop decided (0: it never came so far)."""

    code: Code
    outcome: Outcome = Outcome.NONE
    tries: int = 0


@attrs.frozen
class Version:
    """A stored version of an object."""

    resource_version: int
    uid: str


@attrs.frozen
class KindRules:
    """What a kind allows: PUT without a resourceVersion (A50), PUT to a missing object (A51)."""

    unconditional_update: bool = True
    create_on_update: bool = False


@attrs.frozen
class Put:
    """What matters of a PUT's body. 0 and "": not given; `same_content`: it would leave the same bytes."""

    resource_version: int = 0
    uid: str = ""
    same_content: bool = False


class PatchType(enum.Enum):
    """Content types of a PATCH (A61)."""

    JSON = "json"
    MERGE = "merge"
    STRATEGIC = "strategic"
    APPLY = "apply"


@attrs.frozen
class Patch:
    """What matters of a PATCH. `resource_version`, `uid`: of the patched object, 0 and "" if it does not name them.

    `fails`: a JSON patch with a failing test or a missing path; `undecodable`: it is no patch at all.
    """

    type: PatchType = PatchType.MERGE
    resource_version: int = 0
    uid: str = ""
    same_content: bool = False
    fails: bool = False
    undecodable: bool = False


@attrs.frozen
class Preconditions:
    """What a DELETE demands of the version that it removes. 0 and "": nothing."""

    resource_version: int = 0
    uid: str = ""

    def met(self, stored: Version) -> bool:
        """Whether the version is the one that was meant (A70)."""
        return self.uid in ("", stored.uid) and is_version(stored, self.resource_version)


def is_version(stored: Version, wanted: int) -> bool:
    """Whether a write that names a resourceVersion, or none, is about the stored one: the store's own compare."""
    if wanted == 0:
        return True
    swapped, _ = compare_and_swap(stored.resource_version, wanted)
    return swapped


Decision = Callable[[Version | None], Result]


def guaranteed_update(found: Sequence[Version | None], decide: Decision) -> Result:
    """The loop around a decision (A53, A54). `found`: the version that each try finds, at least one.

    A refusal ends it, and so does a write that would change nothing, which is compared with the latest version. Another
    grant is swapped in only on the last of them: on the earlier ones another write came first.
    """
    result = Result(Code.OK)
    for tries, version in enumerate(found, start=1):
        result = attrs.evolve(decide(version), tries=tries)
        if result.outcome in (Outcome.NONE, Outcome.UNCHANGED):
            break
    return result


def put(stored: Version | None, body: Put, kind: KindRules) -> Result:
    """A PUT on the version that it finds (A49 to A52, Store.Update)."""
    if body.uid != "" and body.uid != (stored.uid if stored else ""):
        return Result(Code.CONFLICT)
    if stored is None:
        return Result(Code.CREATED, Outcome.WRITTEN) if kind.create_on_update else Result(Code.NOT_FOUND)
    if body.resource_version == 0 and not kind.unconditional_update:
        return Result(Code.INVALID)
    if not is_version(stored, body.resource_version):
        return Result(Code.CONFLICT)
    return Result(Code.OK, Outcome.UNCHANGED if body.same_content else Outcome.WRITTEN)


def patch_accepted(patch: Patch, custom_resource: bool) -> Code | None:
    """The refusal of a patch before any object is read, None if there is none (A61, A63)."""
    if patch.type is PatchType.STRATEGIC and custom_resource:
        return Code.UNSUPPORTED_MEDIA_TYPE
    return Code.BAD_REQUEST if patch.undecodable else None


def patch(stored: Version | None, body: Patch) -> Result:
    """A PATCH on the version that it finds: it is applied to that one (A62, A63, patchResource).

    The patched object is then an update with the resourceVersion of what was found, unless the patch names another.
    Nothing is made by a patch, but by apply.
    """
    if stored is None:
        if body.type is not PatchType.APPLY:
            return Result(Code.NOT_FOUND)
        return Result(Code.CONFLICT) if body.uid else Result(Code.CREATED, Outcome.WRITTEN)
    if body.fails:
        return Result(Code.INVALID)
    return put(stored, Put(body.resource_version or stored.resource_version, body.uid, body.same_content), KindRules())


def create(stored: Version | None) -> Result:
    """A POST: only where there is nothing by that name, also nothing that is being deleted (A46)."""
    return Result(Code.ALREADY_EXISTS) if stored else Result(Code.CREATED, Outcome.WRITTEN)


def create_with_generated_name(collisions: int) -> Result:
    """A POST with generateName of which the first so many names are taken (A47, createWithGenerateNameRetry)."""
    if collisions >= GENERATE_NAME_ATTEMPTS:
        return Result(Code.ALREADY_EXISTS, tries=GENERATE_NAME_ATTEMPTS)
    return Result(Code.CREATED, Outcome.WRITTEN, tries=collisions + 1)


def delete(stored: Version | None, preconditions: Preconditions) -> Result:
    """A DELETE that removes, on the version that it finds (A70). What marks instead is in `deletion`."""
    if stored is None:
        return Result(Code.NOT_FOUND)
    return Result(Code.OK, Outcome.REMOVED) if preconditions.met(stored) else Result(Code.CONFLICT)
