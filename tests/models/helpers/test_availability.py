"""When a pod is available."""

from __future__ import annotations

import pytest

from kspec_models.helpers.availability import is_available


@pytest.mark.parametrize(
    ("ready", "minimum", "ready_for", "available"),
    [
        (False, 0, 100, False),
        (True, 0, None, True),
        (True, 0, 0, True),
        (True, 10, None, False),
        (True, 10, 9, False),
        (True, 10, 10, True),
    ],
)
def test_a_pod_is_available_when_it_was_ready_for_long_enough(
    ready: bool, minimum: int, ready_for: int | None, available: bool
) -> None:
    assert is_available(ready, minimum, ready_for) is available
