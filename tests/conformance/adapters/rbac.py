"""rbac: rules, roles with their bindings, the rules of a user, covering, several authorizers."""

from __future__ import annotations

from kspec.kube.rbac import (
    ClusterRole,
    ClusterRoleBinding,
    PolicyRule,
    Role,
    RoleBinding,
    RoleRef,
    Subject,
    SubjectKind,
)
from kspec_models.apiserver import authorization, escalation, rbac
from kspec_models.apiserver.authentication import User
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
            policy = _policy(given)
            said = [authorization.rbac(_user(r), _attributes(r), policy) for r in given["requests"]]
            return {"allowed": [each.decision is authorization.Decision.ALLOW for each in said]}
        case "rules-for":
            granted = rbac.rules_for(_named(given["user"]), given["namespace"], _policy(given))
            return {"rules": [_written(rule) for rule in granted.rules]}
        case "applies-to":
            index = rbac.applies_to(_subjects(given["subjects"]), _named(given["user"]), given["namespace"])
            return {"applies": index is not None, "index": index or 0}
        case "covers":
            missing = escalation.uncovered(_rules(given["owner"]), _rules(given["servant"]))
            return {"covers": not missing, "missing": len(missing)}
        case "url-covers":
            return {"covers": rbac.non_resource_url_covers(given["owner"], given["requested"])}
        case "union":
            return {"decision": authorization.union(authorization.Decision(each) for each in given["decisions"]).value}
        case op:
            raise Skip(f"unknown op {op}")


def _rule(raw: Given) -> PolicyRule:
    return PolicyRule(**{field: tuple(raw.get(key) or ()) for key, field in _FIELDS.items()})


def _rules(raw: list[Given] | None) -> tuple[PolicyRule, ...]:
    return tuple(_rule(each) for each in raw or ())


def _written(rule: PolicyRule) -> dict[str, list[str]]:
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


def _user(raw: Given) -> User:
    return User(raw["user"], tuple(raw.get("groups") or ()))


def _named(raw: Given) -> User:
    return User(raw.get("name", ""), tuple(raw.get("groups") or ()))


def _subjects(raw: list[Given] | None) -> tuple[Subject, ...]:
    return tuple(Subject(SubjectKind(s["kind"]), s["name"], s.get("namespace", "")) for s in raw or ())


def _policy(given: Given) -> rbac.Policy:
    return rbac.Policy(
        tuple(ClusterRole(_name(each), _rules(each.get("rules"))) for each in given.get("clusterRoles") or ()),
        tuple(
            ClusterRoleBinding(_name(each), _ref(each), _subjects(each.get("subjects")))
            for each in given.get("clusterRoleBindings") or ()
        ),
        tuple(Role(_name(each), _rules(each.get("rules")), _namespace(each)) for each in given.get("roles") or ()),
        tuple(
            RoleBinding(_name(each), _ref(each), _subjects(each.get("subjects")), _namespace(each))
            for each in given.get("roleBindings") or ()
        ),
    )


def _name(raw: Given) -> str:
    return str((raw.get("metadata") or {}).get("name", ""))


def _namespace(raw: Given) -> str:
    return str((raw.get("metadata") or {}).get("namespace", ""))


def _ref(raw: Given) -> RoleRef:
    return RoleRef(raw["roleRef"]["kind"], raw["roleRef"]["name"])
