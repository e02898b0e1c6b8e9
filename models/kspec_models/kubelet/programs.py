"""What the programs in containers do: the environment of the kubelet, which it must cope with.

Init containers finish in the end, and so do containers with an image of `ending`; a program that was told to end does.
All others run until something happens to them: `exits` times one ends by itself, `troubles` times one is busy for a
while (its readiness probe fails) or hangs (its liveness probe fails, too), and `losses` times a whole sandbox is lost
with all that runs in it (K28).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import attrs

from kspec.kernel.actions import Role
from kspec.kube.actor import Actor, Here
from kspec.kube.cache import Api
from kspec.kube.objects import Pod
from kspec_models.kubelet.agent import bound
from kspec_models.kubelet.life import containers_of, is_init, is_sidecar
from kspec_models.kubelet.runtime import Health, Process, Runtime


def programs(
    *,
    exits: int = 0,
    exit_codes: Iterable[int] = (0, 1),
    troubles: int = 0,
    losses: int = 0,
    ending: frozenset[str] = frozenset(),
) -> Actor:
    """The programs of all containers, with budgets for what may happen to them."""
    codes = tuple(exit_codes)
    actor = Actor(
        "programs",
        watches=(Pod,),
        here={"runtime": Runtime()},
        own={"exits": 0, "troubles": 0, "losses": 0},
        sees={Pod: bound},
        member=Pod,
        role=Role.ENVIRONMENT,
        assumes=(f"of programs at most: exits {exits}, troubles {troubles}, lost sandboxes {losses}",),
    )

    def changed(here: Here, i: int, process: Process) -> Any:
        return here.set(runtime=here.runtime.replaced(i, process))

    @actor.each(Pod, fair=True)
    def finish(pod: Any, here: Here, api: Api) -> Iterator[Any]:
        for i, process in here.runtime.running():
            if process.signalled:
                yield "a program that was told to end does", changed(here, i, process.ended(0))
            elif pod is not None and finishes(pod.spec, i, ending):
                name = containers_of(pod.spec)[i].name
                yield f"{name} has done its work: exit 0", changed(here, i, process.ended(0))

    @actor.each(Pod, fair=True)
    def serve(pod: Any, here: Here, api: Api) -> Iterator[Any]:
        for i, process in here.runtime.running():
            if process.health in (Health.STARTING, Health.BUSY):
                serving = attrs.evolve(process, health=Health.SERVING)
                yield "a program answers its readiness probe", changed(here, i, serving)

    if exits:

        @actor.each(Pod)
        def exit(pod: Any, here: Here, api: Api) -> Iterator[Any]:
            if here.exits < exits:
                for i, process in here.runtime.running():
                    for code in () if process.signalled else codes:
                        yield (
                            f"a program ends by itself: exit {code}",
                            changed(here, i, process.ended(code)),
                            here.set(exits=here.exits + 1),
                        )

    if troubles:

        @actor.each(Pod)
        def trouble(pod: Any, here: Here, api: Api) -> Iterator[Any]:
            if here.troubles < troubles:
                for i, process in here.runtime.running():
                    for health in () if process.health is not Health.SERVING else (Health.BUSY, Health.HUNG):
                        troubled = attrs.evolve(process, health=health)
                        counted = here.set(troubles=here.troubles + 1)
                        yield f"a program is {health.value}", changed(here, i, troubled), counted

    if losses:

        @actor.each(Pod)
        def lose(pod: Any, here: Here, api: Api) -> Iterator[Any]:
            if here.losses < losses and here.runtime.sandbox:
                yield "the sandbox is lost", here.set(runtime=here.runtime.lost(), losses=here.losses + 1)

    return actor


def finishes(spec: Any, i: int, ending: frozenset[str]) -> bool:
    """Whether a program ends by itself once its work is done."""
    return (is_init(spec, i) and not is_sidecar(spec, i)) or containers_of(spec)[i].image in ending
