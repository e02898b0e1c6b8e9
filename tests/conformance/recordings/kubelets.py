"""The kubelets followed through a recording: each pod alone, with the full level of detail of the kubelet's model.

Kubelets never look at two pods together, so that the states which agree with a recording are once more a product: one
factor for each pod. In each, the programs of its containers do whatever the environment may (exit with 0 or 1 where
they are not restarted always, hang, be busy), without a commit.

The kubelets of the recordings are played: for every container they first report that it runs and later that it is
ready. A real one does so where the container has a readiness probe, so each is given one here.
"""

from __future__ import annotations

import attrs

from kspec.kube.objects import Container, ContainerProbe, Pod
from kspec_models.kubelet import kubelet
from kspec_models.kubelet.life import Life
from kspec_models.kubelet.programs import programs
from tests.conformance.recordings.events import Event, Recording
from tests.conformance.recordings.follow import Followed, follow

KUBELET = "kubelet"
NOTE = "each container is taken to have a readiness probe: the kubelets are played, and report running before ready"
ONCE = ContainerProbe(failure_threshold=1)


def probed(container: Container) -> Container:
    """The container with a readiness probe."""
    return container if container.readiness_probe is not None else attrs.evolve(container, readiness_probe=ONCE)


def as_followed(pod: Pod | None) -> Pod | None:
    """The pod as its kubelet is followed."""
    if pod is None:
        return None
    containers = tuple([probed(container) for container in pod.spec.containers])
    return attrs.evolve(pod, spec=attrs.evolve(pod.spec, containers=containers))


def of_pod(recording: Recording, number: int) -> tuple[Recording, list[int]]:
    """The events of one pod as a recording of its own, and where each of them was."""
    found: list[Event] = []
    places: list[int] = []
    for place, event in enumerate(recording.events):
        if event.cls is Pod and event.name == number:
            before, after = as_followed(event.before), as_followed(event.after)
            found.append(attrs.evolve(event, name=0, before=before, after=after))
            places.append(place)
    return attrs.evolve(recording, events=tuple(found)), places


def exits_of(alone: Recording) -> int:
    """How many programs of a pod may exit by themselves: none is known to, where they are restarted always."""
    return int(alone.events[0].after.spec.restart_policy != "Always")


def follow_kubelets(recording: Recording) -> Followed:
    """Follow the kubelets through what happens to every pod that one of them commits something of."""
    events = explained = largest = 0
    refuted: list[tuple[int, tuple[str, ...]]] = []
    pending: list[str] = []
    limit = ""
    numbers = {event.name for event in recording.events if event.by == KUBELET}
    for number in sorted(number for number in numbers if isinstance(number, int)):
        alone, places = of_pod(recording, number)
        found = follow(alone, kubelet(detail=Life()), beside=(programs(exits=exits_of(alone), troubles=1),))
        events, explained, largest = events + found.events, explained + found.explained, max(largest, found.largest)
        if found.refuted_at is not None:
            refuted.append((places[found.refuted_at], found.possible))
        pending += found.pending
        limit = limit or found.limit
    at, possible = min(refuted, default=(None, ()))
    return Followed(KUBELET, events, explained, largest, at, possible, tuple(dict.fromkeys(pending)), limit)
