"""What `kspec list` prints where standard output is no terminal."""

from __future__ import annotations

import pytest

from .cli_runner import Kspec
from .cli_runner import kspec as kspec


@pytest.mark.parametrize("what", ["systems", "properties", "settings", "scopes"])
def test_a_list_that_is_piped_is_no_wider_than_can_be_read(kspec: Kspec, what: str) -> None:
    lines = kspec("list", what).out.splitlines()
    assert len(lines) > 100 and max(map(len, lines)) <= 160


def test_of_many_systems_a_few_are_named_and_the_others_counted(kspec: Kspec) -> None:
    out = kspec("list", "properties").out
    assert ", and 3 more" in " ".join(out.split())
