"""Codes and outcomes of writes of one object: `verb` put, patch, create, delete.

A case whose expectation carries a remark about a write that won after another came first is given the same remark, if
the model's loop really ran again and succeeded.
"""

from __future__ import annotations

from typing import Any

from kspec_models.apiserver import update
from tests.conformance.interface import AtLeast, Given, Skip

TOPIC = "update-semantics"
WON_ON_A_LATER_TRY = {
    "put": "wins over the concurrent write",
    "patch": "patch is applied again to the newer object",
    "delete": "the loop deletes whatever revision is current",
}


def answer(given: Given) -> Any:
    """What the model says."""
    request, stored = given["request"], _version(given["stored"])
    found = [stored, _newer(stored)] if given.get("concurrentWrite") else [stored]
    result = _result(given, found)
    said: dict[str, Any] = {"code": result.code.status, "outcome": result.outcome.value}
    if not result.code.ok:
        said["reason"] = result.code.value[1]
    if result.outcome is update.Outcome.UNCHANGED and stored is not None:
        said["resourceVersionAfter"] = str(stored.resource_version)
    if result.tries > 1 and result.outcome is not update.Outcome.NONE:
        said["note"] = WON_ON_A_LATER_TRY.get(request["verb"])
    return AtLeast(said)


def _result(given: Given, found: list[update.Version | None]) -> update.Result:
    request, kind = given["request"], given.get("kind") or {}
    same = request.get("sameContent", False)
    match request["verb"]:
        case "put":
            rules = update.KindRules(kind.get("unconditional", True), kind.get("createOnUpdate", False))
            body = update.Put(_number(request.get("resourceVersion")), request.get("uid", ""), same)
            return update.guaranteed_update(found, lambda version: update.put(version, body, rules))
        case "patch":
            patch = update.Patch(
                update.PatchType(request.get("type", "merge")),
                _number(request.get("patchResourceVersion")),
                request.get("patchUID", ""),
                same,
                fails=request.get("failedTest", False),
                undecodable=request.get("undecodable", False),
            )
            refused = update.patch_accepted(patch, request.get("customResource", False))
            if refused is not None:
                return update.Result(refused)
            return update.guaranteed_update(found, lambda version: update.patch(version, patch))
        case "create" if request.get("generateName"):
            return update.create_with_generated_name(request.get("collisions", 0))
        case "create":
            return update.guaranteed_update(found, update.create)
        case "delete":
            wanted = update.Preconditions(
                _number(request.get("preconditionResourceVersion")), request.get("preconditionUID", "")
            )
            return update.guaranteed_update(found, lambda version: update.delete(version, wanted))
    raise Skip(f"verb {request['verb']}")


def _version(raw: Given | None) -> update.Version | None:
    return None if raw is None else update.Version(_number(raw["resourceVersion"]), raw["uid"])


def _newer(version: update.Version | None) -> update.Version | None:
    return None if version is None else update.Version(version.resource_version + 1000, version.uid)


def _number(raw: str | None) -> int:
    return int(raw) if raw else 0
