"""ConfigMaps and Secrets as containers see them: an environment is read once, a volume follows.

Models `pkg/kubelet/kubelet_pods.go` makeEnvironmentVariables (the environment is made when a container is created, and
nothing changes it while the container runs) and `pkg/volume/configmap`, `pkg/volume/secret` (the files of a volume are
written anew, all at once, some time after the object has changed: the kubelet's sync of the pod, and the delay of its
own cache, `pkg/kubelet/util/manager`). A container whose object does not exist is not created
(CreateContainerConfigError) until it does.

This is a level of detail that adds to another one: what runs, and how it starts and ends, is that one's.

Simplified: every pod takes the same objects, each as environment and as volume; one update of all volumes of a pod is
one step. Not modelled: see `NOT_MODELLED`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import attrs

from kspec.kernel.values import Ref, Value
from kspec.kube.actor import Actor, Here
from kspec.kube.cache import Api
from kspec.kube.core import ConfigMap, Secret
from kspec.kube.objects import Labels, Pod
from kspec_models.kubelet.detail import Alternatives, Detail
from kspec_models.kubelet.together import Together

NOT_MODELLED = (
    "optional references, single keys, volumes by subPath (which are never updated), projected volumes",
    "the refusal of updates of an immutable ConfigMap or Secret, and that kubelets stop to watch those",
)


@attrs.frozen
class Content:
    """What was read of one object."""

    name: str
    data: Labels

    def told(self, called: Callable[[Ref], str]) -> str:
        """Name and data."""
        return f"{self.name} {','.join(f'{key}={value}' for key, value in self.data)}"


Contents = frozenset[Content]
"""What was read of all."""


@attrs.frozen
class Source:
    """A ConfigMap or a Secret that pods take."""

    cls: type
    name: str


def environment_after(environment: Contents | None, seen: Contents) -> Contents | None:
    """What the environment of containers that run becomes when the kubelet sees this: it stays as it is."""
    return environment


def volume_after(volume: Contents | None, seen: Contents) -> Contents | None:
    """What the files of a volume become when the kubelet sees this: the same."""
    return seen


@attrs.frozen
class Configured:
    """Pods that take their configuration from these objects."""

    sources: tuple[Source, ...]
    of: Detail = attrs.field(factory=Together)

    @property
    def variables(self) -> Mapping[str, Value]:
        """What runs, and what it sees of its configuration; None: nothing, it does not run."""
        return {**self.of.variables, "environment": None, "volume": None}

    @property
    def forgets(self) -> tuple[str, ...]:
        """Nothing of it is only remembered: it is in processes and files."""
        return self.of.forgets

    @property
    def not_modelled(self) -> tuple[str, ...]:
        """What both leave out."""
        return (*self.of.not_modelled, *NOT_MODELLED)

    @property
    def reports(self) -> str:
        """Why a status is written."""
        return self.of.reports

    def seen(self, here: Here) -> Contents | None:
        """The objects as the kubelet sees them; None if one does not exist."""
        found: dict[str, Any] = {source.name: here.cache.get(source.cls, source.name) for source in self.sources}
        if None in found.values():
            return None
        return frozenset(Content(name, each.data) for name, each in found.items())

    def start(self, pod: Any, here: Here) -> Alternatives:
        """Containers start with the environment and the files of that moment."""
        seen = self.seen(here)
        if seen is not None:
            for why, *changes in self.of.start(pod, here):
                yield why, *changes, here.set(environment=seen, volume=seen)

    def stop(self, pod: Any, here: Here) -> Alternatives:
        """With the containers their environment and their files go."""
        for why, *changes in self.of.stop(pod, here):
            yield why, *changes, here.set(environment=None, volume=None)

    def status(self, pod: Any, here: Here) -> Mapping[str, Value] | None:
        """The other level's."""
        return self.of.status(pod, here)

    def may_be_removed(self, pod: Any, here: Here) -> bool:
        """The other level's."""
        return self.of.may_be_removed(pod, here)

    def is_nothing(self, here: Here) -> bool:
        """The other level's."""
        return self.of.is_nothing(here)

    def forgotten(self, here: Here) -> tuple[Any, ...]:
        """The other level's."""
        return self.of.forgotten(here)

    def further(self, actor: Actor) -> None:
        """The volumes of a pod follow the objects."""
        self.of.further(actor)
        actor.watches = tuple(dict.fromkeys((*actor.watches, *[source.cls for source in self.sources])))

        @actor.each(Pod)
        def update_volumes(pod: Any, here: Here, api: Api) -> Iterator[Any]:
            seen = self.seen(here) if here.volume is not None else None
            if seen is None:
                return
            environment, volume = environment_after(here.environment, seen), volume_after(here.volume, seen)
            if (environment, volume) != (here.environment, here.volume):
                yield "its objects have changed", here.set(environment=environment, volume=volume)


def from_config_map(name: str) -> Source:
    """A ConfigMap."""
    return Source(ConfigMap, name)


def from_secret(name: str) -> Source:
    """A Secret."""
    return Source(Secret, name)
