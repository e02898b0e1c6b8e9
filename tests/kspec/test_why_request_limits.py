"""`kspec why request`: what is not followed to the store, and what is said instead of a status."""

from __future__ import annotations

from pathlib import Path

import pytest

from .cli_runner import Kspec, kspec
from .test_why_request import ADMIN, JANE, POD, ROLES, WEB, document, links, written

__all__ = ["kspec"]

BUDGET = """\
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web, namespace: shop}
spec: {minAvailable: 1, selector: {}}
"""


# ---- subresources


@pytest.mark.parametrize(
    ("verb", "resource", "name"),
    [
        *[("create", f"pods/{each}", "web") for each in ("exec", "attach", "portforward", "proxy")],
        *[("create", f"pods/{each}", "web") for each in ("log", "ephemeralcontainers")],
        ("get", "pods/log", "web"),
        ("create", "serviceaccounts/token", "deployer"),
        ("create", "deployments/scale", "web"),
        ("create", "deployments/scale", "missing"),
    ],
)
def test_of_a_subresource_that_is_not_modelled_only_who_may_is_told(
    kspec: Kspec, verb: str, resource: str, name: str
) -> None:
    web = written("web.yaml", WEB.replace("metadata: {name: web,", "metadata: {name: web, namespace: shop,"), BUDGET)
    ran = kspec("why", "request", verb, resource, name, "-n", "shop", *ADMIN, "-f", ROLES, "-f", web)
    assert ran.code == 0
    assert ran.first.startswith(f"AUTHORISED: {verb} {resource}")
    assert "is not modelled" in ran.first
    assert f"what the store does with {resource}" in ran.out
    assert not {"200", "201", "404", "429"} & set(ran.first.split())


def test_who_may_not_use_a_subresource_is_refused_with_a_status(kspec: Kspec) -> None:
    ran = kspec("why", "request", "create", "pods/exec", "web", *JANE, "-f", ROLES)
    assert ran.code == 1
    assert "403 Forbidden, decided by authorization" in ran.first


def test_an_eviction_and_a_binding_are_followed_to_the_store(kspec: Kspec) -> None:
    evicted = kspec("why", "request", "create", "pods/eviction", "web", "-n", "shop", *ADMIN, "-f", ROLES)
    assert (evicted.code, evicted.first.split(":")[0]) == (0, "GRANTED")
    bound = kspec("why", "request", "create", "pods/binding", "web", "-n", "shop", *ADMIN, "-f", ROLES)
    assert "201 Created" in bound.first
    assert "the pod is on the node that the Binding names" in bound.out


# ---- what is not given


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("create", "deployments.apps"), "admission and store not asked: what is sent is not given (-f or --body)"),
        (("update", "pods", "web", "-f", ROLES), "admission and store not asked: what is sent is not given (--body)"),
        (
            ("patch", "deployments/scale", "web", "-f", ROLES),
            "not asked: what is sent to deployments/scale.apps is not",
        ),
        (("get", "nodes/n1"), "store not asked: which object is meant is not given (NAME, and its manifest with -f)"),
        (("delete", "pods", "-f", ROLES), "admission and store not asked: which object is meant is not given"),
        (("impersonate", "serviceaccounts", "x"), "not asked: what follows impersonate is not modelled"),
        (("get", "foos.example.com", "x", "-f", ROLES), "what the store does with foos.example.com is not modelled"),
        (("list", "tokenreviews"), "what the store does with tokenreviews.authentication.k8s.io is not modelled"),
        (("get", "/healthz"), "; what answers at /healthz is not modelled"),
    ],
)
def test_no_status_is_claimed_while_half_the_chain_is_not_asked(
    kspec: Kspec, arguments: tuple[str, ...], said: str
) -> None:
    ran = kspec("why", "request", *arguments, *ADMIN)
    assert ran.code == 0
    assert ran.first.startswith("AUTHORISED: ")
    assert said in ran.first
    assert "200 OK" not in ran.out and "201 Created" not in ran.out


def test_an_update_of_what_is_not_given_claims_nothing(kspec: Kspec) -> None:
    ran = kspec("why", "request", "update", "deployments", *ADMIN, "--body", written("web.yaml", WEB))
    assert ran.first.startswith("AUTHORISED: ")


@pytest.mark.parametrize("verb", ["list", "watch"])
def test_a_list_and_a_watch_are_granted_by_who_may(kspec: Kspec, verb: str) -> None:
    found = document(kspec, verb, "pods", *JANE, "-f", ROLES)
    assert (found["verdict"], found["status"], found["not_asked"]) == ("GRANTED", 200, "")
    assert links(found) == {"authentication": True, "authorization": True, "admission": None, "store": True}


def test_an_authorised_request_has_no_status_as_data(kspec: Kspec) -> None:
    found = document(kspec, "create", "pods/exec", "db", *ADMIN, "-f", str(Path(written("p.yaml", POD))))
    assert (found["verdict"], found["status"], found["reason"], found["exit"]) == ("AUTHORISED", None, "", 0)
    assert str(found["not_asked"]).startswith("admission and store not asked: ")
    assert links(found) == {"authentication": True, "authorization": True, "admission": None, "store": None}


# ---- callers that could not be


GHOST = "no manifest has ServiceAccount ghost of namespace shop: a real token of it could not exist (401 Unauthorized)"


@pytest.mark.parametrize("arguments", [("request", "list", "pods"), ("request", "get", "/healthz"), ("rights",)])
def test_a_service_account_that_is_not_there_is_noted(kspec: Kspec, arguments: tuple[str, ...]) -> None:
    where = () if "/healthz" in arguments else ("-n", "shop")
    asked = ("why", *arguments, *where, "--as")
    assert GHOST in kspec(*asked, "system:serviceaccount:shop:ghost", "-f", ROLES).out
    assert "did you mean deployer?" in kspec(*asked, "system:serviceaccount:shop:deploier", "-f", ROLES).out


@pytest.mark.parametrize(
    ("account", "file"),
    [
        ("shop:deployer", ROLES),
        ("shop:default", ROLES),
        ("kube-system:replicaset-controller", ROLES),
        ("shop:ghost", ""),
    ],
)
def test_a_service_account_that_may_be_there_is_not_noted(kspec: Kspec, account: str, file: str) -> None:
    files = ("-f", file or written("p.yaml", POD))
    ran = kspec("why", "request", "list", "pods", "-n", "shop", "--as", f"system:serviceaccount:{account}", *files)
    assert "recognised" in ran.out
    assert "could not exist" not in ran.out
