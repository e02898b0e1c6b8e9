"""What a StatefulSet knows of its pods, which revision a new one gets, what it reports, who owns a claim.

Upstream: pkg/controller/statefulset/stateful_set_utils.go newVersionedStatefulSetPod, getStatefulSetMaxUnavailable,
completeRollingUpdate, updateClaimOwnerRefForSetAndPod; stateful_set_control.go updateStatus.

Simplified: of the history of revisions only what a decision asks remains: current, update, or another one. Whether a
pod is available comes in from outside (minReadySeconds needs a clock). Not modelled: the numbers of ControllerRevisions
and their clean-up (W68).
"""

from __future__ import annotations

import enum

import attrs

from kspec.kube.apps import PodManagement as PodManagement
from kspec.kube.apps import UpdateStrategy as UpdateStrategy
from kspec.kube.objects import IntOrPercent, Phase
from kspec_models.helpers.int_or_percent import resolve


class Revision(enum.Enum):
    """The version a pod was made from, as the StatefulSet's status names it."""

    CURRENT = "current"
    UPDATE = "update"
    OTHER = "other"


@attrs.frozen
class Identity:
    """A pod of the set as the cache has it. `phase` None: it was created in this very sync, nothing is reported yet."""

    ordinal: int
    revision: Revision
    phase: Phase | None = Phase.RUNNING
    ready: bool = True
    available: bool = True
    terminating: bool = False

    @property
    def finished(self) -> bool:
        """Failed or succeeded: it will be deleted, and made anew once it is gone (W61)."""
        return self.phase is Phase.FAILED or self.phase is Phase.SUCCEEDED

    @property
    def running_and_ready(self) -> bool:
        """Running, and its condition Ready is true; also while it terminates."""
        return self.phase is Phase.RUNNING and self.ready

    @property
    def running_and_available(self) -> bool:
        """Ready for minReadySeconds; also while it terminates."""
        return self.running_and_ready and self.available

    @property
    def unavailable(self) -> bool:
        """Not available, or terminating."""
        return not self.running_and_available or self.terminating


@attrs.frozen
class Spec:
    """spec of a StatefulSet, and what its status said before.

    `partition` None: updateStrategy has no stanza rollingUpdate. `status_current_replicas`: status.currentReplicas as
    read. `max_unavailable` None: the gate MaxUnavailableStatefulSet is off (the default in 1.36; W65). `settled`: the
    current and the update revision are one; its pods are UPDATE, and count as both.
    """

    replicas: int
    management: PodManagement = PodManagement.ORDERED_READY
    strategy: UpdateStrategy = UpdateStrategy.ROLLING_UPDATE
    partition: int | None = 0
    start: int = 0
    status_current_replicas: int = 0
    max_unavailable: IntOrPercent | None = None
    settled: bool = False
    deleting: bool = False


@attrs.frozen
class Status:
    """Numbers of pods. `current` may fall below zero: see `sync.rolling_update`."""

    replicas: int = 0
    ready: int = 0
    available: int = 0
    current: int = 0
    updated: int = 0


@attrs.frozen
class ClaimOwners:
    """Who a claim's owner references should name: its pod, the set, or nobody."""

    pod: bool
    set: bool


def in_range(ordinal: int, start: int, replicas: int) -> bool:
    """Whether the set wants a pod of this ordinal; others are condemned (W60, podInOrdinalRange)."""
    return start <= ordinal < start + replicas


def new_pod_revision(
    ordinal: int, strategy: UpdateStrategy, partition: int | None, start: int, status_current_replicas: int
) -> Revision:
    """The revision of a pod that is created (W66, newVersionedStatefulSetPod).

    With a partition, those below it get the current revision, whatever the strategy says. Without the stanza
    RollingUpdate goes by how many were current; OnDelete always takes the update revision.
    """
    if partition is not None:
        return Revision.CURRENT if ordinal < start + partition else Revision.UPDATE
    if strategy is UpdateStrategy.ROLLING_UPDATE and ordinal < start + status_current_replicas:
        return Revision.CURRENT
    return Revision.UPDATE


def max_unavailable(value: IntOrPercent | None, replicas: int) -> int:
    """How many may be unavailable during an update: a percentage rounds down, never below 1; none given is 1 (W65)."""
    return max(1, 1 if value is None else resolve(value, replicas, up=False))


def status_of(pods: tuple[Identity, ...], settled: bool = False) -> Status:
    """What is reported of pods (W71, updateStatus). Terminating ones are neither current nor updated."""
    created = tuple(pod for pod in pods if pod.phase is not None)
    living = tuple(pod for pod in created if not pod.terminating)
    updated = sum(1 for pod in living if pod.revision is Revision.UPDATE)
    return Status(
        replicas=len(created),
        ready=sum(1 for pod in created if pod.running_and_ready),
        available=sum(1 for pod in created if pod.running_and_available),
        current=updated if settled else sum(1 for pod in living if pod.revision is Revision.CURRENT),
        updated=updated,
    )


def completes_update(strategy: UpdateStrategy, replicas: int, status: Status) -> bool:
    """Whether the update revision becomes the current one (W67, completeRollingUpdate).

    Never with OnDelete, nor while a partition keeps older pods.
    """
    return (
        strategy is UpdateStrategy.ROLLING_UPDATE
        and status.updated == replicas
        and status.ready == replicas
        and status.replicas == replicas
    )


def claim_owners(delete_when_scaled: bool, delete_when_deleted: bool, condemned: bool) -> ClaimOwners:
    """Who should own a claim under spec.persistentVolumeClaimRetentionPolicy (W70, updateClaimOwnerRefForSetAndPod).

    A condemned pod takes its claim along if `delete_when_scaled`; otherwise the set does if `delete_when_deleted`.
    """
    by_pod = delete_when_scaled and condemned
    return ClaimOwners(pod=by_pod, set=delete_when_deleted and not by_pod)


def pod_creation_waits(delete_when_scaled: bool, claim_names_earlier_pod: bool) -> bool:
    """Whether a missing pod is not created yet: its claim still belongs to its predecessor (W69, PodClaimIsStale)."""
    return delete_when_scaled and claim_names_earlier_pod
