"""`kspec why request` about namespaces that every cluster has, and about kinds that no model reads."""

from __future__ import annotations

import pytest

from .cli_runner import Kspec, kspec
from .test_why_request import ADMIN, written

__all__ = ["kspec"]

DEFAULT_NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata: {name: default}\n"
STATEFUL = """\
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, resourceVersion: "7"}
spec:
  replicas: 2
  serviceName: db
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec: {containers: [{name: db, image: "db:1"}]}
"""


def test_an_update_of_a_kind_that_no_model_reads_tells_whether_something_changes(kspec: Kspec) -> None:
    arguments = ("why", "request", "update", "statefulsets", *ADMIN, "-f", written("stored.yaml", STATEFUL), "--body")
    more = kspec(*arguments, written("sent.yaml", STATEFUL.replace("replicas: 2", "replicas: 3")))
    assert more.code == 0
    assert "the object is changed (what of this kind may not change is not looked at)" in more.out
    assert "which fields of StatefulSets" in more.out
    assert "nothing changes" in kspec(*arguments, written("sent.yaml", STATEFUL + "status: {replicas: 2}\n")).out


def test_a_statefulset_whose_selector_misses_its_pods_is_refused_with_its_line(kspec: Kspec) -> None:
    file = written("sts.yaml", STATEFUL.replace("labels: {app: db}", "labels: {app: web}"))
    ran = kspec("why", "request", "create", "statefulsets", *ADMIN, "-f", file)
    assert ran.code == 2
    assert "sts.yaml:9: StatefulSet db: spec.template.metadata.labels: the selector (app=db) does not match" in ran.err


@pytest.mark.parametrize("name", ["default", "kube-system", "kube-public"])
@pytest.mark.parametrize("given", [False, True])
def test_the_namespaces_of_the_cluster_itself_may_not_be_deleted(kspec: Kspec, name: str, given: bool) -> None:
    other = written("n.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n")
    ran = kspec("why", "request", "delete", "namespaces", name, *ADMIN, *(("-f", other) if given else ()))
    assert ran.code == 1
    assert f"403 Forbidden, decided by NamespaceLifecycle: namespace {name} may not be deleted" in ran.first


def test_the_namespace_of_leases_is_there_and_may_be_deleted(kspec: Kspec) -> None:
    ran = kspec("why", "request", "delete", "namespaces", "kube-node-lease", *ADMIN)
    assert ran.first.startswith("GRANTED") and "the object is marked as deleted" in ran.out
    other = written("n.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n")
    missing = kspec("why", "request", "delete", "namespaces", "shep", *ADMIN, "-f", other)
    assert "404 NotFound, decided by store" in missing.first
    taken = kspec(
        "why", "request", "create", "namespaces", *ADMIN, "-f", other, "--body", written("d.yaml", DEFAULT_NAMESPACE)
    )
    assert "409 AlreadyExists, decided by store" in taken.first


# ---- storage


CLASS = """\
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: fast, annotations: {storageclass.kubernetes.io/is-default-class: "true"}}
provisioner: example.com/disks
"""
CLAIM = """\
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data, finalizers: [kubernetes.io/pvc-protection]}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
"""


def test_a_claim_gets_the_default_class(kspec: Kspec) -> None:
    ran = kspec("why", "request", "create", "persistentvolumeclaims", *ADMIN, "-f", written("s.yaml", CLASS, CLAIM))
    assert ran.first.startswith("GRANTED") and "201 Created" in ran.first
    assert "storageClass: nothing → fast" in ran.out
    alone = kspec("why", "request", "create", "persistentvolumeclaims", *ADMIN, "-f", written("s.yaml", CLAIM))
    assert "201 Created" in alone.first and "→ fast" not in alone.out


def test_a_claim_that_is_deleted_waits_for_its_finalizer(kspec: Kspec) -> None:
    asked = ("why", "request", "delete", "persistentvolumeclaims", "data", *ADMIN, "-f", written("s.yaml", CLAIM))
    assert "until the last of its finalizers is gone: kubernetes.io/pvc-protection" in kspec(*asked).out


def test_what_is_sent_and_never_stored_is_not_followed(kspec: Kspec) -> None:
    review = "apiVersion: authorization.k8s.io/v1\nkind: SelfSubjectAccessReview\nmetadata: {name: x}\nspec: {}\n"
    ran = kspec("why", "request", "create", "selfsubjectaccessreviews", *ADMIN, "-f", written("r.yaml", review))
    assert ran.first.startswith("AUTHORISED")
    assert "what the store does with selfsubjectaccessreviews.authorization.k8s.io is not modelled" in ran.first
