"""`kspec why request|rights --set`: what is set is what answers, and what would change nothing is refused."""

from __future__ import annotations

import pytest

from .cli_runner import Kspec, kspec
from .test_why_request import ADMIN, JANE, ROLES, WEB, written
from .test_why_rights import listed

__all__ = ["kspec"]

EVICTED = """\
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web, namespace: shop}
spec: {minAvailable: 1, selector: {matchLabels: {app: web}}}
status: {disruptionsAllowed: 1, currentHealthy: 2, desiredHealthy: 1, expectedPods: 2}
---
apiVersion: v1
kind: Pod
metadata: {name: a, namespace: shop, labels: {app: web}}
spec: {nodeName: n1, containers: [{name: a, image: "a:1"}]}
status: {phase: Running, conditions: [{type: Ready, status: "True"}]}
"""


@pytest.mark.parametrize(
    ("setting", "by"),
    [
        ("apiserver.authorization=off", "authorization: no authorizer allows it, and it passes (--set apiserver.auth"),
        ("apiserver.authorization=any-verb", "RBAC: allowed by RoleBinding 'developers-look'"),
        ("apiserver.authorization-mode=AlwaysAllow", "AlwaysAllow: everybody may do everything"),
    ],
)
def test_authorization_is_as_it_is_set(kspec: Kspec, setting: str, by: str) -> None:
    asked = ("why", "request", "delete", "pods", "web", *JANE, "-f", ROLES)
    assert kspec(*asked).first.startswith("REFUSED")
    ran = kspec(*asked, "--set", setting)
    assert ran.code == 0
    assert f"200 OK, decided by {by}" in ran.first
    assert f"set: {setting}" in ran.out


def test_every_binding_may_be_everybodys(kspec: Kspec) -> None:
    asked = ("why", "request", "list", "pods", "-n", "shop", "--as", "eve", "-f", ROLES)
    assert kspec(*asked).code == 1
    assert kspec(*asked, "--set", "apiserver.authorization=any-subject").code == 0


def test_the_store_is_as_it_is_set(kspec: Kspec) -> None:
    stored, sent = written("stored.yaml", WEB.replace('"7"', '"8"')), written("sent.yaml", WEB.replace("s: 2", "s: 3"))
    late = ("why", "request", "update", "deployments", *ADMIN, "-f", stored, "--body", sent)
    assert "and yet" not in kspec(*late).out
    assert (
        "the object has been modified; and yet replicas: 2 → 3"
        in kspec(*late, "--set", "apiserver.update=writes-first").out
    )
    taken = ("why", "request", "create", "deployments", *ADMIN, "-f", stored, "--body", sent)
    assert kspec(*taken).code == 1
    assert kspec(*taken, "--set", "apiserver.create=over-the-old").code == 0
    assert kspec(*taken, "--set", "apiserver.names=given-twice").code == 0


def test_an_eviction_tells_what_it_takes_from_a_budget(kspec: Kspec) -> None:
    asked = ("why", "request", "create", "pods/eviction", "a", "-n", "shop", *ADMIN, "-f", written("e.yaml", EVICTED))
    paid = "PodDisruptionBudget web disruptionsAllowed: 1 → 0"
    assert paid in kspec(*asked).out
    assert paid not in kspec(*asked, "--set", "apiserver.eviction=unpaid").out


@pytest.mark.parametrize("setting", ["scheduler.scores=default", "apiserver.quota=overwrites"])
def test_what_would_change_nothing_is_refused(kspec: Kspec, setting: str) -> None:
    name = setting.partition("=")[0]
    for asked in (("request", "list", "pods"), ("rights",)):
        ran = kspec("why", *asked, "--set", setting)
        assert (ran.code, ran.out) == (2, "")
        assert f"--set {name}: " in ran.err and "does not depend on it; it depends on" in ran.err


def test_rights_are_those_of_what_is_set(kspec: Kspec) -> None:
    eve = ("--as", "eve", "-n", "shop", "-f", ROLES)
    always = listed(kspec, *eve, "--set", "apiserver.authorization-mode=AlwaysAllow")
    assert [(right["by"], right["verbs"]) for right in always] == [("the AlwaysAllow authorizer", ["*"])] * 2
    assert always[0]["resources"] == ["*.*"]
    off = listed(kspec, *eve, "--set", "apiserver.authorization=off")
    assert (off[0]["resources"], off[0]["by"]) == (["*.*"], "--set apiserver.authorization=off")
    any_verb = listed(kspec, *eve, "--set", "apiserver.authorization=any-verb")
    assert any_verb and all(right["verbs"] == ["*"] for right in any_verb)
    everybodys = listed(kspec, *eve, "--set", "apiserver.authorization=any-subject")
    assert everybodys[0]["by"] == "RoleBinding deployer of Role deploying"
