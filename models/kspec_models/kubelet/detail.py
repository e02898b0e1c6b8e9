"""How much of the life of containers a kubelet's model shows: what its actions ask of a level of detail.

The kubelet's actions (`agent`) are the same at each level; a level says what runs is called, how it starts and ends,
and what status that gives, by the same decisions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from kspec.kernel.values import Value
from kspec.kube.actor import Actor, Here

Alternatives = Iterator[tuple[Any, ...]]
"""What may happen: why, and the changes of the kubelet's own variables."""


class Detail(Protocol):
    """A level of detail. `pod` is what the kubelet sees of a pod: None, if it sees none."""

    @property
    def variables(self) -> Mapping[str, Value]:
        """What is kept of each pod on its node, with its value before anything runs."""

    @property
    def forgets(self) -> tuple[str, ...]:
        """Which of these the kubelet only remembers, and loses when it ends."""

    @property
    def not_modelled(self) -> tuple[str, ...]:
        """What it leaves out."""

    @property
    def reports(self) -> str:
        """Why a status is written, in words."""

    def start(self, pod: Any, here: Here) -> Alternatives:
        """What is started for a pod that is not being deleted."""

    def stop(self, pod: Any, here: Here) -> Alternatives:
        """What is ended, of a pod that is being deleted or gone (or else has to end)."""

    def status(self, pod: Any, here: Here) -> Mapping[str, Value] | None:
        """The fields of the status as the kubelet would write them now; None: it writes none."""

    def may_be_removed(self, pod: Any, here: Here) -> bool:
        """Whether a pod that is being deleted may go from the API."""

    def is_nothing(self, here: Here) -> bool:
        """Whether nothing of a pod is left on its node, not even a record."""

    def forgotten(self, here: Here) -> tuple[Any, ...]:
        """Changes by which nothing is kept of a pod any more, that is gone."""

    def further(self, actor: Actor) -> None:
        """Give the kubelet the further actions that only this level has."""
