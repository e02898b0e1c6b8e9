"""rbac: rules, roles with their bindings, the rules of a user, covering, several authorizers."""

from __future__ import annotations

from typing import Any

from kspec_models.apiserver import rbac
from tests.conformance.interface import Given, Skip

TOPIC = "rbac"

_FIELDS = {
    "verbs": "verbs",
    "apiGroups": "api_groups",
    "resources": "resources",
    "resourceNames": "resource_names",
    "nonResourceURLs": "non_resource_urls",
}


def answer(given: Given) -> object:
    """What the RBAC decisions say."""
    match given["op"]:
        case "rule":
            rule = _rule(given["rule"])
            return {"allowed": [rbac.rule_allows(rule, _attributes(each)) for each in given["requests"]]}
        case "authorize":
            roles, bindings = _roles(given), _bindings(given)
            decisions = [rbac.authorize(_user(r), _attributes(r), roles, bindings) for r in given["requests"]]
            return {"allowed": [each is rbac.Decision.ALLOW for each in decisions]}
        case "rules-for":
            granted = rbac.rules_for(_named(given["user"]), given["namespace"], _roles(given), _bindings(given))
            return {"rules": [_written(rule) for rule in granted.rules]}
        case "applies-to":
            index = rbac.applies_to(_subjects(given["subjects"]), _named(given["user"]), given["namespace"])
            return {"applies": index is not None, "index": index or 0}
        case "covers":
            missing = rbac.uncovered(_rules(given["owner"]), _rules(given["servant"]))
            return {"covers": not missing, "missing": len(missing)}
        case "url-covers":
            return {"covers": rbac.non_resource_url_covers(given["owner"], given["requested"])}
        case "union":
            return {"decision": rbac.union(rbac.Decision(each) for each in given["decisions"]).value}
        case op:
            raise Skip(f"unknown op {op}")


def _rule(raw: Given) -> rbac.PolicyRule:
    return rbac.PolicyRule(**{field: tuple(raw.get(key) or ()) for key, field in _FIELDS.items()})


def _rules(raw: list[Given] | None) -> tuple[rbac.PolicyRule, ...]:
    return tuple(_rule(each) for each in raw or ())


def _written(rule: rbac.PolicyRule) -> dict[str, list[str]]:
    """As the file writes it: only what is not empty."""
    return {key: list(getattr(rule, field)) for key, field in _FIELDS.items() if getattr(rule, field)}


def _attributes(raw: Given) -> rbac.Attributes:
    return rbac.Attributes(
        raw["verb"],
        raw.get("apiGroup", ""),
        raw.get("resource", ""),
        raw.get("subresource", ""),
        raw.get("name", ""),
        raw.get("namespace", ""),
        raw.get("path"),
    )


def _user(raw: Given) -> rbac.User:
    return rbac.User(raw["user"], tuple(raw.get("groups") or ()))


def _named(raw: Given) -> rbac.User:
    return rbac.User(raw.get("name", ""), tuple(raw.get("groups") or ()))


def _subjects(raw: list[Given] | None) -> tuple[rbac.Subject, ...]:
    return tuple(rbac.Subject(rbac.SubjectKind(s["kind"]), s["name"], s.get("namespace", "")) for s in raw or ())


def _roles(given: Given) -> tuple[rbac.Role, ...]:
    return tuple(
        rbac.Role(each["metadata"]["name"], _rules(each.get("rules")), each["metadata"].get("namespace", ""))
        for each in (*(given.get("clusterRoles") or ()), *(given.get("roles") or ()))
    )


def _bindings(given: Given) -> tuple[rbac.Binding, ...]:
    both: tuple[Any, ...] = (*(given.get("clusterRoleBindings") or ()), *(given.get("roleBindings") or ()))
    return tuple(
        rbac.Binding(
            each["roleRef"]["name"],
            _subjects(each.get("subjects")),
            each["roleRef"]["kind"] == "ClusterRole",
            (each.get("metadata") or {}).get("namespace", ""),
        )
        for each in both
    )
