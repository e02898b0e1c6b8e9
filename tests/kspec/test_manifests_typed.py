"""Typed objects, and what of a manifest no model reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kspec.kube.field_use import TABLES
from kspec.kube.manifests import Entry, Manifests, read_manifests
from kspec.kube.objects import (
    Container,
    ContainerPort,
    Deployment,
    Effect,
    LabelSelector,
    Node,
    NodeSelectorTerm,
    Operator,
    Percent,
    Pod,
    PodSpec,
    PodTemplate,
    ReplicaSet,
    Requirement,
    Strategy,
    StrategyType,
    Taint,
    Toleration,
)
from kspec.kube.placement import (
    AffinityTerm,
    GcePersistentDisk,
    Iscsi,
    PodAffinity,
    PreferredTerm,
    Rbd,
    SpreadConstraint,
    WeightedTerm,
    WhenUnsatisfiable,
)
from kspec.kube.schema import _records

RICH = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: full
  namespace: shop
  labels: {z: "1", a: b}
  annotations: {note.example.com/owner: me}
  finalizers: [example.com/hold]
spec:
  paused: true
  minReadySeconds: 3
  strategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 50%}}
  selector:
    matchLabels: {app: a}
    matchExpressions: [{key: tier, operator: In, values: [front, edge]}]
  template:
    metadata:
      labels: {app: a, tier: front}
      annotations: {controller.kubernetes.io/pod-deletion-cost: "5"}
    spec:
      hostNetwork: true
      priorityClassName: high
      serviceAccountName: robot
      nodeSelector: {disk: ssd}
      overhead: {cpu: 10m}
      schedulingGates: [{name: example.com/wait}]
      terminationGracePeriodSeconds: 5
      affinity:
        nodeAffinity:
          requiredDuringSchedulingIgnoredDuringExecution:
            nodeSelectorTerms:
            - matchExpressions: [{key: cores, operator: Gt, values: ["3"]}]
              matchFields: [{key: metadata.name, operator: NotIn, values: [n1]}]
          preferredDuringSchedulingIgnoredDuringExecution:
          - {weight: 1, preference: {matchExpressions: [{key: z, operator: Exists}]}}
        podAntiAffinity:
          requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: zone}]
      tolerations:
      - {key: a, value: b, effect: NoExecute, tolerationSeconds: 3}
      - {operator: Exists}
      topologySpreadConstraints: [{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: DoNotSchedule}]
      volumes:
      - {name: settings, configMap: {name: c}}
      - {name: data, persistentVolumeClaim: {claimName: d}}
      initContainers:
      - {name: sidecar, image: "proxy:1", restartPolicy: Always}
      containers:
      - name: c
        image: web:1
        env: [{name: A, value: b}]
        volumeMounts: [{name: settings, mountPath: /s}]
        ports: [{containerPort: 443, name: https}, {containerPort: 53, protocol: UDP, hostIP: 10.0.0.1}]
        resources: {limits: {cpu: "1.5", memory: 1Gi, example.com/gpu: 2}, requests: {cpu: 250m}}
        readinessProbe: {httpGet: {port: https}}
        livenessProbe: {httpGet: {port: https}}
---
apiVersion: scheduling.k8s.io/v1
kind: PriorityClass
metadata: {name: high}
value: 1000
"""


def read(tmp_path: Path, text: str) -> Manifests:
    file = tmp_path / "a.yaml"
    file.write_text(text)
    return read_manifests([str(file)])


def the_entry(tmp_path: Path, text: str) -> Entry:
    (entry,) = read(tmp_path, text).objects
    return entry


def test_a_deployment_is_typed_with_all_that_a_model_reads(tmp_path: Path) -> None:
    entry = read(tmp_path, RICH).objects[0]
    assert entry.readiness_probe
    assert entry.object == Deployment(
        name="full",
        namespace="shop",
        labels=(("a", "b"), ("z", "1")),
        paused=True,
        min_ready_seconds=3,
        strategy=Strategy(StrategyType.ROLLING_UPDATE, 1, Percent(50)),
        selector=LabelSelector((("app", "a"),), (Requirement("tier", Operator.IN, ("front", "edge")),)),
        template=PodTemplate(
            (("app", "a"), ("tier", "front")),
            PodSpec(
                containers=(
                    Container(
                        name="c",
                        image="web:1",
                        limits=(("cpu", 1500), ("example.com/gpu", 2), ("memory", 2**30)),
                        requests=(("cpu", 250), ("example.com/gpu", 2), ("memory", 2**30)),
                        ports=(
                            ContainerPort(443, 443, "TCP", "", "https"),
                            ContainerPort(53, 53, "UDP", "10.0.0.1"),
                        ),
                    ),
                ),
                init_containers=(Container(name="sidecar", image="proxy:1", restart_policy="Always"),),
                node_selector=(("disk", "ssd"),),
                node_affinity=(
                    NodeSelectorTerm(
                        (Requirement("cores", Operator.GT, ("3",)),),
                        (Requirement("metadata.name", Operator.NOT_IN, ("n1",)),),
                    ),
                ),
                tolerations=(
                    Toleration("a", Operator.EQUAL, "b", Effect.NO_EXECUTE, 3),
                    Toleration("", Operator.EXISTS),
                ),
                overhead=(("cpu", 10),),
                scheduling_gates=("example.com/wait",),
                termination_grace_period_seconds=5,
                service_account_name="robot",
                priority=1000,
                preferred_nodes=(PreferredTerm(1, NodeSelectorTerm((Requirement("z", Operator.EXISTS),))),),
                pod_affinity=PodAffinity(required_anti=(AffinityTerm("zone"),)),
                spread=(SpreadConstraint("zone"),),
                claims=("d",),
            ),
        ),
    )


def test_what_no_model_reads_is_told(tmp_path: Path) -> None:
    manifests = read(tmp_path, RICH)
    template = "Deployment shop/full: spec.template.spec"
    assert manifests.not_modelled == (
        "Deployment shop/full: metadata.finalizers is not modelled",
        "Deployment shop/full: spec.minReadySeconds is not modelled",
        f"{template}.containers[0].readinessProbe is not modelled",
        f"{template}.containers[0].livenessProbe is not modelled",
        "Deployment shop/full: spec.template.metadata.annotations[controller.kubernetes.io/pod-deletion-cost] "
        "is not modelled",
    )
    assert manifests.no_effect == (
        f"{template}.volumes[0].configMap changes nothing in the control plane",
        f"{template}.containers[0].env changes nothing in the control plane",
        f"{template}.containers[0].volumeMounts changes nothing in the control plane",
        "Deployment shop/full: metadata.annotations[note.example.com/owner] changes nothing in the control plane",
    )


PLACED = """\
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  preemptionPolicy: Never
  affinity:
    podAffinity:
      preferredDuringSchedulingIgnoredDuringExecution:
      - weight: 3
        podAffinityTerm:
          topologyKey: zone
          namespaces: [a]
          namespaceSelector: {}
          labelSelector: {matchLabels: {app: web}}
          matchLabelKeys: [version]
  topologySpreadConstraints:
  - maxSkew: 2
    topologyKey: rack
    whenUnsatisfiable: ScheduleAnyway
    minDomains:
    labelSelector: {matchLabels: {app: web}}
    matchLabelKeys: [version]
    nodeAffinityPolicy: Ignore
    nodeTaintsPolicy: Honor
  volumes:
  - {name: gce, gcePersistentDisk: {pdName: d, readOnly: true}}
  - {name: scsi, iscsi: {iqn: i, lun: 0, targetPortal: "10.0.0.1"}}
  - {name: ceph, rbd: {monitors: [m], image: i}}
  containers: [{name: c, image: x}]
"""


def test_what_a_pod_says_of_other_pods_domains_and_disks_is_typed(tmp_path: Path) -> None:
    manifests = read(tmp_path, PLACED)
    pod = manifests.objects[0].object
    web = LabelSelector((("app", "web"),))
    assert isinstance(pod, Pod)
    assert pod.spec.preemption_policy == "Never"
    term = AffinityTerm("zone", web, ("a",), LabelSelector())
    assert pod.spec.pod_affinity == PodAffinity(preferred=(WeightedTerm(3, term),))
    soft = WhenUnsatisfiable.SCHEDULE_ANYWAY
    assert pod.spec.spread == (SpreadConstraint("rack", 2, soft, web, 1, ("version",), False, True),)
    assert pod.spec.disks == (GcePersistentDisk("d", True), Iscsi("i"), Rbd(("m",), "rbd", "i"))
    assert manifests.not_modelled == (
        "Pod p: spec.affinity.podAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].podAffinityTerm."
        "matchLabelKeys is not modelled",
    )


def test_a_priority_class_says_whether_its_pods_preempt(tmp_path: Path) -> None:
    text = RICH.replace("value: 1000", "value: 1000\npreemptionPolicy: Never")
    deployment = read(tmp_path, text).objects[0].object
    assert isinstance(deployment, Deployment)
    assert deployment.template.spec.preemption_policy == "Never"


def test_a_priority_class_that_is_not_there_is_not_modelled(tmp_path: Path) -> None:
    alone = RICH.split("---")[0]
    assert (
        "Deployment shop/full: spec.template.spec.priorityClassName is not modelled"
        in read(tmp_path, alone).not_modelled
    )


def test_a_global_default_priority_class_is_used(tmp_path: Path) -> None:
    text = """\
apiVersion: scheduling.k8s.io/v1
kind: PriorityClass
metadata: {name: usual}
globalDefault: true
value: 7
---
apiVersion: v1
kind: Pod
metadata: {name: p}
spec: {containers: [{name: c, image: x}]}
"""
    pod = read(tmp_path, text).objects[1].object
    assert isinstance(pod, Pod)
    assert pod.spec.priority == 7


def test_a_pod_is_typed_and_its_node_is_kept_by_name(tmp_path: Path) -> None:
    entry = the_entry(
        tmp_path,
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p, labels: {a: b}}\n"
        "spec:\n  nodeName: n1\n  restartPolicy: Never\n"
        "  containers: [{name: c, image: x, resources: {limits: {cpu: 1}}}]\n",
    )
    assert entry.node_name == "n1"
    assert not entry.readiness_probe
    assert entry.object == Pod(
        labels=(("a", "b"),),
        spec=PodSpec(
            containers=(Container("c", "x", requests=(("cpu", 1000),), limits=(("cpu", 1000),)),),
            restart_policy="Never",
        ),
    )


def test_a_replica_set_keeps_what_the_deployment_controller_noted(tmp_path: Path) -> None:
    entry = the_entry(
        tmp_path,
        """\
apiVersion: apps/v1
kind: ReplicaSet
metadata:
  name: r
  annotations:
    deployment.kubernetes.io/revision: "3"
    deployment.kubernetes.io/desired-replicas: "2"
    deployment.kubernetes.io/max-replicas: many
spec:
  selector: {matchLabels: {a: b}}
  template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: x}]}}
""",
    )
    assert isinstance(entry.object, ReplicaSet)
    assert (entry.object.revision, entry.object.desired_replicas, entry.object.max_replicas) == (3, 2, None)
    assert entry.object.replicas == 1


def test_a_node_is_typed(tmp_path: Path) -> None:
    entry = the_entry(
        tmp_path,
        """\
apiVersion: v1
kind: Node
metadata: {name: n1, labels: {zone: a}}
spec: {unschedulable: true, taints: [{key: gpu, value: "1", effect: NoSchedule}]}
status:
  capacity: {cpu: "4", memory: 8Gi, pods: "110"}
  images: [{names: ["web:1", "web@sha256:a"], sizeBytes: 7}]
""",
    )
    assert entry.object == Node(
        name="n1",
        labels=(("zone", "a"),),
        taints=(Taint("gpu", "1", Effect.NO_SCHEDULE),),
        unschedulable=True,
        allocatable=(("cpu", 4000), ("memory", 8 * 2**30), ("pods", 110)),
        images=((("web:1", "web@sha256:a"), 7),),
    )


def test_what_is_not_written_has_its_default(tmp_path: Path) -> None:
    template = "template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: x}]}}"
    spec = f"spec:\n  selector: {{matchLabels: {{a: b}}}}\n  {template}\n"
    selector = LabelSelector((("a", "b"),))
    pods = PodTemplate((("a", "b"),), PodSpec(containers=(Container("c", "x"),)))
    text = (
        f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: d}}\n{spec}---\n"
        f"apiVersion: apps/v1\nkind: ReplicaSet\nmetadata: {{name: r}}\n{spec}---\n"
        "apiVersion: v1\nkind: Node\nmetadata: {name: n1}\n"
    )
    assert [entry.object for entry in read(tmp_path, text).objects] == [
        Deployment(name="d", selector=selector, template=pods),
        ReplicaSet(name="r", selector=selector, template=pods),
        Node(name="n1"),
    ]


def test_recreate_has_neither_surge_nor_unavailable(tmp_path: Path) -> None:
    text = (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec:\n  strategy: {type: Recreate}\n"
        "  selector: {matchLabels: {a: b}}\n"
        "  template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: x}]}}\n"
    )
    found = the_entry(tmp_path, text).object
    assert isinstance(found, Deployment)
    assert found.strategy == Strategy(StrategyType.RECREATE, 0, 0)


@pytest.mark.parametrize("kind", sorted(TABLES))
def test_every_field_in_the_tables_exists_in_kubernetes(kind: str) -> None:
    def check(table: Any, record: str) -> None:
        fields = _records()[record]
        for name, use in table.items():
            if record.endswith(kind) and name in ("apiVersion", "kind"):
                continue
            assert name in fields, f"{record} has no {name}"
            if isinstance(use, dict):
                check(use, fields[name].removeprefix("[]"))

    group = "core" if kind in ("Pod", "Node") else "apps"
    check(TABLES[kind], f"{group}.v1.{kind}")
