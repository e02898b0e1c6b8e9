"""The controllers of the thin cluster, each walked by hand: whom they create, delete, adopt, resize."""

from __future__ import annotations

from typing import Any

import attrs

from kspec.kernel.settings import applied
from kspec.kube.objects import Deployment, Pod, ReplicaSet, StrategyType
from kspec.kube.requests import Verb
from kspec_models import users
from kspec_models.scopes.workloads import a_deployment, a_replicaset
from tests.kspec.kube.small import Walk

from .walks import COMPONENTS, POD, WEB, pods_of, settled, walk

# ---- the ReplicaSet controller


def test_a_replicaset_gets_its_pods_from_its_template_and_reports_them() -> None:
    walked = settled(walk([WEB]))
    stored = walked.latest("replicasets/web")
    assert (stored.status_replicas, stored.ready_replicas, stored.available_replicas) == (2, 2, 2)
    for pod in pods_of(walked):
        assert pod.labels == WEB.template.labels and pod.owner is not None and pod.owner.name == "web"
        assert pod.spec.containers == WEB.template.spec.containers


def test_creations_start_slowly_and_double() -> None:
    walked = walk([a_replicaset("web", 4)], pods=4)
    walked("user.apply")
    walked("replicaset.sync")
    batches = []
    while walked.at("replicaset/web") is not None and walked.at("replicaset/web").calls[0].verb is Verb.CREATE:
        batches.append(len(walked.at("replicaset/web").calls))
        for _ in range(batches[-1]):
            walked("replicaset.call")
    assert batches == [1, 2, 1]


def test_expectations_wait_for_a_late_cache() -> None:
    walked = walk([WEB], caches={"replicaset": "delayed"})
    walked("user.apply")
    walked("replicaset.deliver")
    walked("replicaset.sync")
    walked.until_quiet("replicaset.call")
    assert len(pods_of(walked)) == 2 and not walked.can("replicaset.sync")
    with applied({"replicaset.expectations": "off"}):
        assert walked.can("replicaset.sync")


def test_an_orphan_that_matches_is_adopted_and_counts() -> None:
    orphan = attrs.evolve(POD, labels=WEB.template.labels)
    walked = walk([orphan, a_replicaset("web", 1)])
    settled(walked)
    (pod,) = pods_of(walked)
    assert pod.owner is not None and pod.owner.name == "web"
    adoptions = [o for o in walked.taken if o.step.action == "PATCH pods"]
    created = [o for o in walked.taken if o.step.action == "POST pods" and o.action.actor == "replicaset"]
    assert len(adoptions) == 1 and created == []


def test_an_orphan_that_does_not_match_is_left_alone() -> None:
    walked = settled(walk([attrs.evolve(POD, labels=(("app", "other"),)), a_replicaset("web", 1)]))
    assert sorted(pod.owner is None for pod in pods_of(walked)) == [False, True]


def test_an_orphan_that_goes_away_while_it_is_adopted_ends_no_sync() -> None:
    orphan = attrs.evolve(POD, labels=WEB.template.labels)
    walked = walk([orphan, a_replicaset("web", 1)], _deleter())
    walked("user.apply")
    walked("user.apply")
    walked("replicaset.sync")
    walked("somebody.delete")
    assert walked("replicaset.call").step.answer == "404 NotFound"
    assert walked.at("replicaset/web") is not None


def _deleter() -> Any:
    from kspec.kernel.actions import Role
    from kspec.kube.actor import Actor

    actor = Actor("somebody", watches=(Pod,), role=Role.USER)

    @actor.each(Pod)
    def delete(pod: Any, here: Any, api: Any) -> Any:
        if pod is not None and pod.owner is None:
            yield api.delete(pod)

    return actor


def test_a_crash_between_any_two_calls_leaves_nothing_that_a_new_sync_does_not_mend() -> None:
    three = a_replicaset("web", 3)
    for calls in range(5):
        walked = walk([three], crashes={"replicaset": 1}, pods=4)
        walked("user.apply")
        walked("replicaset.sync")
        for _ in range(calls):
            if walked.can("replicaset.call"):
                walked("replicaset.call")
        if walked.can("replicaset.crash"):
            walked("replicaset.crash")
            assert walked.at("replicaset/web") is None
        settled(walked)
        assert len(pods_of(walked)) == 3 and walked.latest("replicasets/web").available_replicas == 3


def test_surplus_pods_go_and_those_without_a_node_go_first() -> None:
    web = a_replicaset("web", 2)
    walked = walk([web], users.scale(web, 1))
    walked("user.apply")
    walked.until_quiet("replicaset")
    walked("scheduler.bind")
    walked("user.scale")
    walked.until_quiet("replicaset")
    (left,) = pods_of(walked)
    assert left.node is not None and not left.deleting


# ---- the Deployment controller


def sizes(walked: Walk) -> dict[str, int]:
    """The sizes of the ReplicaSets by the image of their pods."""
    found = [walked.latest(name) for name in walked.world.names if str(name).startswith("replicasets/")]
    return {rs.template.spec.containers[0].image: rs.replicas for rs in found if rs is not None}


def sets_of(walked: Walk) -> list[ReplicaSet]:
    found = [walked.latest(name) for name in walked.world.names if str(name).startswith("replicasets/")]
    return sorted((rs for rs in found if rs is not None), key=lambda rs: rs.revision)


def deployed(replicas: int, *more: Any, pods: int = 4, **how: Any) -> tuple[Deployment, Walk]:
    web = attrs.evolve(a_deployment("web", replicas), **how)
    return web, settled(walk([web], *[make(web) for make in more], pods=pods))


def to(image: str) -> Any:
    return lambda web: users.rollout(web, image)


def test_a_deployment_makes_one_replicaset_of_its_template() -> None:
    _, walked = deployed(2)
    (rs,) = sets_of(walked)
    assert rs.replicas == 2 and rs.revision == 1 and rs.owner is not None and rs.owner.name == "web"
    assert dict(rs.labels)["pod-template-hash"] == rs.name.removeprefix("web-")
    stored = walked.latest("deployments/web")
    assert (stored.updated_replicas, stored.available_replicas) == (2, 2)


def test_a_rolling_update_never_exceeds_its_surge_and_ends_with_the_new_template() -> None:
    _, walked = deployed(2, to("web:2"))
    walked("user.rollout")
    most = 0
    for _ in range(300):
        kind = next((k for k in COMPONENTS if walked.can(k)), None)
        if kind is None:
            break
        walked(kind)
        most = max(most, sum(sizes(walked).values()))
    assert sizes(walked) == {"web:1": 0, "web:2": 2} and most == 3
    assert [rs.revision for rs in sets_of(walked)] == [1, 2]


def test_recreate_waits_until_every_old_pod_has_ended() -> None:
    recreate = attrs.evolve(a_deployment("web", 1).strategy, type=StrategyType.RECREATE)
    _, walked = deployed(1, to("web:2"), strategy=recreate)
    walked("user.rollout")
    walked.until_quiet("deployment", "replicaset")
    assert sizes(walked) == {"web:1": 0}
    assert [pod.deleting for pod in pods_of(walked)] == [True]
    settled(walked)
    assert sizes(walked) == {"web:1": 0, "web:2": 1}
    assert [pod.spec.containers[0].image for pod in pods_of(walked)] == ["web:2"]


def patch_of(name: str, **changes: Any) -> Any:
    """Somebody who patches the Deployment once, at any time."""
    from kspec.kernel.actions import Role
    from kspec.kube.actor import Actor

    def make(web: Deployment) -> Actor:
        actor = Actor("user", own={name: False}, role=Role.USER)

        @actor.once()
        def patch(cache: Any, here: Any, api: Any) -> Any:
            if not getattr(here, name) and here.live(Deployment, "web", "available_replicas") == web.replicas:
                yield api.patch(web, **changes), here.set(**{name: True})

        return actor

    return make


def test_a_paused_deployment_rolls_nothing_out_but_can_be_scaled() -> None:
    _, walked = deployed(2, to("web:2"), patch_of("pause", paused=True), patch_of("more", replicas=3))
    walked("user.patch", 0)
    assert walked.latest("deployments/web").paused
    walked("user.rollout")
    settled(walked)
    assert sizes(walked) == {"web:1": 2}
    walked("user.patch")
    settled(walked)
    assert sizes(walked) == {"web:1": 3}


def test_scaling_in_the_middle_of_a_rollout_shares_in_proportion() -> None:
    _, walked = deployed(2, to("web:2"), patch_of("more", replicas=4), pods=9)
    walked("user.rollout")
    walked.until_quiet("deployment")
    assert sizes(walked) == {"web:1": 2, "web:2": 1}
    walked("user.patch")
    walked.until_quiet("deployment")
    # 4 + maxSurge 1 = 5 is shared: 2 to come, in proportion to 2 and 1
    assert sum(sizes(walked).values()) == 5 and sizes(walked)["web:1"] >= sizes(walked)["web:2"]
    settled(walked)
    assert sizes(walked) == {"web:1": 0, "web:2": 4}


def test_history_beyond_its_limit_is_deleted_when_the_rollout_is_complete() -> None:
    _, walked = deployed(1, to("web:2"), revision_history_limit=0)
    walked("user.rollout")
    walked.until_quiet("deployment")
    assert set(sizes(walked)) == {"web:1", "web:2"}
    settled(walked)
    assert sizes(walked) == {"web:2": 1}


def test_history_within_its_limit_is_kept() -> None:
    _, walked = deployed(1, to("web:2"), revision_history_limit=1)
    walked("user.rollout")
    settled(walked)
    assert sizes(walked) == {"web:1": 0, "web:2": 1}


def test_a_paused_deployment_cleans_up_its_history_although_it_is_not_complete() -> None:
    _, walked = deployed(1, to("web:2"), patch_of("pause", paused=True, replicas=3, revision_history_limit=0))
    walked("user.rollout")
    settled(walked)
    walked("user.patch")
    walked.until_quiet("deployment")
    assert sizes(walked) == {"web:2": 3} and walked.latest("deployments/web").available_replicas < 3


def test_a_rollback_takes_the_old_replicaset_again_and_gives_it_a_new_revision() -> None:
    web = a_deployment("web", 1)
    back = patch_of("back", template=web.template)
    _, walked = deployed(1, to("web:2"), back)
    walked("user.rollout")
    settled(walked)
    names = {rs.template.spec.containers[0].image: rs.name for rs in sets_of(walked)}
    walked("user.patch")
    settled(walked)
    assert sizes(walked) == {"web:1": 1, "web:2": 0}
    assert [(rs.name, rs.revision) for rs in sets_of(walked)] == [(names["web:2"], 2), (names["web:1"], 3)]
