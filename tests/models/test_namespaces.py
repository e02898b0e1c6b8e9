"""A controller acts in the namespace of its object only, and manifests whose names would be confused are refused."""

from __future__ import annotations

from pathlib import Path

import attrs
import pytest

import kspec
from kspec.kernel.errors import UsageError
from kspec.kernel.properties import Broken, eventually_always, invariant
from kspec.kernel.result import Verdict
from kspec.kube.cluster import Cluster, Scope
from kspec.kube.objects import Pod, ReplicaSet
from kspec.kube.truth import Truth
from kspec_models.apiserver import NOT_MODELLED
from kspec_models.controllers.replicaset.reconcile import replicaset
from kspec_models.scopes.workloads import a_replicaset

LONE = Pod(labels=(("app", "web"),), namespace="elsewhere")


def pods_of_web(truth: Truth) -> int:
    """How many pods the ReplicaSet has."""
    return sum(1 for owner in truth.all(Pod, "owner") if owner is not None)


@invariant(witness=lambda truth: pods_of_web(truth) == 1)
def nothing_is_taken_from_another_namespace(truth: Truth) -> bool | Broken:
    """The pod elsewhere belongs to nobody."""
    there = [owner for namespace, owner in truth.all(Pod, "namespace", "owner") if namespace == "elsewhere"]
    return there == [None] or Broken("the pod in the other namespace was adopted or deleted", ())


@eventually_always(witness=lambda truth: pods_of_web(truth) == 1)
def it_has_a_pod_of_its_own(truth: Truth) -> bool:
    """The ReplicaSet makes the pod that it wants."""
    return pods_of_web(truth) == 1


@pytest.mark.parametrize(("namespace", "verdict"), [("elsewhere", Verdict.HOLDS), ("default", Verdict.VIOLATED)])
def test_a_pod_is_adopted_in_its_own_namespace_only(namespace: str, verdict: Verdict) -> None:
    web = a_replicaset("web", 1)
    lone = attrs.evolve(LONE, namespace=namespace)
    made = Cluster(
        "namespaces",
        (replicaset,),
        Scope(slots={Pod: 2}, stored=(web, lone)),
        properties=(nothing_is_taken_from_another_namespace, it_has_a_pod_of_its_own),
        kinds_used=(ReplicaSet, Pod),
        not_modelled=NOT_MODELLED,
    )
    result = kspec.check(made.system)
    assert result.property("nothing_is_taken_from_another_namespace").verdict is verdict
    assert result.property("it_has_a_pod_of_its_own").verdict is Verdict.HOLDS


DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata: {{name: web, namespace: {namespace}}}
spec:
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web}}}}
    spec: {{containers: [{{name: web, image: "web:1"}}]}}
"""


def test_two_objects_of_one_name_in_two_namespaces_are_never_taken_for_one(tmp_path: Path) -> None:
    path = tmp_path / "two.yaml"
    path.write_text("---\n".join(DEPLOYMENT.format(namespace=n) for n in ("prod", "staging")), encoding="utf-8")
    with pytest.raises(
        UsageError, match=r"two.yaml:\d+: Deployment staging/web: .*two.yaml:1 has one of the same name"
    ):
        kspec.check_manifests([str(path)])
