"""Recordings of a real cluster against the models: see docs/conformance.md."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import attrs
import pytest

from kspec.engines.tables import Ids
from kspec.kernel.errors import UsageError
from kspec.kernel.result import Verdict
from kspec.kernel.settings import applied
from kspec.kube.cache import Api
from kspec.kube.objects import Phase, Pod
from kspec.kube.residual import Reconcile
from kspec_models.controllers.replicaset import reconcile
from tests.conformance.record import DOCUMENT
from tests.conformance.recordings import __main__ as runner
from tests.conformance.recordings import answers, follow, short, table
from tests.conformance.recordings.events import Event, Recording
from tests.conformance.recordings.judge import Judged, judge, judge_file, judge_folder

SHORT = sorted((Path(__file__).parent / "recordings").glob("*.yaml"))
ROLLOUT, RETRY = (
    Path(__file__).parent / "recordings" / f"{name}.yaml" for name in ("rollout", "status_after_conflict")
)

THIN = (
    "adopt",
    "cas",
    "cascade_orphan",
    "deploy_create",
    "paused_stuck",
    "recreate",
    "rolling_default",
    "rolling_surge0",
    "rollover_rollback",
    "scale",
    "unschedulable",
)
"""The recordings in which nothing happens that the thin cluster could not speak of."""


@cache
def judged(name: str) -> Judged:
    return judge_folder(table.default_folder() / name)


@pytest.fixture
def folder() -> Path:
    found = table.default_folder()
    if not found.is_dir():
        pytest.skip(f"no recordings in {found}; set {table.VARIABLE} to a folder of recordings")
    return found


def changed(recording: Recording, position: int, event: Event) -> Recording:
    """The recording up to one event, and another one instead of it."""
    return attrs.evolve(recording, events=(*recording.events[:position], event))


def place(recording: Recording, text: str) -> int:
    """Where the first event with this text is."""
    return next(i for i, event in enumerate(recording.events) if text in event.text)


# ---- recordings in the project's own form


@pytest.mark.parametrize("path", SHORT, ids=lambda path: path.stem)
def test_a_short_recording_is_accepted(path: Path) -> None:
    found = judge_file(path)
    assert found.verdict is Verdict.ACCEPTED, found.lines()
    assert found.explained == found.events > 0 and found.divergence is None


def test_a_recording_that_ends_too_early_is_pending_and_says_what_would_still_be_done() -> None:
    recording = short.read(ROLLOUT)
    found = judge(recording.until(place(recording, "user: Deployment web template") + 1))
    assert found.verdict is Verdict.PENDING
    assert any("POST replicasets" in what for each in found.followed for what in each.pending)
    assert any("would still do at the end" in line for line in found.lines())


def test_a_surplus_pod_is_refuted_where_it_is_created() -> None:
    recording = short.read(ROLLOUT)
    at = place(recording, "ReplicaSet web 1 status_replicas 0 → 1")
    created = recording.events[place(recording, "Pod a is created")]
    found = judge(changed(recording, at, attrs.evolve(created, name=1)))
    assert found.verdict is Verdict.REFUTED and found.divergence is not None
    assert found.divergence.cls is Pod and found.divergence.name == 1
    (refuted,) = [each for each in found.followed if each.refuted_at is not None]
    assert refuted.component == "replicaset" and refuted.refuted_at == at
    assert any("status_replicas 0 → 1" in what for what in refuted.possible)


def test_a_size_above_the_surge_is_refuted() -> None:
    recording = short.read(ROLLOUT)
    at = place(recording, "ReplicaSet web 2 is created")
    event = recording.events[at]
    found = judge(changed(recording, at, attrs.evolve(event, after=attrs.evolve(event.after, replicas=2))))
    assert found.verdict is Verdict.REFUTED and found.divergence is not None
    assert found.divergence.by == "deployment"


def test_a_status_that_counts_nobodys_pods_is_refuted() -> None:
    recording = short.read(RETRY)
    at = place(recording, "ReplicaSet web 1 status_replicas 0 → 1")
    event = recording.events[at]
    found = judge(changed(recording, at, attrs.evolve(event, after=attrs.evolve(event.after, status_replicas=2))))
    assert found.verdict is Verdict.REFUTED


def test_a_pod_that_does_not_fit_is_refuted_for_the_scheduler() -> None:
    recording = short.read(ROLLOUT)
    full = tuple(attrs.evolve(node, allocatable=(("pods", 0),)) for node in recording.nodes)
    found = judge(attrs.evolve(recording, nodes=full))
    assert [each.component for each in found.followed if each.refuted_at is not None] == ["scheduler"]


def test_a_status_after_a_conflict_needs_the_second_write(monkeypatch: pytest.MonkeyPatch) -> None:
    def once(replicaset: Any, status: dict[str, int], api: Api) -> Reconcile:
        yield api.update_status(replicaset, **status)

    monkeypatch.setattr(reconcile, "write_status", once)
    found = judge_file(RETRY)
    assert found.verdict is Verdict.REFUTED and found.divergence is not None
    assert found.divergence.text == "replicaset: ReplicaSet web 1 status_replicas 0 → 1"


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("deployment.new-missing", "one-more"),
        ("deployment.old", "kept"),
        ("deployment.scale-down", "one-too-few"),
        ("replicaset.difference", "one-too-many"),
        ("replicaset.difference", "never-deletes"),
        ("replicaset.status", "one-short"),
        ("scheduler.nodes", "unseen"),
        ("kubelet.kill", "never"),
    ],
)
def test_a_broken_twin_is_refuted_by_the_short_rollout(setting: str, value: str) -> None:
    with applied({setting: value}):
        assert judge_file(ROLLOUT).verdict is Verdict.REFUTED


@pytest.mark.parametrize(
    ("text", "change", "possible"),
    [
        ("kubelet: Pod a phase Pending → Running", {"phase": Phase.SUCCEEDED}, "phase Pending → Running, initialized"),
        ("kubelet: Pod a phase Pending → Running", {"initialized": False}, "phase Pending → Running, initialized"),
        ("kubelet: Pod a phase Running → Succeeded", {"ready": True}, "phase Running → Failed"),
    ],
)
def test_a_status_that_no_kubelet_writes_is_refuted(text: str, change: dict[str, Any], possible: str) -> None:
    recording = short.read(ROLLOUT)
    at = place(recording, text)
    event = recording.events[at]
    found = judge(changed(recording, at, attrs.evolve(event, after=attrs.evolve(event.after, **change))))
    (refuted,) = [each for each in found.followed if each.refuted_at is not None]
    assert (refuted.component, refuted.refuted_at) == ("kubelet", at)
    assert any(possible in what for what in refuted.possible)


def test_a_pod_that_is_removed_before_its_final_phase_is_written_is_refuted() -> None:
    recording = short.read(ROLLOUT)
    at = place(recording, "kubelet: Pod a phase Running → Succeeded")
    event = recording.events[at]
    found = judge(changed(recording, at, attrs.evolve(event, after=None)))
    assert [each.component for each in found.followed if each.refuted_at == at] == ["kubelet"]


class Eager(follow.Follower):
    """Tries everything that needs no commit before everybody's commits."""

    def having_read(self, states: set[Ids], event: Event) -> set[Ids]:
        return set(self.silently(states))


def test_trying_everything_before_everybodys_commits_makes_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    recordings = [short.read(path) for path in SHORT]
    ends = [recording.until(n) for recording in recordings for n in range(1, len(recording.events), 4)]
    late = [
        changed(recording, n, recording.events[n + 1])
        for recording in recordings
        for n in range(len(recording.events) - 1)
        if recording.events[n].name != recording.events[n + 1].name and recording.events[n + 1].before is not None
    ]
    lazy = [outcome(judge(recording)) for recording in (*recordings, *ends, *late)]
    monkeypatch.setattr(follow, "Follower", Eager)
    assert [outcome(judge(recording)) for recording in (*recordings, *ends, *late)] == lazy
    assert {verdict for verdict, *_ in lazy} >= {Verdict.ACCEPTED, Verdict.PENDING, Verdict.REFUTED}


def outcome(found: Judged) -> tuple[Verdict, list[tuple[str, int, int | None, tuple[str, ...]]]]:
    return found.verdict, [(each.component, each.explained, each.refuted_at, each.possible) for each in found.followed]


def test_beyond_its_limit_of_states_a_recording_is_pending(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow, "MOST_STATES", 1)
    found = judge_file(ROLLOUT)
    assert found.verdict is Verdict.PENDING
    assert any("more than 1 states before event" in each.limit for each in found.followed)


# ---- the runner


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("events: [", "cannot be read as YAML"),
        ("name: nothing", "it has no list `events`"),
        ("events: [{by: user, create: Deployment web}]", "event 1: KeyError: 'replicas'"),
        ("events: [{by: user, change: Deployment web, replicas: 1}]", "event 1: KeyError"),
    ],
)
def test_a_file_that_is_no_recording_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, says: str
) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(text)
    assert runner.main([str(path)]) == 2
    assert says in capsys.readouterr().err


def test_a_folder_without_recordings_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert runner.main([str(tmp_path)]) == 2
    assert "no recording" in capsys.readouterr().err
    (tmp_path / "watch.jsonl.gz").write_bytes(b"not gzip")
    with pytest.raises(UsageError, match=r"meta\.json: no recording here"):
        judge_folder(tmp_path)


def test_the_runner_says_how_much_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert runner.main([str(ROLLOUT)]) == 0
    first = capsys.readouterr().out.splitlines()[0]
    assert re.fullmatch(
        r"a rollout of one replica: ACCEPTED, (\d+) of \1 commits explained \(3 more are given\)", first
    )


# ---- recordings of a real cluster


@pytest.mark.parametrize("name", THIN)
def test_what_a_real_cluster_did_is_a_behaviour_of_the_models(folder: Path, name: str) -> None:
    found = judged(name)
    assert found.verdict is Verdict.ACCEPTED, "\n".join(found.lines())
    assert found.explained == found.events


def test_every_commit_of_the_kubelets_is_explained(folder: Path) -> None:
    kubelets = [
        each for path in runner.found([folder]) for each in judged(path.name).followed if each.component == "kubelet"
    ]
    assert sum(each.events for each in kubelets) == sum(each.explained for each in kubelets) > 300
    assert not any(each.pending or each.limit for each in kubelets)


@pytest.mark.parametrize("twin", ["kubelet.readiness=ignored", "kubelet.kill=never", "kubelet.liveness=ignored"])
def test_which_broken_kubelets_the_recordings_can_tell(folder: Path, twin: str) -> None:
    with applied(dict([twin.split("=")])):
        refuted = judge_folder(folder / "rolling_surge0").verdict is Verdict.REFUTED
    assert refuted is (twin != "kubelet.liveness=ignored")  # no liveness probe fails in them


def test_every_answer_to_concurrent_updates_is_explained_but_for_a_precondition(folder: Path) -> None:
    found = judged("cas").answers
    assert found is not None and found.explained == found.requests - 1 > 200
    assert [line.rpartition(": ")[2] for line in found.not_modelled] == ["preconditions of a delete are not modelled"]


def test_without_the_compare_the_conflicts_of_the_recording_are_not_explained(folder: Path) -> None:
    with applied({"store.compare": "off"}):
        assert len(answers.compare(folder / "cas").unexplained) > 100


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("deployment.create", "at-full-size"),
        ("deployment.missing", "ignored"),
        ("deployment.new-missing", "one-more"),
        ("deployment.old", "kept"),
        ("deployment.scale-down", "one-too-many"),
        ("deployment.scale-down", "whole"),
        ("deployment.surge", "one-too-many"),
        ("store.compare", "off"),
    ],
)
def test_a_broken_twin_is_refuted_by_a_real_rollout(folder: Path, setting: str, value: str) -> None:
    with applied({setting: value}):
        assert judge_folder(folder / "rolling_surge0").verdict is Verdict.REFUTED


def test_the_table_in_the_documentation_is_that_of_a_run(folder: Path) -> None:
    found = [judged(path.name) for path in runner.found([folder])]
    assert table.recorded(DOCUMENT.read_text()) == table.table(found)


def test_what_is_refuted_is_explained_in_the_documentation(folder: Path) -> None:
    section = DOCUMENT.read_text().partition("**What is refuted, and why.**")[2]
    named = re.findall(r"^\| (\w+) \| ", section, re.MULTILINE)[1:]
    assert named == [path.name for path in runner.found([folder]) if judged(path.name).verdict is Verdict.REFUTED]
