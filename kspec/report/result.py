"""The result of a run as JSON (schema `kspec-result/1`), from which every other machine's report can be made.

The same run gives the same document but for `seconds` and `peak_memory_mb`; `digest` is the SHA-256 of the rest.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any

from kspec.kernel.result import PropertyResult, Result, Rung, Verdict
from kspec.report.itf import plain

SCHEMA = "kspec-result/1"

VARYING = ("seconds", "peak_memory_mb")
"""What differs from run to run, wherever it stands; it is no part of the digest."""

TraceFiles = Mapping[tuple[str, str], str]
"""Where each counterexample was written, by system and property; relative to the folder of the result file."""


def result_document(
    results: Sequence[Result],
    *,
    command: Sequence[str],
    exit_code: int,
    seed: int,
    verdict: Verdict,
    trace_files: TraceFiles,
    recordings: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """One run as plain data for JSON. `verdict` is the one that set the exit code.

    `recordings`: what became of each recording of a real cluster, in the form of the document.
    """
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "kspec": version("kspec"),
        "command": list(command),
        "verdict": verdict.value,
        "exit": int(exit_code),
        "systems": [_system(result, trace_files) for result in results],
        "recordings": [plain(recording) for recording in recordings],
        "seed": seed,
    }
    return {**document, "digest": digest(document)}


def digest(document: Mapping[str, Any]) -> str:
    """The SHA-256 of a result document without what varies from run to run, in hexadecimal."""
    lasting = _without(document, (*VARYING, "digest"))
    text = json.dumps(lasting, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _without(value: Any, keys: tuple[str, ...]) -> Any:
    if isinstance(value, Mapping):
        return {key: _without(part, keys) for key, part in value.items() if key not in keys}
    return [_without(part, keys) for part in value] if isinstance(value, list) else value


def _system(result: Result, files: TraceFiles) -> dict[str, Any]:
    return {
        "name": result.name,
        "engine": result.engine,
        "scope": plain(result.scope),
        "settings": plain(result.settings),
        "expected": Verdict.VIOLATED.value if result.expected else None,
        "verdict": result.verdict.value,
        "complete": result.complete,
        "limits": list(result.limits),
        "distinct_states": result.distinct_states,
        "generated_states": result.generated_states,
        "depth": result.depth,
        "seconds": round(result.seconds, 3),
        "peak_memory_mb": result.peak_memory_mb,
        "rungs": [_rung(rung) for rung in result.rungs],
        "properties": [_property(result, found, files) for found in result.properties],
        "assumptions": list(result.assumptions),
        "not_modelled": list(result.not_modelled),
        "not_applicable": list(result.not_applicable),
        "never_enabled": list(result.never_enabled),
        "notes": list(result.notes),
    }


def _rung(rung: Rung) -> dict[str, Any]:
    return {
        "name": rung.name,
        "base": rung.base,
        "verdict": rung.verdict.value,
        "limits": list(rung.limits),
        "distinct_states": rung.distinct_states,
        "generated_states": rung.generated_states,
        "depth": rung.depth,
        "seconds": round(rung.seconds, 3),
    }


def _property(result: Result, found: PropertyResult, files: TraceFiles) -> dict[str, Any]:
    witness = None if found.witness is None else {"name": found.witness, "reached": found.witness_reached}
    trace = None
    if found.trace is not None:
        file = files.get((result.name, found.name))
        trace = {"file": file, "steps": len(found.trace.steps), "loop_at": found.trace.loop_at}
    return {
        "name": found.name,
        "sentence": found.sentence,
        "kind": found.kind,
        "verdict": found.verdict.value,
        "bound": found.bound,
        "rungs": list(found.rungs),
        "witness": witness,
        "fairness": list(found.fairness),
        "trace": trace,
        "why": found.why,
    }
