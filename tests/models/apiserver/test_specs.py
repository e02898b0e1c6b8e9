"""What a spec must be to be stored: each rule refuses what breaks it, and what is legal passes."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from kspec.kernel.values import Ref
from kspec.kube.apps import DaemonSet, StatefulSet, UpdateStrategy
from kspec.kube.autoscaling import HorizontalPodAutoscaler
from kspec.kube.networking import HEADLESS, Ingress, IngressPath, Service, ServicePort, ServiceType
from kspec.kube.objects import (
    Deployment,
    LabelSelector,
    Percent,
    Pod,
    PodSpec,
    PodTemplate,
    ReplicaSet,
    Strategy,
    StrategyType,
    labels,
)
from kspec.kube.policy import PodDisruptionBudget
from kspec.kube.requests import Code, Request, Verb
from kspec_models.apiserver import serve, specs
from tests.models.apiserver.stored import Store

APP = LabelSelector(labels(app="web"))
TEMPLATE = PodTemplate(labels(app="web"))
OTHER = PodTemplate(labels(app="other"))
NEVER = PodTemplate(labels(app="web"), PodSpec(restart_policy="Never"))

LEGAL: dict[str, Any] = {
    "deployments": Deployment("web", APP, TEMPLATE),
    "replicasets": ReplicaSet("web", APP, TEMPLATE),
    "statefulsets": StatefulSet("web", APP, TEMPLATE),
    "daemonsets": DaemonSet("web", APP, TEMPLATE),
    "poddisruptionbudgets": PodDisruptionBudget("web", APP, min_available=1),
    "horizontalpodautoscalers": HorizontalPodAutoscaler("web", "web"),
    "services": Service("web", labels(app="web")),
    "ingresses": Ingress("web", (IngressPath("/", "web"),)),
}

BROKEN = [
    *[(kind, {"selector": LabelSelector()}, "spec.selector") for kind in list(LEGAL)[:4]],
    *[(kind, {"template": OTHER}, "spec.template.metadata.labels") for kind in list(LEGAL)[:4]],
    *[(kind, {"template": NEVER}, "spec.template.spec.restartPolicy") for kind in list(LEGAL)[:4]],
    ("deployments", {"strategy": Strategy(max_surge=0, max_unavailable=Percent(0))}, "maxUnavailable"),
    ("deployments", {"strategy": Strategy(max_surge=-1)}, "maxSurge"),
    ("deployments", {"strategy": Strategy(max_unavailable=Percent(101))}, "maxUnavailable"),
    ("deployments", {"min_ready_seconds": 600}, "spec.progressDeadlineSeconds"),
    ("statefulsets", {"start": -1}, "spec.ordinals.start"),
    ("statefulsets", {"partition": -1}, "partition"),
    ("statefulsets", {"max_unavailable": 0}, "maxUnavailable"),
    ("daemonsets", {"max_surge": 1}, "maxSurge"),
    ("daemonsets", {"max_unavailable": 0}, "maxUnavailable"),
    ("daemonsets", {"max_unavailable": 0, "max_surge": Percent(101)}, "maxSurge"),
    ("poddisruptionbudgets", {"max_unavailable": 1}, "spec"),
    ("poddisruptionbudgets", {"min_available": -1}, "spec.minAvailable"),
    ("poddisruptionbudgets", {"min_available": Percent(101)}, "spec.minAvailable"),
    ("horizontalpodautoscalers", {"min_replicas": 0}, "spec.minReplicas"),
    ("horizontalpodautoscalers", {"min_replicas": 2}, "spec.maxReplicas"),
    ("horizontalpodautoscalers", {"target_utilization": 0}, "averageUtilization"),
    ("services", {"ports": ()}, "spec.ports"),
    ("services", {"ports": (ServicePort(0),)}, "spec.ports[0].port"),
    ("services", {"ports": (ServicePort(80, 70_000),)}, "spec.ports[0].targetPort"),
    ("services", {"ports": (ServicePort(protocol="HTTP"),)}, "spec.ports[0].protocol"),
    ("services", {"ports": (ServicePort(80, name="a"), ServicePort(81))}, "spec.ports[1].name"),
    ("services", {"ports": (ServicePort(80, name="a"), ServicePort(81, name="a"))}, "spec.ports: two"),
    ("services", {"ports": (ServicePort(80, name="a"), ServicePort(80, name="b"))}, "spec.ports: two"),
    ("services", {"ports": (ServicePort(node_port=30_080),)}, "spec.ports[0].nodePort"),
    ("services", {"cluster_ip": HEADLESS, "type": ServiceType.NODE_PORT}, "spec.clusterIPs[0]"),
    ("ingresses", {"paths": ()}, "spec: either"),
    ("ingresses", {"paths": (IngressPath("shop", "web"),)}, "spec.rules[0].path"),
    ("ingresses", {"paths": (IngressPath("/", ""),)}, "spec.rules[0].backend.service.name"),
    ("ingresses", {"paths": (IngressPath("/", "web", 0),)}, "spec.rules[0].backend.service.port.number"),
]

ALSO_LEGAL = [
    ("deployments", {"strategy": Strategy(StrategyType.RECREATE, 0, 0)}),
    ("deployments", {"strategy": Strategy(max_surge=Percent(300), max_unavailable=0)}),
    ("daemonsets", {"max_unavailable": 0, "max_surge": 1}),
    ("daemonsets", {"update_strategy": UpdateStrategy.ON_DELETE, "max_unavailable": 0}),
    ("statefulsets", {"partition": None, "max_unavailable": Percent(50)}),
    ("services", {"ports": (), "cluster_ip": HEADLESS}),
    ("services", {"ports": (ServicePort(53, name="a"), ServicePort(53, protocol="UDP", name="b"))}),
    ("services", {"ports": (ServicePort(node_port=30_080),), "type": ServiceType.NODE_PORT}),
    ("ingresses", {"paths": (), "default_service": "web"}),
]


def created(resource: str, thing: Any) -> tuple[Code, str]:
    response = serve(Request(Verb.CREATE, resource, None, object=thing, user="user"), None, True, Store())
    return response.code, response.message


@pytest.mark.parametrize("resource", LEGAL)
def test_what_is_legal_is_created(resource: str) -> None:
    assert created(resource, LEGAL[resource]) == (Code.CREATED, "")


@pytest.mark.parametrize(("resource", "changes"), ALSO_LEGAL)
def test_the_rules_refuse_no_more_than_upstream_does(resource: str, changes: dict[str, Any]) -> None:
    assert created(resource, attrs.evolve(LEGAL[resource], **changes)) == (Code.CREATED, "")


@pytest.mark.parametrize(("resource", "changes", "path"), BROKEN)
def test_what_breaks_a_rule_is_neither_created_nor_stored_by_an_update(
    resource: str, changes: dict[str, Any], path: str
) -> None:
    code, message = created(resource, attrs.evolve(LEGAL[resource], **changes))
    assert code is Code.INVALID
    assert path in message

    update = Request(Verb.PATCH, resource, "web", changes=tuple(sorted(changes.items())), user="user")
    assert serve(update, LEGAL[resource], True, Store()).code is Code.INVALID


def test_a_write_of_the_status_is_not_asked_what_the_spec_must_be() -> None:
    stored = attrs.evolve(LEGAL["deployments"], template=OTHER)
    request = Request(Verb.PATCH, "deployments", "web", "status", changes=(("ready_replicas", 1),), user="user")

    assert serve(request, stored, True, Store()).code is Code.OK


def test_every_kind_with_rules_is_tried_and_others_have_none() -> None:
    assert set(specs.RULES) == {type(thing) for thing in LEGAL.values()}
    assert specs.wrong(Pod(node=Ref("nodes", 0))) == ""
