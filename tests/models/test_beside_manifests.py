"""Beside the verdict on manifests: what is not run, what pods need that nobody gives, what changes nothing."""

from __future__ import annotations

import fnmatch
from pathlib import Path
from typing import Any

import pytest

import kspec
from kspec.kernel.registry import load
from kspec.kernel.result import Result, Verdict
from kspec.kube.manifests import read_manifests
from kspec.kube.schema import find_kind
from kspec_models.scopes import beside
from tests.kspec.cli_runner import Kspec
from tests.kspec.cli_runner import kspec as kspec_command
from tests.models.test_manifest_ladder import STATEFUL_SET, manifest

run = kspec_command

POD = """\
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: shop}
spec:
  containers:
  - name: c
    image: "web:1"
"""

CLAIM = "spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}\n"
MOUNTED = "    volumeMounts: [{name: v, mountPath: /v}]\n"


def of(kind: str, name: str = "conf", namespace: str = "shop", more: str = "") -> str:
    return f"---\napiVersion: v1\nkind: {kind}\nmetadata: {{name: {name}, namespace: {namespace}}}\n{more}"


def missing(folder: Path, text: str) -> list[tuple[str, list[str]]]:
    file = folder / "pod.yaml"
    file.write_text(text, encoding="utf-8")
    return beside.missing(read_manifests([str(file)]).objects)


def checked(path: str) -> Result:
    (result,) = kspec.check_manifests([path], rungs="fresh")
    return result


# ---- what pods need


@pytest.mark.parametrize(
    ("written", "needed"),
    [
        ("  volumes: [{name: v, persistentVolumeClaim: {claimName: data}}]\n", "PersistentVolumeClaim shop/data"),
        (MOUNTED + "  volumes: [{name: v, configMap: {name: conf}}]\n", "ConfigMap shop/conf"),
        (MOUNTED + "  volumes: [{name: v, secret: {secretName: conf}}]\n", "Secret shop/conf"),
        (MOUNTED + "  volumes: [{name: v, projected: {sources: [{secret: {name: conf}}]}}]\n", "Secret shop/conf"),
        ("    envFrom: [{configMapRef: {name: conf}}]\n", "ConfigMap shop/conf"),
        ("    envFrom: [{secretRef: {name: conf}}]\n", "Secret shop/conf"),
        ("    env: [{name: A, valueFrom: {configMapKeyRef: {name: conf, key: a}}}]\n", "ConfigMap shop/conf"),
        ("    env: [{name: A, valueFrom: {secretKeyRef: {name: conf, key: a}}}]\n", "Secret shop/conf"),
        ("  initContainers: [{name: i, image: x, envFrom: [{secretRef: {name: conf}}]}]\n", "Secret shop/conf"),
    ],
)
def test_what_a_pod_cannot_start_without_is_missing_until_a_manifest_has_it(
    tmp_path: Path, written: str, needed: str
) -> None:
    assert missing(tmp_path, POD + written) == [(needed, ["Pod shop/p"])]

    kind, _, name = needed.partition(" ")
    data = CLAIM if kind == "PersistentVolumeClaim" else "data: {a: eA==}\n"
    given = of(kind, name.removeprefix("shop/"), more=data)
    assert missing(tmp_path, POD + written + given) == []
    elsewhere = of(kind, name.removeprefix("shop/"), "default", data)
    assert missing(tmp_path, POD + written + elsewhere) == [(needed, ["Pod shop/p"])]


@pytest.mark.parametrize(
    "written",
    [
        "    envFrom: [{configMapRef: {name: conf, optional: true}}]\n",
        "    env: [{name: A, valueFrom: {secretKeyRef: {name: conf, key: a, optional: true}}}]\n",
        MOUNTED + "  volumes: [{name: v, secret: {secretName: conf, optional: true}}]\n",
        MOUNTED + "  volumes: [{name: v, configMap: {name: kube-root-ca.crt}}]\n",
        "  volumes: [{name: v, configMap: {name: conf}}]\n",
        "    env: [{name: A, value: a}, {name: B, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]\n",
        "  imagePullSecrets: [{name: conf}]\n",
    ],
    ids=["optional", "optional key", "optional volume", "in every namespace", "not mounted", "no object", "image pull"],
)
def test_what_a_pod_starts_without_is_not_missing(tmp_path: Path, written: str) -> None:
    assert missing(tmp_path, POD + written) == []


def test_a_key_that_an_object_lacks_is_missing(tmp_path: Path) -> None:
    written = "    env: [{name: A, valueFrom: {configMapKeyRef: {name: conf, key: url}}}]\n"
    given = of("ConfigMap", more="data: {uri: x}\n")
    assert missing(tmp_path, POD + written + given) == [("key url of ConfigMap shop/conf", ["Pod shop/p"])]
    assert missing(tmp_path, POD + written + given.replace("uri", "url")) == []


def test_a_deployment_whose_pods_would_wait_for_ever_does_not_hold(tmp_path: Path) -> None:
    path = Path(manifest(tmp_path))
    assert checked(str(path)).verdict is Verdict.HOLDS

    volumes = "      volumes: [{name: v, persistentVolumeClaim: {claimName: data}}]\n"
    path.write_text(path.read_text() + volumes, encoding="utf-8")
    result = checked(str(path))
    row = result.property("PersistentVolumeClaim data")

    assert (result.verdict, result.complete) == (Verdict.INCONCLUSIVE, False)
    assert row.verdict is Verdict.INCONCLUSIVE
    assert row.why == "in no manifest, and needed by Deployment web: a pod waits until something makes it"


# ---- what is not run


@pytest.mark.parametrize(("kind", "systems"), beside.SYSTEMS.items())
def test_the_systems_that_a_row_names_are_there(kind: str, systems: str) -> None:
    groups = ("apps/v1", "batch/v1", "v1", "policy/v1", "autoscaling/v2", "networking.k8s.io/v1", "storage.k8s.io/v1")
    assert any(find_kind(group, kind) and not isinstance(find_kind(group, kind), str) for group in groups)
    assert fnmatch.filter(load().systems, systems)


def test_the_row_of_a_custom_resource_names_no_system(tmp_path: Path) -> None:
    custom = "---\napiVersion: example.com/v1\nkind: Service\nmetadata: {name: s}\n"
    row = checked(manifest(tmp_path, more=custom)).property("Service s")
    assert row.why == "a custom resource: no controller in the model"


def test_a_run_says_what_is_not_in_it_and_is_inconclusive(run: Kspec, tmp_path: Path) -> None:
    ran = run("check", "-f", manifest(tmp_path, more=STATEFUL_SET), "--show-run")
    assert ran.code == 3
    assert "POST deployments/web" in ran.out
    assert ran.out.splitlines()[-1] == "not in this run: StatefulSet db"


def test_of_a_file_with_nothing_to_run_no_run_is_told(run: Kspec, tmp_path: Path) -> None:
    file = tmp_path / "db.yaml"
    file.write_text(STATEFUL_SET + STATEFUL_SET.replace("name: db}", "name: log}", 1), encoding="utf-8")
    ran = run("check", "-f", str(file), "--show-run")
    assert (ran.code, ran.out) == (3, "not in this run: StatefulSet db, StatefulSet log\n")


def test_a_run_of_pods_that_would_wait_says_so(run: Kspec, tmp_path: Path) -> None:
    file = tmp_path / "pod.yaml"
    file.write_text(POD + "    envFrom: [{secretRef: {name: conf}}]\n", encoding="utf-8")
    ran = run("check", "-f", str(file), "--show-run")
    assert ran.code == 3
    assert ran.out.splitlines()[-1].startswith("in no manifest: Secret shop/conf, and needed by Pod shop/p")


def test_a_run_with_everything_in_it_says_no_more(run: Kspec, tmp_path: Path) -> None:
    ran = run("check", "-f", manifest(tmp_path), "--show-run")
    assert ran.code == 0
    assert "not in this run" not in ran.out


# ---- what changes nothing


def test_what_is_read_and_changes_nothing_is_one_line_with_the_verdict(tmp_path: Path) -> None:
    more = of("ConfigMap", namespace="default") + of("Secret", "key", "default")
    result = checked(manifest(tmp_path, more=more))
    assert "read, and changes nothing here: ConfigMap conf, Secret key" in result.notes
    assert result.verdict is Verdict.HOLDS
    assert checked(manifest(tmp_path)).notes == ()


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"spec": {"priorityClassName": "high"}}, ()),
        ({"globalDefault": True}, ()),
        ({}, ("read, and changes nothing here: PriorityClass high",)),
    ],
)
def test_a_priority_class_that_pods_use_changes_something(tmp_path: Path, said: dict[str, Any], told: Any) -> None:
    default = "globalDefault: true\n" if said.get("globalDefault") else ""
    named = "  priorityClassName: high\n" if "spec" in said else ""
    of_class = "---\napiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: high}\nvalue: 5\n"
    file = tmp_path / "pod.yaml"
    file.write_text(POD + named + of_class + default, encoding="utf-8")
    assert beside.notes(read_manifests([str(file)]).objects) == told
