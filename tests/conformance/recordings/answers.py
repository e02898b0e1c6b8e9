"""What the API server answered, against the model's pipeline: each request with the code that it got.

The watch says which versions of an object there were, and the audit log, between which two moments each came to be. A
request was served while some version was the latest; it is explained if the model answers with the recorded code for
one of the versions that could be it. A request that committed has just one: the version before its own.
"""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import attrs

from kspec.kube.requests import Request, Verb
from kspec_models.apiserver import serve
from tests.conformance.recordings.cluster_recording import Json, actor, requests, watched

RESOURCES = ("configmaps", "deployments", "replicasets")
"""What is read and written back: the objects of requests whose answer depends on a version."""

PEOPLE = {"alice": "user", "bob": "user", "carol": "user", "dave": "user", "eve": ""}
"""Users as the model's pipeline knows them: administrators, and (as nobody) one without any rights."""

CALLERS = ("deployment", "replicaset", "scheduler", "kubelet")

Key = tuple[str, str]
"""Resource and name."""


@attrs.frozen
class Stored:
    """A stored object of which only the version counts."""

    name: str
    version: str = ""


@attrs.frozen
class Version:
    """One version of an object (empty: there is none), and the moments between which it was committed."""

    version: str
    earliest: str = ""
    latest: str = ""


@attrs.frozen
class Answers:
    """How many requests there were, how many answers the model explains, and those that it does not.

    `not_modelled`: requests that the model cannot be asked about, a line each.
    """

    requests: int
    explained: int
    unexplained: tuple[str, ...] = ()
    not_modelled: tuple[str, ...] = ()


def compare(folder: Path) -> Answers:
    """The answers of a recording. Raises UsageError if the folder holds none."""
    log = [entry for entry in requests(folder) if entry["ref"].get("resource") in RESOURCES]
    history = versions(watched(folder), log)
    explained, unexplained, not_modelled = 0, [], []
    for entry in log:
        line = f"{entry['user']}: {entry['verb']} {entry['uri']} -> {entry['code']}"
        why = _unasked(entry)
        if why:
            not_modelled.append(f"{line}: {why}")
            continue
        key = (entry["ref"]["resource"], _name(entry))
        answers = {answer(entry, version.version) for version in candidates(history.get(key, [Version("")]), entry)}
        if entry["code"] in answers:
            explained += 1
        else:
            unexplained.append(f"{line}: the model answers {', '.join(str(code) for code in sorted(answers))}")
    return Answers(len(log), explained, tuple(unexplained), tuple(not_modelled))


def _unasked(entry: Json) -> str:
    """Why the model cannot be asked about a request; empty if it can."""
    if entry["user"] not in PEOPLE and actor(entry["user"]) not in CALLERS:
        return "this caller has no model"
    if ((entry.get("request") or {}).get("preconditions")) is not None:
        return "preconditions of a delete are not modelled"
    return ""


def _name(entry: Json) -> str:
    return str(entry["ref"].get("name") or ((entry.get("request") or {}).get("metadata") or {}).get("name", ""))


def answer(entry: Json, latest: str) -> int:
    """The status that the model answers with when this version is the latest (empty: there is no such object)."""
    verb, name = Verb(entry["verb"]), _name(entry)
    body: Json = entry.get("request") or {}
    read = (body.get("metadata") or {}).get("resourceVersion", "")
    conditional = bool(read) and verb is not Verb.DELETE
    user = PEOPLE.get(entry["user"])
    request = Request(
        verb,
        entry["ref"]["resource"],
        name,
        subresource=entry["ref"].get("subresource", ""),
        object=Stored(name, "new") if verb is Verb.CREATE else None,
        changes=() if verb in (Verb.CREATE, Verb.DELETE) else (("version", "new"),),
        user=actor(entry["user"]) if user is None else user,
        reader="reader" if conditional else "",
    )
    return serve(request, Stored(name, latest) if latest else None, read == latest).code.status


def candidates(history: list[Version], entry: Json) -> list[Version]:
    """The versions that may have been the latest when a request was served."""
    made = (((entry.get("response") or {}).get("metadata")) or {}).get("resourceVersion")
    for before, after in itertools.pairwise(history):
        if made and made == after.version and (after.earliest, after.latest) == (entry["received"], entry["done"]):
            return [before]
    ends = [later.latest for later in history[1:]]
    return [
        version
        for version, end in zip(history, [*ends, None], strict=True)
        if version.earliest <= entry["done"] and (end is None or end >= entry["received"])
    ]


def versions(lines: list[Json], log: list[Json]) -> dict[Key, list[Version]]:
    """The versions of every object in their order; before the first there is none."""
    moments: dict[tuple[str, str, str], tuple[str, str]] = {}
    deletions: dict[Key, tuple[str, str]] = {}
    for entry in log:
        if entry["code"] >= 300:
            continue
        key, when = (entry["ref"]["resource"], _name(entry)), (entry["received"], entry["done"])
        made = (((entry.get("response") or {}).get("metadata")) or {}).get("resourceVersion")
        if made:
            moments.setdefault((*key, made), when)  # later ones with this version committed nothing
        if entry["verb"] == "delete":
            deletions[key] = when
    found: dict[Key, list[Version]] = {}
    for line in lines:
        metadata: Any = line["object"]["metadata"]
        key = (line["plural"], metadata["name"])
        if key[0] not in RESOURCES or line["type"] == "INITIAL":
            continue
        history = found.setdefault(key, [Version("")])
        if line["type"] == "DELETED":
            history.append(Version("", *deletions.get(key, ("", "~"))))
        else:
            version = metadata["resourceVersion"]
            history.append(Version(version, *moments.get((*key, version), ("", "~"))))
    return found
