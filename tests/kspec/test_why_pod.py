"""`kspec why pod`: what it says of pods that wait and of pods that do not, and with which exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.kspec.cli_runner import Kspec, kspec

__all__ = ["kspec"]

EXAMPLES = Path(__file__).parents[2] / "examples"
PENDING = str(EXAMPLES / "pending-pods.yaml")
PREEMPTION = str(EXAMPLES / "preemption.yaml")

POD = """\
apiVersion: v1
kind: Pod
metadata: {name: NAME, labels: {app: web}}
spec:
  SPEC
  containers: [{name: c, image: "web:1"}]
"""


def pod(tmp_path: Path, name: str, spec: str = "restartPolicy: Always") -> str:
    file = tmp_path / f"{name}.yaml"
    file.write_text(POD.replace("NAME", name).replace("SPEC", spec))
    return str(file)


def test_a_pod_that_waits_is_told_with_the_event_and_what_each_filter_did(kspec: Kspec) -> None:
    ran = kspec("why", "pod", "-f", PENDING)

    assert ran.code == 1
    assert ran.first.endswith("(ReplicaSet cache-b8sfj, Deployment cache): waits, no node takes it")
    assert (
        "0/3 nodes are available: 1 node(s) had untolerated taint(s), 2 node(s) didn't match pod anti-affinity rules. "
        "preemption: 0/3 nodes are available: 1 Preemption is not helpful for scheduling, "
        "2 No preemption victims found for incoming pod."
    ) in ran.out
    rows = [line.split() for line in ran.out.splitlines()]
    assert ["filter", "node-1", "node-2", "node-3"] in rows
    assert ["TaintToleration", "passed", "passed", "rejected"] in rows
    assert ["InterPodAffinity", "rejected", "rejected", "not", "run"] in rows
    assert "2 more pods are there" in ran.out


def test_a_bound_pod_is_told_with_the_scores_of_the_moment_at_which_it_was_bound(kspec: Kspec) -> None:
    ran = kspec("why", "pod", "cache-b8sfj-a", "-f", PENDING)

    assert ran.code == 0
    assert "2 nodes fitted, and node-1 had the highest score." in ran.out
    rows = [line.split() for line in ran.out.splitlines()]
    assert ["TaintToleration", "×", "3", "100", "→", "300", "100", "→", "300"] in rows
    total = next(row for row in rows if row[:1] == ["total"])
    assert int(total[1]) > int(total[2])


def test_a_workload_stands_for_its_pods(kspec: Kspec) -> None:
    ran = kspec("why", "pod", "cache", "-f", PENDING)

    assert ran.code == 1
    assert [line.split()[1][-1] for line in ran.out.splitlines() if line.startswith("Pod ")] == ["a", "b", "c"]


def test_who_was_evicted_for_a_pod_is_told(kspec: Kspec) -> None:
    ran = kspec("why", "pod", "shop", "-f", PREEMPTION)

    assert ran.code == 0
    evicted = next(line for line in ran.out.splitlines() if "were evicted" in line)
    assert "For it (priority 1000)" in evicted
    assert evicted.count("batch-") == 2


def test_what_preemption_would_do_is_told_while_the_victims_are_still_there(kspec: Kspec, tmp_path: Path) -> None:
    text = Path(PREEMPTION).read_text().replace("value: 1000", "value: 1000\npreemptionPolicy: Never")
    file = tmp_path / "never.yaml"
    file.write_text(text)
    ran = kspec("why", "pod", "shop", "-f", str(file))

    assert ran.code == 1
    assert "preemption: not eligible due to preemptionPolicy=Never." in ran.out


def test_the_answer_as_data_says_the_same(kspec: Kspec) -> None:
    ran = kspec("why", "pod", "-f", PENDING, "--json", "-")
    data = json.loads(ran.out)

    assert (data["schema"], data["exit"], ran.code) == ("kspec-why-pod/1", 1, 1)
    assert "waits, no node takes it" in ran.err
    (waiting,) = data["pods"]
    assert waiting["waits"] and waiting["node"] is None
    assert {each["node"]: each["plugin"] for each in waiting["filters"]} == {
        "node-1": "InterPodAffinity",
        "node-2": "InterPodAffinity",
        "node-3": "TaintToleration",
    }
    assert waiting["preemption"]["candidates"] == []


def test_totals_are_the_weighted_sums_of_the_scores(kspec: Kspec) -> None:
    data = json.loads(kspec("why", "pod", "cache-b8sfj-a", "-f", PENDING, "--json", "-").out)
    scores = data["pods"][0]["scores"]

    assert len(scores) == 2
    for node in scores:
        assert node["total"] == sum(each["score"] * each["weight"] for each in node["by_plugin"].values())
    assert data["pods"][0]["chosen"] == [max(scores, key=lambda node: node["total"])["node"]]


def test_many_nodes_share_rows(kspec: Kspec, tmp_path: Path) -> None:
    ran = kspec("why", "pod", "web", "-f", pod(tmp_path, "web", "nodeSelector: {disk: ssd}"), "--nodes", "9")

    assert ran.code == 1
    assert "0/9 nodes are available: 9 node(s) didn't match Pod's node affinity/selector." in ran.out
    row = next(line for line in ran.out.splitlines() if line.startswith(" NodeAffinity"))
    assert row.split()[:2] == ["NodeAffinity", "9"]


@pytest.mark.parametrize(
    ("spec", "why", "code"),
    [
        ("schedulerName: mine", "no scheduler is called mine: it is ignored", 1),
        ("schedulingGates: [{name: example.com/wait}]", "it has scheduling gates: example.com/wait", 1),
        ("nodeName: node-2", "it came with spec.nodeName: no scheduler was asked", 0),
    ],
)
def test_a_pod_at_which_no_scheduler_looks_is_said_to_be_one(
    kspec: Kspec, tmp_path: Path, spec: str, why: str, code: int
) -> None:
    ran = kspec("why", "pod", "web", "-f", pod(tmp_path, "web", spec))

    assert ran.code == code
    assert why in ran.out


def test_where_no_pod_waits_that_is_all_there_is_to_say(kspec: Kspec, tmp_path: Path) -> None:
    ran = kspec("why", "pod", "-f", pod(tmp_path, "web"))

    assert (ran.code, ran.out) == (0, "no pod waits for a node: all 1 have one\n")


def test_a_tie_is_said_to_be_open(kspec: Kspec, tmp_path: Path) -> None:
    ran = kspec("why", "pod", "web", "-f", pod(tmp_path, "web"), "--nodes", "2")

    assert "2 nodes fitted, and node-1, node-2 had the same highest score: any of them may be taken." in ran.out


def test_an_unknown_name_gets_near_misses(kspec: Kspec) -> None:
    ran = kspec("why", "pod", "cach", "-f", PENDING)

    assert (ran.code, ran.out) == (2, "")
    assert "no pod is called cach; did you mean cache" in ran.err


def test_without_manifests_there_is_nothing_to_explain(kspec: Kspec) -> None:
    ran = kspec("why", "pod", "web")

    assert ran.code == 2
    assert "give the manifests with -f FILE" in ran.err


CLASS = """\
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: CLASS}
provisioner: PROVISIONER
volumeBindingMode: MODE
"""
CLAIM = """\
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec: {storageClassName: CLASS, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
"""
VOLUME = """\
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: disk}
spec:
  capacity: {storage: 2Gi}
  accessModes: [ReadWriteOnce]
  storageClassName: CLASS
  local: {path: /data}
  nodeAffinity:
    required:
      nodeSelectorTerms:
      - matchExpressions: [{key: kubernetes.io/hostname, operator: In, values: [node-2]}]
"""
USES = "volumes: [{name: v, persistentVolumeClaim: {claimName: data}}]"


def with_claim(
    tmp_path: Path, *more: str, mode: str = "WaitForFirstConsumer", provisioner: str = "ebs.example.com"
) -> str:
    file = Path(pod(tmp_path, "web", USES))
    text = "".join(more).replace("CLASS", "fast").replace("MODE", mode).replace("PROVISIONER", provisioner)
    file.write_text(file.read_text() + text)
    return str(file)


def test_a_claim_that_is_not_there_keeps_the_pod_off_every_node(kspec: Kspec, tmp_path: Path) -> None:
    ran = kspec("why", "pod", "web", "-f", with_claim(tmp_path))

    assert ran.code == 1
    assert '0/3 nodes are available: persistentvolumeclaim "data" not found.' in ran.out
    assert "not modelled" not in ran.out


def test_a_claim_that_waits_for_a_node_is_provisioned_where_the_pod_goes(kspec: Kspec, tmp_path: Path) -> None:
    ran = kspec("why", "pod", "web", "-f", with_claim(tmp_path, CLASS, CLAIM))

    assert ran.code == 0
    assert ran.first.startswith("Pod web: on node-")


def test_a_volume_on_one_node_draws_the_pod_there(kspec: Kspec, tmp_path: Path) -> None:
    none_made = "kubernetes.io/no-provisioner"
    ran = kspec("why", "pod", "web", "-f", with_claim(tmp_path, CLASS, CLAIM, VOLUME, provisioner=none_made))

    assert (ran.code, ran.first) == (0, "Pod web: on node-2")


def test_an_unbound_claim_that_binds_at_once_is_said_to_be_one(kspec: Kspec, tmp_path: Path) -> None:
    none_made = "kubernetes.io/no-provisioner"
    file = with_claim(tmp_path, CLASS, CLAIM, mode="Immediate", provisioner=none_made)
    ran = kspec("why", "pod", "web", "-f", file)

    assert ran.code == 1
    assert "pod has unbound immediate PersistentVolumeClaims." in ran.out


def test_claims_of_one_name_in_two_namespaces_are_refused(kspec: Kspec, tmp_path: Path) -> None:
    other = CLAIM.replace("{name: data}", "{name: data, namespace: other}")
    ran = kspec("why", "pod", "web", "-f", with_claim(tmp_path, CLASS, CLAIM, other))

    assert ran.code == 2
    assert "PersistentVolumeClaim other/data: another one of this name is in another namespace" in ran.err


TWO_FULL_NODES = """\
apiVersion: scheduling.k8s.io/v1
kind: PriorityClass
metadata: {name: business}
value: 1000
---
apiVersion: v1
kind: Node
metadata: {name: one, labels: {kubernetes.io/hostname: one}}
status: {allocatable: {cpu: "1", memory: 8Gi, pods: "110"}}
---
apiVersion: v1
kind: Node
metadata: {name: two, labels: {kubernetes.io/hostname: two}}
status: {allocatable: {cpu: "1", memory: 8Gi, pods: "110"}}
"""
ON_ONE_NODE = """\
---
apiVersion: v1
kind: Pod
metadata: {name: NAME, labels: {app: NAME}}
spec:
  nodeSelector: {kubernetes.io/hostname: AT}
  containers: [{name: c, image: "c:1", resources: {requests: {cpu: "1"}}}]
"""
SHOP = """\
---
apiVersion: v1
kind: Pod
metadata: {name: shop, labels: {app: shop}}
spec:
  priorityClassName: business
  containers: [{name: c, image: "c:1", resources: {requests: {cpu: "1"}}}]
"""
BUDGET = """\
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: NAME}
spec: {minAvailable: AVAILABLE, selector: {matchLabels: {app: NAME}}}
status: {disruptionsAllowed: 7, currentHealthy: 9, desiredHealthy: 2, expectedPods: 9}
"""


def full_nodes(tmp_path: Path, *guarded: str, available: int = 1) -> str:
    """Two nodes, full of one pod each, and a more important pod; budgets guard some of the two."""
    low = "".join(ON_ONE_NODE.replace("NAME", pod).replace("AT", at) for pod, at in (("db", "one"), ("web", "two")))
    text = (
        TWO_FULL_NODES
        + low
        + SHOP
        + "".join(BUDGET.replace("NAME", n).replace("AVAILABLE", str(available)) for n in guarded)
    )
    file = tmp_path / "full.yaml"
    file.write_text(text)
    return str(file)


@pytest.mark.parametrize(("guarded", "goes"), [("db", "web"), ("web", "db")])
def test_a_budget_decides_who_is_evicted(kspec: Kspec, tmp_path: Path, guarded: str, goes: str) -> None:
    ran = kspec("why", "pod", "shop", "-f", full_nodes(tmp_path, guarded))

    assert ran.code == 0
    assert f"For it (priority 1000) were evicted: {goes} (priority 0)." in ran.out


def test_a_budget_that_allows_a_disruption_or_guards_everybody_spares_nobody_in_particular(
    kspec: Kspec, tmp_path: Path
) -> None:
    for file in (full_nodes(tmp_path, "db", available=0), full_nodes(tmp_path, "db", "web")):
        ran = kspec("why", "pod", "shop", "-f", file)
        assert ran.code == 0
        assert "For it (priority 1000) were evicted: db (priority 0)." in ran.out


def test_budgets_of_one_name_in_two_namespaces_are_refused(kspec: Kspec, tmp_path: Path) -> None:
    file = Path(full_nodes(tmp_path, "db"))
    other = BUDGET.replace("NAME}", "db, namespace: other}").replace("AVAILABLE", "1").replace("NAME", "db")
    file.write_text(file.read_text() + other)
    ran = kspec("why", "pod", "shop", "-f", str(file))

    assert ran.code == 2
    assert "PodDisruptionBudget other/db: another one of this name is in another namespace" in ran.err
