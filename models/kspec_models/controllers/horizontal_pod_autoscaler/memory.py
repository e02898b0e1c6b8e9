"""What the autoscaler remembers: the sizes that it recommended within the stabilisation window.

Models the recommendations of `pkg/controller/podautoscaler/horizontal.go` (recordInitialRecommendation and
stabilizeRecommendation).

Times are abstract: a recommendation is within the window until the window has passed it (`time`), the oldest first. The
last one stays, since every reconcile renews it. A size that is recommended again counts from then on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import attrs

from kspec.kernel.actions import Lens, Role, Set, Update, whole
from kspec.kube.actor import Actor, Effect, Here
from kspec.kube.autoscaling import HorizontalPodAutoscaler
from kspec.kube.cache import Api, Cached
from kspec_models.controllers.horizontal_pod_autoscaler.behavior import Past

CONTROLLER = "horizontal-pod-autoscaler"
"""The controller's name."""

Sizes = tuple[int, ...]
"""Recommended sizes, the oldest first, each once."""


def recorded(sizes: Sizes | None, current: int, asked: int) -> Sizes:
    """The recommendations with a new one. The first time, the size now counts as the one before (W116)."""
    before = (current,) if sizes is None else sizes
    return (*[size for size in before if size != asked], asked)


class Recommendations:
    """What a reconcile may ask of its key's recommendations, and how it adds one."""

    initial: Any = None

    def __init__(self, ask: Callable[[Lens], Any], remember: Callable[[Update], None], variable: str) -> None:
        self._ask, self._remember = ask, remember

    @property
    def past(self) -> tuple[Past, ...] | None:
        """Those of the window; None: there was no reconcile yet."""
        sizes: Sizes | None = self._ask(whole)
        return None if sizes is None else tuple([Past(size, 0) for size in sizes])

    def record(self, current: int, asked: int) -> None:
        """Add one."""
        before: Sizes | None = self._ask(whole)
        after = recorded(before, current, asked)
        if after != before:
            self._remember(Set(after))

    @staticmethod
    def observed(before: Cached | None, after: Cached | None) -> tuple[Update, ...]:
        """Events tell it nothing."""
        return ()


@attrs.frozen
class OldestForgotten:
    """The window has passed the oldest recommendation."""

    def __call__(self, sizes: Sizes) -> Sizes:
        return sizes[1:]


def time() -> Actor:
    """Time passes: in the end the window has passed every recommendation for an autoscaler but the last."""
    actor = Actor("time", watches=(HorizontalPodAutoscaler,), role=Role.ENVIRONMENT)

    @actor.each(HorizontalPodAutoscaler, fair=True)
    def pass_the_stabilisation_window(hpa: Any, here: Here, api: Api) -> Iterator[Any]:
        if hpa is None:
            return
        memory = f"{CONTROLLER}/{hpa.name}/memory"
        sizes: Sizes | None = here.cache.outside(memory)
        if sizes is not None and len(sizes) > 1:
            yield f"{sizes[0]} was recommended 5 minutes ago", Effect(memory, OldestForgotten())

    return actor
