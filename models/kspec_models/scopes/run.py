"""One run of a cluster without faults, as a story: the components act in turn, users only when all is quiet."""

from __future__ import annotations

from kspec.kernel.errors import Grew
from kspec.kernel.trace import Story, Trace
from kspec.kernel.world import Occurrence, State, World, changes_something, is_component
from kspec.kube.cluster import Cluster

LONGEST_RUN = 400
"""A run that has not come to rest by then is told as far as it went."""


def one_run(cluster: Cluster) -> Story:
    """Tell one run, from the first act to the last."""
    while True:
        system = cluster.system()
        try:
            trace = _run(World(system))
        except Grew:
            continue
        story: Story = system.narrator.story(trace)
        return story


def _run(world: World) -> Trace:
    states, steps = [world.initial], list[Occurrence]()
    while len(steps) < LONGEST_RUN:
        step = _next(world, states[-1], steps[-1] if steps else None)
        if step is None:
            break
        steps.append(step)
        states.append(world.apply(states[-1], step))
    what = "One run without faults: who does what, from the user's first request until all is quiet."
    name = world.system.name
    return Trace(name, "run", what, tuple(states), tuple(steps), world=world, reading="run")


def _next(world: World, state: State, last: Occurrence | None) -> Occurrence | None:
    """What happens next: a component goes on with what it does, then others, then users."""
    possible = [o for o in world.steps(state) if changes_something(world, state, o)]
    ours = [o for o in possible if is_component(o.action)]
    going_on = [o for o in ours if last is not None and o.action.actor == last.action.actor and o.action.name == "call"]
    return next(iter([*going_on, *ours, *possible]), None)
