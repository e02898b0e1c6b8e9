"""`kspec why request`: what is said of a question, and how it is told."""

from __future__ import annotations

import pytest

from .cli_runner import Kspec, kspec
from .test_why_request import ADMIN, JANE, ROLES, written

__all__ = ["kspec"]

OWN = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: own}
rules: [{apiGroups: [""], resources: [pods], verbs: [get]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: own}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: own}
subjects: [{kind: User, name: "system:anonymous", apiGroup: rbac.authorization.k8s.io}]
"""


def test_one_rule_is_not_told_as_many(kspec: Kspec) -> None:
    asked = ("why", "request", "list", "secrets")
    assert "the one rule bound to system:anonymous does not allow it" in kspec(*asked).out
    assert "none of the 2 rules bound to system:anonymous allows it" in kspec(*asked, "-f", written("o.yaml", OWN)).out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("get", "pods/foo", "x"), "pods has no subresource foo; it has attach, binding,"),
        (("get", "pods/foo", "x"), "; if foo is a name, say the name once"),
        (("get", "pods/logs", "x"), "pods has no subresource logs; did you mean log?"),
        (("get", "pods", "x", "--subresource", "foo"), "pods has no subresource foo; it has attach, binding,"),
        (("get", "pods/scale", "x"), "pods has no subresource scale; it has"),
        (("create", "secrets/token", "x"), "secrets has no subresource token; it has finalizers"),
        (("get", "deployments/exec"), "deployments.apps has no subresource exec; it has scale, status, finalizers"),
    ],
)
def test_a_subresource_that_a_resource_has_not_is_refused(kspec: Kspec, arguments: tuple[str, ...], said: str) -> None:
    ran = kspec("why", "request", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


@pytest.mark.parametrize(
    ("arguments", "first"),
    [
        (("get", "pods/web", *JANE), "GRANTED: get pods web in namespace shop as jane: 200 OK"),
        (("get", "pods/web", "web", *JANE), "GRANTED: get pods web in namespace shop as jane: 200 OK"),
        (("get", "pods/log", "web", *JANE), "AUTHORISED: get pods/log web in namespace shop as jane"),
        (("get", "pods/log", *ADMIN), "AUTHORISED: get pods/log in namespace default as root"),
        (("get", "nodes/metrics", "n1", *ADMIN), "AUTHORISED: get nodes/metrics n1 as root"),
        (("update", "deployments/finalizers", "web", *ADMIN), "AUTHORISED: update deployments/finalizers.apps web in"),
        (("get", "foos.example.com/status", "f", *ADMIN), "AUTHORISED: get foos/status.example.com f in namespace"),
    ],
)
def test_what_stands_behind_a_slash_is_a_subresource_or_a_name(
    kspec: Kspec, arguments: tuple[str, ...], first: str
) -> None:
    ran = kspec("why", "request", *arguments, "-f", ROLES)
    assert ran.code == 0
    assert ran.first.startswith(first)
