"""Static pods and their mirror pods."""

from __future__ import annotations

import pytest

from kspec.kube.cluster import Cluster, Scope
from kspec.kube.objects import Phase, Pod
from kspec_models import users
from kspec_models.kubelet import kubelet
from kspec_models.kubelet.exits import Exits
from kspec_models.kubelet.restart import RuntimeState
from kspec_models.kubelet.static import Mirroring, Static, mirroring, must_end, must_run, phase_of
from kspec_models.scopes.kubelet import ETCD, removes_the_file
from kspec_models.scopes.workloads import node
from tests.kspec.kube.small import Walk

CONTAINERS = "kubelet/containers of etcd"


def walk(crashes: int = 0) -> Walk:
    components = (
        users.delete_a_pod(),
        removes_the_file(ETCD),
        kubelet(static=Static("node-1", (ETCD,))),
        Exits((ETCD,)),
    )
    scope = Scope(slots={Pod: 2}, nodes=(node(),), crashes={"kubelet": crashes})
    return Walk(Cluster("static", components, scope, (), kinds_used=(Pod,)).system())


@pytest.mark.parametrize("file", [True, False])
@pytest.mark.parametrize("state", RuntimeState)
def test_what_has_a_file_runs_and_what_has_none_ends(file: bool, state: RuntimeState) -> None:
    assert must_run(file, state) is (file and state is not RuntimeState.RUNNING)
    assert must_end(file, mirror_deleting=True) is must_end(file, mirror_deleting=False) is not file


def test_a_static_pod_is_pending_until_it_runs_and_running_even_between_two_runs() -> None:
    phases = [phase_of(state) for state in (RuntimeState.NONE, RuntimeState.RUNNING, RuntimeState.EXITED)]
    assert phases == [Phase.PENDING, Phase.RUNNING, Phase.RUNNING]


@pytest.mark.parametrize(
    ("file", "there", "deleting", "reported", "what"),
    [
        (True, False, False, Phase.PENDING, Mirroring.CREATE),
        (False, False, False, Phase.PENDING, Mirroring.NOTHING),
        (True, True, False, Phase.PENDING, Mirroring.REPORT),
        (True, True, False, Phase.RUNNING, Mirroring.NOTHING),
        (True, True, True, Phase.RUNNING, Mirroring.DELETE),
        (False, True, False, Phase.RUNNING, Mirroring.DELETE),
    ],
)
def test_a_mirror_pod_follows_the_file(
    file: bool, there: bool, deleting: bool, reported: Phase, what: Mirroring
) -> None:
    assert mirroring(file, there, deleting, reported, Phase.RUNNING) is what


def test_a_static_pod_shows_as_a_mirror_pod_that_belongs_to_the_node() -> None:
    walked = walk().until_quiet("kubelet")
    (mirror,) = walked.all("pods")
    assert (mirror.name, mirror.mirror, mirror.phase, mirror.ready) == ("etcd-node-1", True, Phase.RUNNING, True)
    assert mirror.owner.kind == "Node" and mirror.node.index == 0
    assert walked.at(("containers", 0)).value == "none"  # what runs of it is not run for the mirror pod


def test_a_deleted_mirror_pod_comes_back_and_nothing_is_ended() -> None:
    walked = walk().until_quiet("kubelet")
    walked("user.delete")
    assert [o.action.name for o in walked.can("kubelet")] == ["mirror"]
    walked("kubelet.mirror")
    assert list(walked.all("pods")) == [] and walked.at(CONTAINERS) is RuntimeState.RUNNING
    walked.until_quiet("kubelet")
    (mirror,) = walked.all("pods")
    assert not mirror.deleting and walked.at(CONTAINERS) is RuntimeState.RUNNING


def test_a_static_pod_and_its_mirror_pod_go_with_the_file() -> None:
    walked = walk().until_quiet("kubelet")
    walked("administrator.remove the file")
    walked.until_quiet("kubelet")
    assert list(walked.all("pods")) == [] and walked.at(CONTAINERS) is RuntimeState.NONE


def test_a_process_that_ends_is_started_again_and_a_kubelet_that_ends_ends_none() -> None:
    walked = walk(crashes=1)
    walked("kubelet.start static pod")
    assert not walked.can("kubelet.crash")  # it has nothing to lose: what runs is not its own
    walked("machine.exit")
    assert walked.at(CONTAINERS) is RuntimeState.EXITED and not walked.can("machine.exit")
    walked("kubelet.start static pod")
    assert walked.at(CONTAINERS) is RuntimeState.RUNNING
