"""From raw scores to 0..100 (C84, C85).

Source: pkg/scheduler/framework/plugins/helper/normalize_score.go, DefaultNormalizeScore.
"""

from __future__ import annotations

MAX_NODE_SCORE = 100
"""framework.MaxNodeScore."""


def of_the_largest(raw: int, largest: int, *, reverse: bool = False) -> int:
    """One raw score (0 to `largest`) as a share of the largest; `reverse`: the lowest raw score is the best.

    Where the largest is 0, all are equal: 0, or 100 reversed.
    """
    share = 0 if largest == 0 else MAX_NODE_SCORE * raw // largest
    return MAX_NODE_SCORE - share if reverse else share


def normalized(raw: dict[str, int], *, reverse: bool = False) -> dict[str, int]:
    """The raw scores of all nodes, none below 0, normalised by the largest."""
    largest = max(raw.values(), default=0)
    return {node: of_the_largest(score, largest, reverse=reverse) for node, score in raw.items()}
