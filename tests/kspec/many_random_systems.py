"""More random systems than a test run has time for: `./dev python -m tests.kspec.many_random_systems --seconds 1800`.

Every engine must say what a naive set-closure says, seed after seed. The first difference ends it with exit code 1; the
seed, the engine and the system are printed, so that a test can keep it.
"""

from __future__ import annotations

import argparse
import sys
import time

from .closure import Closure, differences
from .engines import ENGINES, FOLDING
from .random_systems import recipe, system

MOST_STATES = 400


def compared(seed: int, *, prefers: bool) -> list[str] | None:
    """In what the engines differ from the closure of one seed's system; None if it is too big or too small."""
    made = recipe(seed, prefers=prefers)
    closure = Closure(made, most=MOST_STATES)
    if closure.too_big or len(closure.states) < 3:
        return None
    found = []
    for name, explore in ENGINES.items():
        folded = name in FOLDING and made.interchangeable
        found += [f"{name}: {line}" for line in differences(closure, explore(system(made)), folded=folded)]
    return [*found, str(made)] if found else []


def main() -> int:
    """Compare until the time is over."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[1])
    parser.add_argument("--seconds", type=float, default=1800, help="for how long (default: 1800)")
    parser.add_argument("--first", type=int, default=100_000, help="the first seed (default: 100000)")
    options = parser.parse_args()
    began, seed, done = time.monotonic(), options.first, 0
    while time.monotonic() - began < options.seconds:
        for prefers in (False, True):
            found = compared(seed, prefers=prefers)
            done += found is not None
            if found:
                print(f"seed {seed}, prefers={prefers}:", *found, sep="\n  ")
                return 1
        seed += 1
    print(f"{done} random systems from seed {options.first} on: every engine says what the closure says")
    return 0


if __name__ == "__main__":
    sys.exit(main())
