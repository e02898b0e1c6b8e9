"""`kspec why rights`: what a caller may do, by which binding of which role."""

from __future__ import annotations

import json
from pathlib import Path

from .cli_runner import Kspec, kspec

__all__ = ["kspec"]

ROLES = str(Path(__file__).parents[2] / "examples" / "roles.yaml")
DEPLOYER = ("--as", "system:serviceaccount:shop:deployer", "-f", ROLES)


def listed(kspec: Kspec, *arguments: str) -> list[dict[str, object]]:
    ran = kspec("why", "rights", *arguments, "--json", "-")
    assert ran.code == 0
    found = json.loads(ran.out)
    assert found["schema"] == "kspec-why-rights/1"
    rights = found["rights"]
    assert isinstance(rights, list)
    return rights


def test_what_was_written_comes_first_with_its_binding_and_place(kspec: Kspec) -> None:
    first, second, *rest = listed(kspec, *DEPLOYER, "-n", "shop")
    assert first["resources"] == ["pods"]
    assert first["verbs"] == ["get", "list", "watch", "create"]
    assert first["by"] == "RoleBinding deployer of Role deploying"
    assert str(first["where"]).startswith(f"{ROLES}:")
    assert second["resources"] == ["deployments.apps", "deployments/scale.apps"]
    assert rest and all(right["where"] == "" for right in rest)


def test_a_role_of_another_namespace_gives_nothing_here(kspec: Kspec) -> None:
    assert all(right["where"] == "" for right in listed(kspec, *DEPLOYER, "-n", "default"))


def test_masters_and_nodes_have_their_rights_by_their_groups(kspec: Kspec) -> None:
    masters = listed(kspec, "--as", "root", "--as-group", "system:masters")
    assert (masters[0]["by"], masters[0]["resources"], masters[0]["verbs"]) == ("group system:masters", ["*.*"], ["*"])
    node = ("--as", "system:node:n1", "--as-group", "system:nodes")
    assert listed(kspec, *node)[0]["by"] == "the Node authorizer"
    rbac_only = ("--set", "apiserver.authorization-mode=RBAC")
    assert all(right["by"] != "the Node authorizer" for right in listed(kspec, *node, *rbac_only))


def test_the_table_names_resources_verbs_and_bindings(kspec: Kspec) -> None:
    out = kspec("why", "rights", *DEPLOYER, "-n", "shop").out
    assert out.startswith("system:serviceaccount:shop:deployer in namespace shop, with the groups")
    for column in ("resources or paths", "verbs", "by", "deployments.apps, deployments/scale.apps"):
        assert column in out


def test_a_caller_whom_nobody_recognises_has_nothing_to_list(kspec: Kspec) -> None:
    ran = kspec("why", "rights", "--set", "apiserver.anonymous-auth=off")
    assert ran.code == 2
    assert "no authenticator recognises this caller" in ran.err
