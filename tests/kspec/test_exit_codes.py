"""One table of exit codes, each with the runs that end with it."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import attrs
import pytest

from kspec import Progress, Result
from kspec.cli.progress import Reporter
from kspec.engines import explicit
from kspec.kernel.registry import Pinned, registry
from kspec.kernel.result import Exit, worst
from tests.kspec.cli_runner import COUNTERS, SPECS, Kspec, counter, kspec, store

__all__ = ["kspec"]

TOO_FAR = counter("too-far")
SURE = "updates_of_one_version_never_both_succeed"

TABLE: list[tuple[Exit, str, tuple[str, ...], str]] = [
    # code, what it shows, the command line, a word that must be printed
    (Exit.ESTABLISHED, "every property holds", ("check", counter("finite")), "HOLDS"),
    (Exit.ESTABLISHED, "by the reference engine too", ("check", counter("finite"), "--engine", "reference"), "HOLDS"),
    (
        Exit.ESTABLISHED,
        "a sample is what fuzz was asked for",
        ("fuzz", counter("finite"), "--examples", "5"),
        "SAMPLED",
    ),
    (Exit.ESTABLISHED, "an expected violation was found", ("check", store("known-bug")), "expected violations"),
    (Exit.ESTABLISHED, "a property chosen by a glob holds", ("check", store("cas"), "--property", "the_*"), "HOLDS"),
    (Exit.VIOLATED, "a property is violated", ("check", TOO_FAR), "VIOLATED"),
    (Exit.VIOLATED, "by the reference engine too", ("check", TOO_FAR, "--engine", "reference"), "VIOLATED"),
    (Exit.VIOLATED, "fuzz finds a violation", ("fuzz", TOO_FAR), "VIOLATED"),
    (Exit.VIOLATED, "a setting breaks a property", ("check", store("cas"), "--set", "demo.compare=off"), SURE),
    (Exit.USAGE, "an unknown system", ("check", "no.such.system"), "unknown system no.such.system"),
    (Exit.USAGE, "an unknown system to fuzz", ("fuzz", "no.such.system"), "unknown system no.such.system"),
    (Exit.USAGE, "an unknown system in a file", ("check", f"{COUNTERS}::nothing"), "count.finite"),
    (Exit.USAGE, "no such spec file", ("check", str(SPECS / "spec_counter.py")), "spec_counters.py"),
    (Exit.USAGE, "an unknown property", ("check", store("cas"), "--property", "updates_of_one"), SURE),
    (Exit.USAGE, "an unknown setting", ("check", store("cas"), "--set", "demo.compar=off"), "demo.compare"),
    (Exit.USAGE, "an unknown value", ("check", store("cas"), "--set", "demo.compare=of"), "real, off"),
    (Exit.USAGE, "a setting without a value", ("check", store("cas"), "--set", "demo.compare"), "NAME=VALUE"),
    (Exit.USAGE, "an unknown option", ("check", store("cas"), "--max-stats", "3"), "--max-states"),
    (Exit.USAGE, "an option of another command", ("check", store("cas"), "--examples", "3"), "--examples"),
    (Exit.USAGE, "a number that is none", ("check", store("cas"), "--max-states", "many"), "many"),
    (Exit.USAGE, "an unknown engine", ("check", store("cas"), "--engine", "z4"), "reference"),
    (Exit.USAGE, "an unknown command", ("chekc",), "check"),
    (
        Exit.USAGE,
        "no command",
        (),
        "say what is to be done: check, fuzz, prove, replay, why, list (see `kspec --help`)",
    ),
    (Exit.USAGE, "nothing to explain", ("why",), "say what is to be explained: pod, request, rights (see `kspec why"),
    (Exit.USAGE, "nothing to fuzz", ("fuzz",), "SYSTEM"),
    (Exit.USAGE, "manifests' options without manifests", ("check", store("cas"), "--with", "rollout"), "-f"),
    (Exit.USAGE, "an unknown theorem", ("prove", "no_such_theorem_at_all"), "no_such_theorem_at_all"),
    (Exit.USAGE, "no such trace", ("replay", "nowhere.itf.json"), "no such file"),
    (Exit.USAGE, "nothing of that name to list", ("list", "setings"), "settings"),
    (Exit.USAGE, "an action of the spec raises", ("check", counter("raising")), "ZeroDivisionError"),
    (Exit.INCONCLUSIVE, "too many states", ("check", counter("endless"), "--max-states", "100"), "states: 100"),
    (Exit.INCONCLUSIVE, "too deep", ("check", counter("endless"), "--max-depth", "7"), "depth: 7"),
    (Exit.INCONCLUSIVE, "too long", ("check", counter("endless"), "--max-time", "0.2"), "seconds: 0.2"),
    (Exit.INCONCLUSIVE, "too large", ("check", counter("endless"), "--max-memory", "1"), "memory: 1 MB"),
    (Exit.SANITY, "a witness is not met", ("check", counter("vacuous")), "VACUOUS"),
    (Exit.SANITY, "an action is never enabled", ("check", counter("dead")), "waiter.wait"),
    (Exit.SANITY, "an expected violation is not there", ("check", store("cured-bug")), "was not found"),
    (Exit.SANITY, "nothing is promised", ("check", counter("unpromising")), "no property"),
    (Exit.UNTRUSTWORTHY, "an action is impure", ("check", counter("impure")), "counter.jump"),
    (Exit.UNTRUSTWORTHY, "an impure action to fuzz", ("fuzz", counter("impure")), "counter.jump"),
]


@pytest.mark.parametrize(
    ("code", "arguments", "word"),
    [pytest.param(code, arguments, word, id=f"{code.value}: {what}") for code, what, arguments, word in TABLE],
)
def test_a_run_ends_with_its_code_and_says_why(kspec: Kspec, code: Exit, arguments: tuple[str, ...], word: str) -> None:
    ran = kspec(*arguments)
    assert ran.code == code, ran.out + ran.err
    assert word in ran.out + ran.err
    if code is Exit.USAGE:
        assert ran.err.startswith("kspec: ")
        assert ran.err.count("\n") == 1


def test_every_code_but_internal_and_interrupted_is_in_the_table() -> None:
    assert {row[0] for row in TABLE} == set(Exit) - {Exit.INTERNAL, Exit.INTERRUPTED}


@pytest.mark.parametrize(
    ("code", "systems"),
    [
        (Exit.UNTRUSTWORTHY, ("impure", "raising", "too-far", "vacuous")),
        (Exit.USAGE, ("finite", "raising", "too-far", "vacuous")),
        (Exit.VIOLATED, ("vacuous", "too-far", "endless", "finite")),
        (Exit.SANITY, ("endless", "vacuous", "finite")),
        (Exit.INCONCLUSIVE, ("finite", "endless")),
    ],
)
def test_the_worst_code_of_a_run_wins(kspec: Kspec, code: Exit, systems: tuple[str, ...]) -> None:
    ran = kspec("check", *(counter(name) for name in systems), "--max-states", "50")
    assert ran.code == code, ran.out
    for name in systems:
        assert f"count.{name}" in ran.out


def test_codes_have_one_order() -> None:
    order = [5, 70, 2, 1, 130, 4, 3, 0]
    for better, worse in itertools.pairwise(reversed(order)):
        assert worst([Exit(better), Exit(worse)]) == worse


def test_a_saved_trace_is_reproduced_and_diverges_under_another_setting(kspec: Kspec) -> None:
    assert kspec("check", store("cas"), "--set", "demo.compare=off").code == Exit.VIOLATED
    trace = f"reports/demo.cas/{SURE}.itf.json"
    again = kspec("replay", trace)
    assert (again.code, again.first.split(":")[0]) == (Exit.ESTABLISHED, "REPRODUCED")
    other = kspec("replay", trace, "--set", "demo.compare=real")
    assert (other.code, other.first.split(":")[0]) == (Exit.UNTRUSTWORTHY, "DIVERGED")
    assert "step 4" in other.out


def test_a_counterexample_that_diverges_is_untrustworthy(kspec: Kspec, monkeypatch: pytest.MonkeyPatch) -> None:
    explore = explicit.explore

    def lying(*arguments: Any, **options: Any) -> Result:
        result = explore(*arguments, **options)
        (found,) = result.properties
        assert found.trace is not None
        states = (*found.trace.states[:-2], (7,), found.trace.states[-1])
        trace = attrs.evolve(found.trace, states=states)
        return attrs.evolve(result, properties=(attrs.evolve(found, trace=trace),))

    monkeypatch.setattr(explicit, "explore", lying)
    ran = kspec("check", TOO_FAR)
    assert (ran.code, ran.first.split(":")[0]) == (Exit.UNTRUSTWORTHY, "DIVERGED")
    assert "step 2" in ran.out
    assert not Path("reports").exists()


def test_a_fault_of_kspec_is_an_internal_error_with_its_traceback_in_a_file(
    kspec: Kspec, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(explicit, "explore", None)
    ran = kspec("check", counter("finite"))
    assert ran.code == Exit.INTERNAL
    assert "internal error: TypeError" in ran.err
    path = Path(ran.err.strip().rsplit(" ", 1)[1])
    assert "Traceback" in path.read_text(encoding="utf-8")
    path.unlink()


@pytest.mark.parametrize(("system", "code"), [("endless", Exit.INTERRUPTED), ("endless-and-too-far", Exit.VIOLATED)])
def test_an_interrupted_run_tells_what_it_found(
    kspec: Kspec, monkeypatch: pytest.MonkeyPatch, system: str, code: Exit
) -> None:
    def interrupt(self: Reporter, progress: Progress) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Reporter, "__call__", interrupt)
    ran = kspec("check", counter(system), counter("finite"), "--json", "partial.json", "--max-time", "60")
    assert ran.code == code
    assert "distinct" in ran.out
    assert "not checked: interrupted" in ran.out
    document = json.loads(Path("partial.json").read_text(encoding="utf-8"))
    assert (document["exit"], len(document["systems"])) == (code, 2)


def test_control_c_ends_a_run_with_130_and_no_traceback(tmp_path: Path) -> None:
    heard = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"  # also where tests run detached
    command = [sys.executable, "-c", f"{heard}; from kspec.cli import main; main()", "check", counter("endless")]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None and "distinct" in process.stderr.readline()  # it is on its way
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == Exit.INTERRUPTED
    assert out.startswith("INCONCLUSIVE")
    assert "distinct" in out
    assert "Traceback" not in out + err


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-c", "from kspec.cli import main; main()", "check", counter("finite")]
    done = subprocess.run(
        command, cwd=tmp_path, stdout=writing, stderr=subprocess.PIPE, text=True, timeout=60, check=False
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (Exit.ESTABLISHED, "")


def test_a_pinned_count_that_changed_is_a_sanity_failure(kspec: Kspec, monkeypatch: pytest.MonkeyPatch) -> None:
    assert kspec("check", "store.cas").code == Exit.ESTABLISHED
    monkeypatch.setitem(registry.pinned, "store.cas", Pinned(1, 2, 3))
    ran = kspec("check", "store.cas")
    assert ran.code == Exit.SANITY
    assert "pinned 1 / 2 / depth 3" in ran.out
    assert kspec("check", "store.cas", "--max-states", "5").code == Exit.INCONCLUSIVE


def test_limits_leave_a_violation_standing(kspec: Kspec) -> None:
    ran = kspec("check", counter("endless-and-too-far"), "--max-states", "100")
    assert ran.code == Exit.VIOLATED
    assert "states: 100" in ran.out
