"""What the command line reads, prints and writes."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kspec import Limits, Progress, Result, Story, Verdict
from kspec.cli import COMMANDS, MODULES
from kspec.cli.progress import LINE_EVERY, Reporter, sentence
from kspec.kernel import registry as specs
from kspec.kernel.registry import Entry, registry
from kspec.kernel.trace import Lane, StoryStep
from tests.kspec.cli_runner import COUNTERS, LOST_UPDATE, Kspec, counter, kspec, store

__all__ = ["kspec"]

SURE = "updates_of_one_version_never_both_succeed"
SUFFIXES = (".itf.json", ".svg", ".txt")


@pytest.fixture
def only_these_specs(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The registry without installed specs, given back afterwards."""
    for name in ("systems", "theorems", "components", "services"):
        monkeypatch.setattr(registry, name, {})
    monkeypatch.setattr(registry, "loaded", True)
    yield


# ---- help


def test_every_command_is_listed_with_the_help_that_it_gives_itself(kspec: Kspec) -> None:
    ran = kspec("--help")
    assert ran.code == 0
    for name, said in COMMANDS.items():
        command = importlib.import_module(f"kspec.cli.{MODULES.get(name, name)}").command
        assert command.name == name
        assert command.get_short_help_str(limit=200) == said
        assert said in ran.out


def test_help_of_a_command_names_its_options_and_defaults(kspec: Kspec) -> None:
    ran = kspec("check", "--help")
    assert ran.code == 0
    for option in ("--set", "--property", "--engine", "--max-states", "--max-time", "--json", "--out", "-q", "-f"):
        assert option in ran.out
    assert "default: explicit" in ran.out


def test_the_version_is_the_installed_one(kspec: Kspec) -> None:
    from importlib.metadata import version

    assert kspec("--version").out == f"kspec {version('kspec')}\n"


# ---- what is printed


@pytest.mark.parametrize(
    ("arguments", "first"),
    [
        (("check", counter("finite")), "HOLDS: the_count_is_never_negative of count.finite"),
        (("check", store("cas")), "HOLDS: 2 properties of demo.cas"),
        (("check", store("cas"), counter("finite")), "HOLDS: 3 properties of 2 systems"),
        (
            ("check", store("known-bug"), counter("finite")),
            "HOLDS: 2 properties of 2 systems, and 1 expected violation",
        ),
        (("check", store("known-bug"), "--property", SURE), f"VIOLATED: {SURE} of demo.known-bug, as expected"),
        (("check", counter("too-far")), "VIOLATED: the_count_stays_below_three (count.too-far)"),
        (("check", counter("vacuous")), "VACUOUS: ninety_nine_is_good (count.vacuous)"),
        (("check", counter("dead")), "VACUOUS: count.dead: waiter.wait is never enabled"),
        (
            ("check", counter("endless"), "--max-depth", "3"),
            "INCONCLUSIVE: the_count_is_never_negative (count.endless)",
        ),
        (("check", counter("raising")), "ERROR: count.raising: could not be checked"),
        (("fuzz", counter("finite"), "--examples", "4"), "SAMPLED: the_count_is_never_negative of count.finite"),
    ],
)
def test_the_first_line_is_the_verdict(kspec: Kspec, arguments: tuple[str, ...], first: str) -> None:
    assert kspec(*arguments).first.startswith(first)


def test_a_verdict_is_printed_with_all_that_qualifies_it(kspec: Kspec) -> None:
    out = kspec("check", store("cas"), "--max-depth", "2").out
    for line in (
        "scope clients: 2",
        "limited by:",
        "· depth: 2",
        "assumptions:",
        "· a client asks once",
        "not modelled:",
        "· deletion",
        "not applicable: leader election",
        "not complete",
    ):
        assert line in out


def test_a_setting_is_printed_with_the_verdict(kspec: Kspec) -> None:
    assert "settings demo.compare: off" in kspec("check", store("cas"), "--set", "demo.compare=off").out


def test_a_violation_is_told_step_by_step_with_its_clause(kspec: Kspec) -> None:
    out = kspec("check", store("cas"), "--set", "demo.compare=off").out
    assert out.count("PUT") >= 2
    assert "both clients read version 0 and both were answered 200 OK" in out


def test_expected_violations_stand_apart_at_the_end(kspec: Kspec) -> None:
    ran = kspec("check", store("known-bug"), store("cas"))
    assert ran.code == 0
    end = ran.out[ran.out.index("expected violations: known bugs, found on purpose, pictures written") :]
    assert "demo.known-bug" in end
    assert f"{SURE}.svg" in end.replace("\n", "").replace(" ", "")
    assert "demo.cas" not in end


def test_a_property_glob_skips_systems_without_such_a_property(kspec: Kspec) -> None:
    ran = kspec("check", COUNTERS, store("cas"), "--property", "the_version_*", "--property", "ninety*")
    assert "demo.cas" in ran.out
    assert "count.vacuous" in ran.out
    assert "count.finite" not in ran.out
    assert SURE not in ran.out


def test_one_file_stands_for_all_of_its_systems(kspec: Kspec) -> None:
    ran = kspec("check", LOST_UPDATE)
    assert ran.code == 4
    for name in ("demo.cas", "demo.known-bug", "demo.cured-bug"):
        assert name in ran.out


def test_a_system_in_a_file_is_found_by_its_functions_name_too(kspec: Kspec) -> None:
    assert kspec("check", f"{LOST_UPDATE}::cas").first == "HOLDS: 2 properties of demo.cas"


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ("import kspec\nkspec.system(", 2, "'(' was never closed"),
        ("import kspec\n\n\nkspec.sistem('a')\n", 4, "AttributeError"),
        ("from no_such_package import x\n", 1, "ModuleNotFoundError"),
        ("\nimport sys\nsys.exit(0)\n", 3, "SystemExit"),
    ],
)
def test_a_file_that_cannot_be_imported_is_refused_with_its_line(kspec: Kspec, text: str, line: int, word: str) -> None:
    Path("broken_spec.py").write_text(text, encoding="utf-8")
    ran = kspec("check", "broken_spec.py")
    assert (ran.code, ran.out) == (2, "")
    assert f"broken_spec.py:{line}: " in ran.err
    assert word in ran.err


def test_a_file_without_a_system_is_refused_with_what_to_do(kspec: Kspec) -> None:
    Path("empty_spec.py").write_text("import kspec\n", encoding="utf-8")
    ran = kspec("check", "empty_spec.py")
    assert ran.code == 2
    assert '@system("name")' in ran.err


# ---- without arguments


def test_a_check_of_nothing_in_particular_takes_the_quick_systems(
    kspec: Kspec, only_these_specs: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for entry in specs.load_file(Path(LOST_UPDATE)):
        if entry.name != "demo.cured-bug":
            registry.systems[entry.name] = Entry(entry.name, entry.build, "", entry.name != "demo.cas", "")
    ran = kspec("check", "-q")
    assert (ran.code, ran.err) == (0, "")
    assert ran.first == f"VIOLATED: {SURE} of demo.known-bug, as expected; not violated: 1 property"
    assert "demo.cas" not in ran.out


def test_a_check_without_quick_systems_says_what_to_do(kspec: Kspec, only_these_specs: None) -> None:
    ran = kspec("check")
    assert ran.code == 2
    assert "name a system or a file" in ran.err


def test_proving_without_a_theorem_proves_nothing(kspec: Kspec, only_these_specs: None) -> None:
    ran = kspec("prove")
    assert (ran.code, ran.out) == (2, "")
    assert "no theorem is installed" in ran.err


# ---- files


def test_a_counterexample_is_written_as_trace_picture_and_text(kspec: Kspec) -> None:
    ran = kspec("check", counter("too-far"))
    folder = Path("reports/count.too-far")
    assert sorted(p.name for p in folder.iterdir()) == [f"the_count_stays_below_three{s}" for s in SUFFIXES]
    for path in folder.iterdir():
        assert str(path) in ran.out
    trace = json.loads((folder / "the_count_stays_below_three.itf.json").read_text(encoding="utf-8"))
    assert trace["#meta"]["how"]["system"] == "count.too-far"
    assert len(trace["states"]) == 4
    assert "<svg" in (folder / "the_count_stays_below_three.svg").read_text(encoding="utf-8")


def test_no_folder_is_made_without_a_counterexample(kspec: Kspec) -> None:
    kspec("check", store("cas"))
    assert list(Path().iterdir()) == []


def test_out_names_the_folder_of_one_system(kspec: Kspec) -> None:
    kspec("check", counter("too-far"), "--out", "here")
    assert {p.name for p in Path("here").iterdir()} == {f"the_count_stays_below_three{s}" for s in SUFFIXES}
    assert not Path("reports").exists()


def test_out_holds_a_folder_for_each_of_several_systems(kspec: Kspec) -> None:
    kspec("check", counter("too-far"), store("known-bug"), "--out", "here")
    assert sorted(p.name for p in Path("here").iterdir()) == ["count.too-far", "demo.known-bug"]


def test_a_folder_that_cannot_be_written_is_said_and_hides_no_verdict(kspec: Kspec) -> None:
    Path("taken").write_text("a file", encoding="utf-8")
    ran = kspec("check", counter("too-far"), "--out", "taken/below")
    assert ran.code == 2
    assert "taken/below" in ran.err
    assert "VIOLATED" in ran.out


def test_json_to_standard_output_is_nothing_but_json(kspec: Kspec) -> None:
    ran = kspec("check", counter("too-far"), "--json", "-", "-q")
    document = json.loads(ran.out)
    assert document["schema"] == "kspec-result/1"
    assert (document["verdict"], document["exit"]) == ("VIOLATED", 1)
    assert document["command"] == ["kspec", "check", counter("too-far"), "--json", "-", "-q"]
    assert document["systems"][0]["name"] == "count.too-far"
    assert ran.err.startswith("VIOLATED: ")


def test_json_names_traces_relative_to_its_own_folder(kspec: Kspec) -> None:
    Path("results").mkdir()
    assert kspec("check", counter("too-far"), "--json", "results/run.json").code == 1
    document = json.loads(Path("results/run.json").read_text(encoding="utf-8"))
    trace = document["systems"][0]["properties"][0]["trace"]
    assert (Path("results") / trace["file"]).resolve().is_file()
    assert (trace["steps"], trace["loop_at"]) == (3, None)


def test_json_that_cannot_be_written_is_said(kspec: Kspec) -> None:
    ran = kspec("check", counter("finite"), "--json", "no/such/folder.json")
    assert ran.code == 2
    assert "--json no/such/folder.json" in ran.err


def test_results_and_traces_are_the_same_under_two_hash_seeds(tmp_path: Path) -> None:
    found = []
    for seed in ("1", "2"):
        folder = tmp_path / seed
        folder.mkdir()
        command = [sys.executable, "-c", "from kspec.cli import main; main()", "check"]
        command += [LOST_UPDATE, "replicaset.forgetful", "--json", "-"]
        done = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            timeout=60,
            check=False,
        )
        document = json.loads(done.stdout)
        for system in document["systems"]:
            del system["seconds"], system["peak_memory_mb"]
        traces = {p.name: p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}
        found.append((document, traces))
    assert found[0] == found[1]
    assert len(found[0][1]) == 6


# ---- replay


def test_a_trace_is_replayed_from_another_folder(kspec: Kspec, monkeypatch: pytest.MonkeyPatch) -> None:
    kspec("check", counter("too-far"))
    elsewhere = Path("elsewhere")
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    ran = kspec("replay", "../reports/count.too-far/the_count_stays_below_three.itf.json")
    assert (ran.code, ran.first.split(":")[0]) == (0, "REPRODUCED")


def test_a_spec_beside_the_user_is_kept_relative_and_found_above_the_trace(
    kspec: Kspec, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("my_counters.py").write_text(Path(COUNTERS).read_text(encoding="utf-8"), encoding="utf-8")
    kspec("check", "my_counters.py::count.too-far")
    trace = Path("reports/count.too-far/the_count_stays_below_three.itf.json")
    assert json.loads(trace.read_text(encoding="utf-8"))["#meta"]["how"]["file"] == "my_counters.py"
    monkeypatch.chdir(trace.parent)
    assert kspec("replay", trace.name).code == 0


def test_a_trace_whose_spec_is_gone_says_so(kspec: Kspec) -> None:
    spec = Path("short_lived.py")
    spec.write_text(Path(COUNTERS).read_text(encoding="utf-8"), encoding="utf-8")
    kspec("check", "short_lived.py::count.too-far")
    spec.unlink()
    ran = kspec("replay", "reports/count.too-far/the_count_stays_below_three.itf.json")
    assert ran.code == 2
    assert "short_lived.py" in ran.err


@pytest.mark.parametrize("text", ["", "{", "[]", '{"states": []}', '{"#meta": {"how": {}}, "vars": [], "states": []}'])
def test_a_file_that_is_no_trace_is_refused(kspec: Kspec, text: str) -> None:
    Path("bad.itf.json").write_text(text, encoding="utf-8")
    ran = kspec("replay", "bad.itf.json")
    assert ran.code == 2
    assert "bad.itf.json" in ran.err


ROLLOUT_DEADLOCK = """\
apiVersion: v1
kind: Node
metadata: {name: only}
status: {allocatable: {cpu: "4", memory: 8Gi, pods: "110"}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: edge}
spec:
  replicas: 1
  selector: {matchLabels: {app: edge}}
  template:
    metadata: {labels: {app: edge}}
    spec:
      containers:
      - name: edge
        image: registry.example/edge:1
        ports: [{containerPort: 443, hostPort: 443}]
"""


def test_a_trace_of_a_cluster_is_replayed_in_the_layout_in_which_it_was_found(kspec: Kspec) -> None:
    assert kspec("check", "replicaset.stale", "--set", "replicaset.expectations=off").code == 1
    trace = "reports/replicaset.stale/no_surplus_pods.itf.json"
    assert kspec("replay", trace).first == f"REPRODUCED: {trace}"
    other = kspec("replay", trace, "--set", "replicaset.expectations=on")
    assert other.code == 5
    assert "replicaset.sync web" in other.first


def test_a_trace_from_manifests_is_replayed_from_them(kspec: Kspec, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("edge.yaml").write_text(ROLLOUT_DEADLOCK, encoding="utf-8")
    ran = kspec("check", "-f", "edge.yaml", "--with", "rollout", "--rungs", "rollout")
    assert (ran.code, ran.first) == (1, "VIOLATED: a_rollout_completes (edge)")
    trace = "reports/edge/a_rollout_completes.itf.json"
    assert kspec("replay", trace).first == f"REPRODUCED: {trace}"
    monkeypatch.chdir("reports")
    assert kspec("replay", "edge/a_rollout_completes.itf.json").code == 0
    Path("../edge.yaml").write_text(ROLLOUT_DEADLOCK.replace("hostPort: 443", "name: https"), encoding="utf-8")
    other = kspec("replay", "edge/a_rollout_completes.itf.json")
    assert (other.code, other.first.split(":")[0]) == (5, "DIVERGED")
    Path("../edge.yaml").unlink()
    assert "manifest edge.yaml" in kspec("replay", "edge/a_rollout_completes.itf.json").err


# ---- list


@pytest.mark.parametrize(
    ("what", "word"),
    [
        ("systems", "Two clients and one object."),
        ("properties", SURE),
        ("settings", "real | off"),
        ("scopes", "clients: 2"),
    ],
)
def test_what_there_is_is_listed(kspec: Kspec, what: str, word: str) -> None:
    ran = kspec("list", what, LOST_UPDATE)
    assert ran.code == 0
    assert word in ran.out


def test_a_system_is_one_line_of_the_list(kspec: Kspec, only_these_specs: None) -> None:
    lines = kspec("list", "systems", LOST_UPDATE).out.splitlines()
    assert [line.split()[0] for line in lines[2:]] == ["demo.cas", "demo.cured-bug", "demo.known-bug"]


def test_an_empty_list_says_so(kspec: Kspec, only_these_specs: None) -> None:
    assert kspec("list", "components").out == "no components\n"


# ---- manifests


class Manifests:
    """A manifests service that notes what it is asked."""

    rungs = {"fresh": "every cache is fresh"}  # noqa: RUF012 - read only

    def __init__(self) -> None:
        self.asked: dict[str, Any] = {}

    def check(self, paths: list[str], **asked: Any) -> list[Result]:
        """Everything holds."""
        self.asked = {"paths": paths, **asked}
        return [Result("web", "explicit", Verdict.HOLDS, True, (), 5, 7, 3, 0.0, 0, ())]

    def show_run(self, paths: list[str], **asked: Any) -> list[Story]:
        """One short story."""
        self.asked = {"paths": paths, **asked}
        user, api = Lane("user", "user"), Lane("api", "API server", "the truth")
        step = StoryStep(1, "user", "call", "POST deployments/web", answer="201 Created")
        return [Story("web", "a run", "A run.", "run", {}, (user, api), (step,), "It ran.")]


@pytest.fixture
def manifests(only_these_specs: None) -> Manifests:
    """The service, offered."""
    found = registry.services["manifests"] = Manifests()
    return found


def test_manifests_are_handed_to_their_service_with_every_option(kspec: Kspec, manifests: Manifests) -> None:
    ran = kspec(
        "check",
        *("-f", "a.yaml", "-f", "b.yaml", "--with", "rollout,scale", "--with", "controller-crash", "--nodes", "2"),
        *(
            "--caches",
            "scheduler=delayed,kubelet=fresh",
            "--rungs",
            "all",
            "--engine",
            "reference",
            "--max-states",
            "9",
        ),
        *("--property", "a*"),
    )
    assert ran.code == 0, ran.err
    asked = manifests.asked
    assert asked["paths"] == ["a.yaml", "b.yaml"]
    assert asked["with_"] == ["rollout", "scale", "controller-crash"]
    assert (asked["nodes"], asked["rungs"], asked["engine"]) == (2, "all", "reference")
    assert asked["caches"] == {"scheduler": "delayed", "kubelet": "fresh"}
    assert asked["properties"] == ["a*"]
    assert isinstance(asked["limits"], Limits)
    assert (asked["limits"].states, asked["limits"].seconds) == (9, 60.0)


def test_a_run_of_manifests_is_told_on_request(kspec: Kspec, manifests: Manifests) -> None:
    ran = kspec("check", "-f", "a.yaml", "--show-run")
    assert ran.code == 0
    assert "POST deployments/web" in ran.out


def test_rungs_are_those_of_the_service(kspec: Kspec, manifests: Manifests) -> None:
    assert "every cache is fresh" in kspec("list", "rungs").out


def test_manifests_without_a_service_are_refused(kspec: Kspec, only_these_specs: None) -> None:
    ran = kspec("check", "-f", "a.yaml")
    assert ran.code == 2
    assert "no installed spec checks manifests" in ran.err


@pytest.mark.parametrize("given", ["scheduler=late", "never"])
def test_an_unknown_way_to_be_late_is_refused(kspec: Kspec, manifests: Manifests, given: str) -> None:
    ran = kspec("check", "-f", "a.yaml", "--caches", given)
    assert ran.code == 2
    assert "coalesced" in ran.err


# ---- progress


def progress(elapsed: float) -> Progress:
    """A run, so far."""
    return Progress(elapsed, 12, 30_000, 90_000, 400, 64, "memory: 512 MB")


def test_progress_says_all_that_a_long_run_must_say() -> None:
    assert sentence(progress(3.0)) == (
        "3 s · depth 12 · 30,000 distinct · 90,000 generated · queue 400 · 10,000 distinct/s · 64 MB"
        " · first limit memory: 512 MB"
    )


def test_progress_is_a_plain_line_every_two_seconds_where_there_is_no_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert LINE_EVERY <= 2
    with Reporter() as reporter:
        reporter.start("some.system", 2, 3)
        for tenth in range(1, 61):
            reporter(progress(tenth / 10))
    out, err = capsys.readouterr()
    assert out == ""
    assert [line.split(" s ")[0] for line in err.splitlines()] == [
        "[2/3] some.system: 2",
        "[2/3] some.system: 4",
        "[2/3] some.system: 6",
    ]


def test_quiet_runs_say_nothing_of_their_progress(capsys: pytest.CaptureFixture[str]) -> None:
    with Reporter(quiet=True) as reporter:
        reporter.start("some.system")
        reporter(progress(10.0))
    assert capsys.readouterr() == ("", "")


def test_a_long_run_shows_its_progress_on_standard_error_only(kspec: Kspec) -> None:
    ran = kspec("check", counter("endless"), "--max-time", "3")
    assert "first limit seconds: 3" in ran.err
    assert "first limit" not in ran.out


def test_one_time_is_for_all_systems_of_a_run(kspec: Kspec) -> None:
    ran = kspec("check", counter("endless"), counter("finite"), "--max-time", "0.2")
    assert ran.code == 3
    assert "not checked: the time of the run was used up" in ran.out
