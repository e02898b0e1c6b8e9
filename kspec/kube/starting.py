"""What the actors of a cluster hold in a state, beside the objects: containers that run, the rules of a node.

Only what differs from the beginning, and only of components: how often a user has acted is in the story itself. The
work in progress of controllers and what they remember are not told.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kspec.kernel.actions import Role, Var
from kspec.kernel.values import Value
from kspec.kernel.world import State, World

if TYPE_CHECKING:
    from kspec.kube.cluster import Cluster, Component

KUBELET = "kubelet"
"""Whose the variables of members are that no component declares."""


def own_variables(world: World, cluster: Cluster, state: State) -> Iterator[tuple[str, Var, Value]]:
    """Actor, variable (without the actor's name) and value of each that is not as in the beginning."""
    resources = {kind.resource for kind in cluster.kinds.values()}
    owners = {
        variable: component.name
        for component in reversed([c for c in cluster.components if _acts_by_itself(c)])
        for variables in component.member_variables(cluster).values()
        for variable in variables
    }
    for variable in world.family_of:
        if variable in resources:
            continue
        for member, position in enumerate(world.columns[variable]):
            if state[position] != world.initial[position]:
                yield owners.get(variable, KUBELET), (variable, member), state[position]
    for component in [c for c in cluster.components if _is_actor(c) and _acts_by_itself(c)]:
        mine = f"{component.name}/"  # what a monitor keeps for properties is called otherwise, and is nobody's
        for name in component.variables(cluster):
            position = world.position[name]
            if name.startswith(mine) and state[position] != world.initial[position]:
                yield component.name, name.removeprefix(mine), state[position]


def _acts_by_itself(component: Component) -> bool:
    return getattr(component, "role", Role.COMPONENT) is Role.COMPONENT


def _is_actor(component: Component) -> bool:
    """Whether it is no controller: the variables of those are work in progress, and memory."""
    return not isinstance(getattr(component, "of", None), type)
