"""Fields that a person wrote and that no component of the cluster reads are told."""

from __future__ import annotations

from pathlib import Path

from kspec.kube.manifests import Manifests, read_manifests

UNREAD = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  minReadySeconds: 30
  progressDeadlineSeconds: 100
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      restartPolicy: Always
      containers: [{name: c, image: x, readinessProbe: {tcpSocket: {port: 80}}}]
---
apiVersion: v1
kind: Pod
metadata: {name: once}
spec:
  restartPolicy: Never
  containers: [{name: c, image: x}]
"""


def read(folder: Path, text: str) -> Manifests:
    file = folder / "web.yaml"
    file.write_text(text, encoding="utf-8")
    return read_manifests([str(file)])


def test_what_only_decisions_ask_for_that_no_component_makes_is_told(tmp_path: Path) -> None:
    assert read(tmp_path, UNREAD).not_modelled == (
        "Deployment web: spec.minReadySeconds is not modelled",
        "Deployment web: spec.progressDeadlineSeconds is not modelled",
        "Deployment web: spec.template.spec.containers[0].readinessProbe is not modelled",
        "Pod once: spec.restartPolicy is not modelled",
    )


def test_no_wait_until_available_is_what_the_models_do_anyway(tmp_path: Path) -> None:
    told = read(tmp_path, UNREAD.replace("minReadySeconds: 30", "minReadySeconds: 0")).not_modelled
    assert not any("minReadySeconds" in line for line in told)
