"""A recording against all components that it speaks of, and against the API server's answers where it has them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import attrs

from kspec.kernel.result import Verdict
from kspec.kube.cluster import Component
from kspec_models.controllers.deployment.reconcile import deployment
from kspec_models.controllers.replicaset.reconcile import replicaset
from kspec_models.scheduler.schedule import scheduler
from tests.conformance.recordings import cluster_recording, short
from tests.conformance.recordings.answers import Answers, compare
from tests.conformance.recordings.events import COMPONENTS, Event, Recording
from tests.conformance.recordings.follow import Followed, follow
from tests.conformance.recordings.kubelets import KUBELET, NOTE, follow_kubelets

MODELS: dict[str, Callable[[], Component]] = {
    "deployment": lambda: deployment,
    "replicaset": lambda: replicaset,
    "scheduler": scheduler,
}


@attrs.frozen
class Judged:
    """What came out of one recording."""

    recording: Recording
    followed: tuple[Followed, ...]
    answers: Answers | None = None

    @property
    def verdict(self) -> Verdict:
        """REFUTED if one component cannot have done what was recorded, or the API server cannot have answered so;
        PENDING if one was not followed to the end, or would do more there; VACUOUS if there was nothing to explain;
        else ACCEPTED."""
        unexplained = self.answers.unexplained if self.answers else ()
        if unexplained or any(each.refuted_at is not None for each in self.followed):
            return Verdict.REFUTED
        if not self.events and not (self.answers and self.answers.explained):
            return Verdict.VACUOUS
        if any(each.limit or each.pending for each in self.followed):
            return Verdict.PENDING
        return Verdict.ACCEPTED

    @property
    def explained(self) -> int:
        """How many of the components' commits their models made."""
        return sum(each.explained for each in self.followed)

    @property
    def events(self) -> int:
        """How many commits the components made."""
        return sum(each.events for each in self.followed)

    @property
    def divergence(self) -> Event | None:
        """The first event that a model cannot make."""
        refuted = [each.refuted_at for each in self.followed if each.refuted_at is not None]
        return self.recording.events[min(refuted)] if refuted else None

    def lines(self) -> list[str]:
        """The report: one line, then one for each component that has something to say."""
        given = len(self.recording.events) - self.events
        lines = [
            f"{self.recording.name}: {self.verdict.value}, {self.explained} of {self.events} commits explained"
            f" ({given} more are given)"
        ]
        for each in self.followed:
            lines.append(
                f"  {each.component}: {each.explained} of {each.events}, at most {each.largest} states agree at once"
            )
            if each.limit:
                lines.append(f"    not followed to the end: {each.limit}")
            if each.refuted_at is not None:
                lines.append(
                    f"    refuted at event {each.refuted_at + 1}: {self.recording.events[each.refuted_at].text}"
                )
                lines += [f"      possible there: {what}" for what in each.possible or ("no commit",)]
            lines += [f"    would still do at the end: {what}" for what in each.pending]
        if self.answers is not None:
            lines.append(f"  answers: {self.answers.explained} of {self.answers.requests} explained")
            lines += [f"    not explained: {line}" for line in self.answers.unexplained]
            lines += [f"    not modelled: {line}" for line in dict.fromkeys(self.answers.not_modelled)]
        return lines


def judge(recording: Recording, answers: Answers | None = None) -> Judged:
    """Follow every component that commits something in the recording."""
    speaking = [name for name in COMPONENTS if any(event.by == name for event in recording.events)]
    if KUBELET in speaking:
        recording = attrs.evolve(recording, notes=(*recording.notes, NOTE))
    return Judged(recording, tuple(followed(recording, name) for name in speaking), answers)


def followed(recording: Recording, component: str) -> Followed:
    """How far the model of a component can follow."""
    return follow_kubelets(recording) if component == KUBELET else follow(recording, MODELS[component]())


def judge_folder(folder: Path) -> Judged:
    """Judge a recording of a real cluster, with the answers. Raises UsageError."""
    return judge(cluster_recording.read(folder), compare(folder))


def judge_file(path: Path) -> Judged:
    """Judge a recording in the project's own form. Raises UsageError."""
    return judge(short.read(path))
