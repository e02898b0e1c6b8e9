"""What is deleted in which turn, and what is said of what is left.

Upstream: `pkg/controller/namespace/deletion/namespaced_resources_deleter.go` deleteAllContent;
`status_condition_utils.go` ProcessContentTotals (W130).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import attrs

PODS = "pods"

FINALIZER = "kubernetes"
"""The entry of spec.finalizers that stands for this controller: while it is there, the content is not gone."""


@attrs.frozen
class Left:
    """One object that is still in the namespace, and what keeps it."""

    resource: str
    finalizers: tuple[str, ...] = ()


def turns(resources: Sequence[str], ordered: bool) -> tuple[tuple[str, ...], ...]:
    """Which resources are deleted together, turn by turn: no turn begins while anything of an earlier one is left.

    `ordered`: pods come first, so that nothing that protects them (a NetworkPolicy, say) goes before they have ended.
    """
    if not ordered or PODS not in resources:
        return (tuple(resources),)
    return ((PODS,), tuple(resource for resource in resources if resource != PODS))


def content_remaining(left: Sequence[Left]) -> str:
    """The message of NamespaceContentRemaining; "": the condition is not true."""
    counts = sorted(Counter(each.resource for each in left).items())
    told = ", ".join(f"{resource}. has {number} resource instances" for resource, number in counts)
    return f"Some resources are remaining: {told}" if told else ""


def finalizers_remaining(left: Sequence[Left]) -> str:
    """The message of NamespaceFinalizersRemaining; "": the condition is not true."""
    counts = sorted(Counter(name for each in left for name in each.finalizers).items())
    told = ", ".join(f"{name} in {number} resource instances" for name, number in counts)
    return f"Some content in the namespace has finalizers remaining: {told}" if told else ""


def is_done(left: Sequence[Left]) -> bool:
    """Whether the namespace may go."""
    return not left
