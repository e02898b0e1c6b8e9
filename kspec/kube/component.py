"""Components: what takes part in a cluster, as the cluster sees it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

import attrs

from kspec.kernel.actions import Action, Update, Var
from kspec.kernel.values import Ref, Value
from kspec.kube.watch import Kind, View

if TYPE_CHECKING:
    from kspec.kube.cluster import Cluster

Writes = list[tuple[Var, Update]]


@attrs.frozen
class Seen:
    """An object as an observer sees it: its view, and what it is called."""

    kind: Kind
    observer: str
    view: View
    name: str | Ref


class Component(Protocol):
    """What takes part in a cluster."""

    @property
    def name(self) -> str:
        """The actor's name."""

    @property
    def watches(self) -> tuple[type, ...]:
        """The kinds that its cache holds."""

    @property
    def not_modelled(self) -> tuple[str, ...]:
        """What a reader of a verdict must know that the model leaves out."""

    def selects(self, kind: type) -> Callable[[Any], bool] | None:
        """What its watch of a kind selects; None: everything."""

    def variables(self, cluster: Cluster) -> Mapping[str, Value]:
        """Its own variables."""

    def member_variables(self, cluster: Cluster) -> Mapping[type, Mapping[str, Value]]:
        """Its own variables for each member of a kind with generated names."""

    def actions(self, cluster: Cluster) -> Iterable[Action]:
        """What it may do."""

    def observed(self, cluster: Cluster, before: Seen | None, after: Seen | None) -> Writes:
        """What its memory learns from an event."""
