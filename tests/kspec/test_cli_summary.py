"""Many systems at once: a line each, all of what is not as it should be, and nothing said twice."""

from __future__ import annotations

import re
from pathlib import Path

from kspec.cli.summary import MANY, joined, verdicts
from kspec.run import check

from .cli_runner import Kspec
from .cli_runner import kspec as kspec


def test_what_is_said_of_several_components_is_said_once() -> None:
    lines = ("a: the queue", "b: clocks", "c: the queue", "all of it", "a: the queue")
    assert joined(lines) == ["a, c: the queue", "b: clocks", "all of it"]


def test_a_system_is_summed_up_by_its_verdicts() -> None:
    assert verdicts(check("store.cas", properties=["no_update_is_lost"])) == "1 HOLDS"
    forgetful = check("replicaset.forgetful", properties=["no_surplus_pods"])
    assert verdicts(forgetful) == "1 VIOLATED as expected"


MANY_SYSTEMS = """
import kspec


def system(number):
    def up(see):
        if see("n") < number:
            yield kspec.Step([("n", kspec.Set(see("n") + 1))])

    @kspec.invariant()
    def the_count_stays_small(see):
        "The count stays below ten."
        return see("n") < 10

    @kspec.system(f"counter.{number}")
    def build():
        return kspec.System(f"counter.{number}", {"n": 0}, [kspec.Action("counter", "up", up)], [the_count_stays_small])


for number in range(1, 15):
    system(number)
"""
"""Of these, counter.10 and later ones count too far."""


def test_of_many_systems_each_has_a_line_and_only_those_with_trouble_are_told_in_full(
    kspec: Kspec, tmp_path: Path
) -> None:
    (tmp_path / "counters.py").write_text(MANY_SYSTEMS, encoding="utf-8")
    ran = kspec("check", "counters.py")
    rows = re.findall(r"^ (counter\.\d+) +1 (HOLDS|VIOLATED) ", ran.out, re.MULTILINE)
    assert rows == [(f"counter.{n}", "VIOLATED" if n > 9 else "HOLDS") for n in range(1, 15)] and len(rows) > MANY
    assert re.findall(r"^(counter\.\d+) · explicit", ran.out, re.MULTILINE) == [f"counter.{n}" for n in range(10, 15)]
    assert ran.code == 1


def test_expected_violations_that_were_not_asked_for_are_not_looked_for(kspec: Kspec) -> None:
    ran = kspec("check", "deployment.deadlock", "replicaset.crash", "--property", "no_surplus_pods")
    assert (ran.code, ran.first) == (0, "HOLDS: 2 properties of 2 systems")
