"""Where daemon pods belong, failed ones, and the limits of an update: `op` should-run, failed-pods, counts."""

from __future__ import annotations

from typing import Any

from kspec.kube.objects import Node, Phase
from kspec_models.controllers.daemonset import decisions, rollout
from kspec_models.helpers.int_or_percent import int_or_percent
from kspec_models.scheduler.filters import node_affinity
from tests.conformance.adapters import _objects
from tests.conformance.interface import Given, Skip

TOPIC = "daemonset-should-run"

_LABELS = {"name": "simple-daemon", "type": "production"}


def answer(given: Given) -> Any:
    """What the model says."""
    match given["op"]:
        case "should-run":
            return _should_run(given)
        case "failed-pods":
            return _failed_pods(given)
        case "counts":
            surge, unavailable = (int_or_percent(given[name] or 0) for name in ("maxSurge", "maxUnavailable"))
            limits = rollout.limits(given["desired"], surge, unavailable)
            return {"maxSurge": limits.surge, "maxUnavailable": limits.unavailable}
    raise Skip(f"op {given['op']}")


def _should_run(given: Given) -> Any:
    template = given["template"]
    spec = _objects.pod_spec(template)
    node = Node(
        "test-node", _objects.labels(_LABELS), tuple(_objects.taint(each) for each in given.get("taints") or ())
    )
    tolerations = decisions.daemon_tolerations(spec.tolerations, template.get("hostNetwork", False))
    placement = decisions.node_should_run(
        template.get("nodeName"), node.name, node_affinity.matches(spec, node), node.taints, tolerations
    )
    return {"should_run": placement.should_run, "should_continue": placement.should_continue}


def _failed_pods(given: Given) -> Any:
    pods = (decisions.DaemonPod(Phase.FAILED),) * given["failed"] + (decisions.DaemonPod(),) * given["normal"]
    actions = [decisions.node_actions(decisions.Placement(True, True), pods) for _ in range(given["nodes"])]
    return {
        "creates": sum(1 for each in actions if each.create),
        "deletes": sum(len(each.delete) for each in actions),
    }
