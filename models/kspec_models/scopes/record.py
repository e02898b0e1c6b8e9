"""Record the counts and verdicts of every built-in system anew: `./dev python -m kspec_models.scopes.record`.

Read the diff before you commit it: a count that changed is a model that changed.
"""

from __future__ import annotations

import json
from pathlib import Path

from kspec.engines.explicit import explore
from kspec.kernel.registry import load
from kspec.run import counts_of
from kspec.targets import target_of, under

FILE = Path(__file__).parent / "counts.json"


def recorded() -> dict[str, dict[str, object]]:
    """What the exhaustive engine finds out about each system now."""
    found: dict[str, dict[str, object]] = {}
    for name, entry in sorted(load().systems.items()):
        if not entry.where.startswith("kspec_models."):
            continue  # registered by somebody else in this process, and perhaps without an end
        with under(target_of(name), {}) as (system, _):
            counts = counts_of(explore(system))
        found[name] = {
            "distinct": counts.distinct_states,
            "generated": counts.generated_states,
            "depth": counts.depth,
            "violated": list(counts.violated),
        }
    return found


if __name__ == "__main__":
    FILE.write_text(json.dumps(recorded(), indent=2) + "\n", encoding="utf-8")
    print(FILE.read_text(encoding="utf-8"), end="")
