"""Record the counts, verdicts and engines of built-in systems: `./dev python -m kspec_models.scopes.record [GLOB...]`.

Without globs, of every system. Read the diff before you commit it: a count that changed is a model that changed.
"""

from __future__ import annotations

import fnmatch
import json
import sys
from pathlib import Path
from typing import Any

from kspec.engines import explicit, hypothesis, reference
from kspec.kernel.registry import load
from kspec.kernel.result import Limits, Result, Verdict
from kspec.kernel.system import System
from kspec.run import counts_of
from kspec.targets import target_of, under

FILE = Path(__file__).parent / "counts.json"

MOST_STATES = 3_000
"""The reference engine, which calls Python for every step, is asked about systems of so many states, at most."""

RUNS, STEPS = 20, 30
"""How many random runs of how many steps the fuzzing engine takes of each system."""


def recorded(*globs: str, engines: bool = False) -> dict[str, dict[str, Any]]:
    """What the exhaustive engine finds out about each system now; with `engines`, also which others agreed."""
    found: dict[str, dict[str, Any]] = {}
    for name, entry in sorted(load().systems.items()):
        if not entry.where.startswith("kspec_models."):
            continue  # registered by somebody else in this process, and perhaps without an end
        if globs and not any(fnmatch.fnmatchcase(name, glob) for glob in globs):
            continue
        with under(target_of(name), {}) as (system, _):
            result = explicit.explore(system)
            counts = counts_of(result)
            found[name] = {
                "distinct": counts.distinct_states,
                "generated": counts.generated_states,
                "depth": counts.depth,
                "violated": list(counts.violated),
            }
            if engines:
                found[name]["engines"] = engines_of(system)
    return found


def engines_of(system: System) -> list[str]:
    """The engines that ran the system and did not contradict the exhaustive one. Raises AssertionError if one did.

    All of them in the relaxed order of watches: the exact order is the exhaustive engine's own business.
    """
    ran, broken = ["explicit"], violated(explicit.explore(system, confirm=False))
    plain = reference.explore(system, limits=Limits(states=MOST_STATES))
    if not plain.limits:
        assert violated(plain) == broken, f"{system.name}: reference and explicit disagree"
        ran.append("reference")
    sampled = hypothesis.explore(system, examples=RUNS, steps=STEPS, seed=0)
    assert violated(sampled) <= broken, f"{system.name}: a run breaks what holds"
    ran.append("hypothesis")
    return ran


def violated(result: Result) -> set[str]:
    """The properties that are broken."""
    return {p.name for p in result.properties if p.verdict is Verdict.VIOLATED}


if __name__ == "__main__":
    kept = json.loads(FILE.read_text(encoding="utf-8")) if sys.argv[1:] else {}
    new = {**kept, **recorded(*sys.argv[1:], engines=True)}
    FILE.write_text(json.dumps(dict(sorted(new.items())), indent=2) + "\n", encoding="utf-8")
