"""Manifests become a ladder of scopes: what each rung holds, what decides the verdict, what is said of the rest."""

from __future__ import annotations

from pathlib import Path

import pytest

import kspec
from kspec.kernel.errors import UsageError
from kspec.kernel.result import Limits, Result, Verdict
from kspec.kube.objects import Deployment, Pod
from kspec_models.scopes.ladder import Rung, cluster_of, ladder, next_image, nodes_are_all_the_same
from kspec_models.scopes.manifests import story_of
from kspec_models.scopes.workloads import a_deployment

DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: REPLICAS
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: web, image: "web:1"PORTS}
"""

NODE = """
---
apiVersion: v1
kind: Node
metadata: {name: NAME}
status: {allocatable: {cpu: "4", memory: 8Gi, pods: "110"}}
"""

STATEFUL_SET = """
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  serviceName: db
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec: {containers: [{name: db, image: postgres}]}
"""


def manifest(folder: Path, *, replicas: int = 1, port: int = 0, nodes: tuple[str, ...] = (), more: str = "") -> str:
    ports = f", ports: [{{containerPort: {port}, hostPort: {port}}}]" if port else ""
    text = DEPLOYMENT.replace("REPLICAS", str(replicas)).replace("PORTS", ports)
    text += "".join(NODE.replace("NAME", name) for name in nodes) + more
    file = folder / "web.yaml"
    file.write_text(text, encoding="utf-8")
    return str(file)


def check(path: str, **options: object) -> Result:
    (result,) = kspec.check_manifests([path], **options)  # type: ignore[arg-type]  # what the test gives
    return result


def test_base_rungs_come_first_and_are_the_changes_alone_and_one_component_late_at_a_time(tmp_path: Path) -> None:
    story, _ = story_of([manifest(tmp_path)], None)
    rungs = list(ladder(story, ["rollout", "scale"], {}))

    base = [rung.name for rung in rungs if rung.base]
    assert base[:3] == ["fresh", "rollout", "scale"]
    assert set(base[3:]) == {"late deployment", "late replicaset", "late scheduler", "late kubelet"}
    assert [rung.base for rung in rungs] == sorted((rung.base for rung in rungs), reverse=True)
    assert "rollout + scale" in [rung.name for rung in rungs]


def test_a_small_deployment_holds_on_every_base_rung(tmp_path: Path) -> None:
    result = check(manifest(tmp_path), rungs="base")

    assert result.verdict is Verdict.HOLDS
    assert [rung.verdict for rung in result.rungs] == [Verdict.HOLDS] * 5
    assert all(set(p.rungs) == {rung.name for rung in result.rungs} for p in result.properties)


def test_a_rollout_that_needs_a_port_which_the_old_pod_holds_never_completes(tmp_path: Path) -> None:
    result = check(manifest(tmp_path, port=443, nodes=("only",)), changes=["rollout"], rungs="rollout")
    found = result.property("a_rollout_completes")

    assert found.verdict is Verdict.VIOLATED
    assert found.rungs == ("rollout",)
    assert found.trace is not None
    waits = {who: (what, why) for who, what, why in kspec.story(found.trace).waits}
    assert "free ports" in waits["scheduler"][1]
    assert "may lack 0 of 1" in waits["deployment"][1]


def test_the_same_rollout_completes_with_a_second_node(tmp_path: Path) -> None:
    path = manifest(tmp_path, port=443, nodes=("one", "two"))

    assert check(path, changes=["rollout"], rungs="rollout").verdict is Verdict.HOLDS


def test_a_rollout_to_an_image_that_never_becomes_ready_does_not_complete(tmp_path: Path) -> None:
    found = check(manifest(tmp_path), changes=["rollout=broken"], rungs="rollout=broken").property(
        "a_rollout_completes"
    )

    assert found.verdict is Verdict.VIOLATED
    assert found.trace is not None
    assert any("become ready" in what for _, what, _ in kspec.story(found.trace).waits)


def test_a_base_rung_without_time_is_inconclusive_and_named(tmp_path: Path) -> None:
    result = check(manifest(tmp_path, replicas=2), limits=Limits(states=100), rungs="base")

    assert result.verdict is Verdict.INCONCLUSIVE
    assert not result.complete
    assert "late replicaset" in result.property("replicas_converge").why


def test_an_object_without_a_controller_in_the_model_has_a_row_of_its_own(tmp_path: Path) -> None:
    result = check(manifest(tmp_path, more=STATEFUL_SET), rungs="fresh")

    row = result.property("StatefulSet db")
    see = "(see kspec check 'statefulset.*')"
    assert (row.verdict, row.why) == (Verdict.INCONCLUSIVE, f"its controller is not checked from manifests {see}")
    assert result.verdict is Verdict.INCONCLUSIVE


def test_a_property_without_anything_to_speak_of_is_not_applicable(tmp_path: Path) -> None:
    file = tmp_path / "rs.yaml"
    text = DEPLOYMENT.replace("Deployment", "ReplicaSet").replace("REPLICAS", "1").replace("PORTS", "")
    file.write_text(text, encoding="utf-8")
    result = check(str(file), rungs="base")

    assert "a_rollout_completes" in result.not_applicable
    assert result.verdict is Verdict.HOLDS


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"changes": ["rolout"]}, "did you mean rollout"),
        ({"rungs": "late"}, "the rungs are base, all, or one of: fresh"),
        ({"caches": {"schedular": "delayed"}}, "no component is called schedular"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(tmp_path: Path, options: dict[str, object], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        check(manifest(tmp_path), **options)


def test_one_node_stands_for_all_only_where_nothing_tells_them_apart(tmp_path: Path) -> None:
    plain, _ = story_of([manifest(tmp_path)], None)
    with_port, _ = story_of([manifest(tmp_path, port=80)], None)

    assert len(plain.nodes) == 3
    assert nodes_are_all_the_same(plain, pods=3)
    assert not nodes_are_all_the_same(plain, pods=111)
    assert not nodes_are_all_the_same(with_port, pods=3)
    assert len(cluster_of(plain, Rung("fresh", True)).scope.nodes) == 1


def test_a_smaller_size_is_another_rung_with_its_size_in_its_name(tmp_path: Path) -> None:
    story, _ = story_of([manifest(tmp_path, replicas=5)], None)
    small = [rung for rung in ladder(story, [], {}) if rung.size is not None]

    assert [rung.name for rung in small] == ["all late, 2 replicas"]
    assert not any(rung.base for rung in small)
    assert cluster_of(story, small[0]).scope.slots == {Pod: 3}


@pytest.mark.parametrize(
    ("image", "following"),
    [("web:1", "web:2"), ("web", "web:next"), ("host:5000/web", "host:5000/web:next"), ("web:v3", "web:v3-next")],
)
def test_the_image_that_a_user_changes_to_is_another_one(image: str, following: str) -> None:
    import attrs

    web: Deployment = a_deployment("web", 1)
    container = attrs.evolve(web.template.spec.containers[0], image=image)
    spec = attrs.evolve(web.template.spec, containers=(container,))

    assert next_image(attrs.evolve(web, template=attrs.evolve(web.template, spec=spec)), broken=False) == following


def test_one_run_tells_every_hand_off_from_the_post_to_running_containers(tmp_path: Path) -> None:
    (story,) = kspec.show_run([manifest(tmp_path)])
    told = [(step.actor, step.action) for step in story.steps]

    assert told[0] == ("user", "POST deployments/web")
    order = [told.index(next(t for t in told if t[0] == actor)) for actor in ("user", "deployment", "replicaset")]
    assert order == sorted(order)
    assert any(actor == "scheduler" and "binding" in action for actor, action in told)
    assert any(change.new == "running" for step in story.steps for change in step.changes)


APART = """\
apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: db}
spec:
  replicas: 3
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec:
      affinity:
        podAntiAffinity:
          requiredDuringSchedulingIgnoredDuringExecution:
          - {topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: db}}}
      containers: [{name: db, image: "db:1"}]
"""


def test_pods_that_avoid_each_other_keep_nodes_apart(tmp_path: Path) -> None:
    file = tmp_path / "db.yaml"
    file.write_text(APART)
    story, _ = story_of([str(file)], 3)

    assert not nodes_are_all_the_same(story, pods=4)
    assert not story.has_ranks


def test_where_pods_can_be_evicted_their_successors_have_slots_too() -> None:
    story, _ = story_of([str(Path(__file__).parents[2] / "examples" / "preemption.yaml")], None)
    cluster = cluster_of(story, Rung("fresh", True))

    assert (story.has_ranks, story.victims) == (True, 3)
    assert cluster.scope.slots[Pod] == 4 + 1 + 3
    assert any(action.name == "preempt" for action in cluster.system().actions)
