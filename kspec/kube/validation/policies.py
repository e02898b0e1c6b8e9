"""What the API server refuses in the kinds that decide over requests: roles, bindings, quotas, limits, priorities.

What is modelled: ValidateRole, ValidateClusterRole and ValidateRoleBinding of pkg/apis/rbac/validation,
ValidateResourceQuota and ValidateLimitRange of pkg/apis/core/validation, ValidatePodDisruptionBudget of
pkg/apis/policy/validation, ValidatePriorityClass of pkg/apis/scheduling/validation, Kubernetes 1.36.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from kspec.kube import quantity
from kspec.kube.located import MapKey, Path, Problem, shown
from kspec.kube.validation.checks import Object, Problems, label_selector, one_of, required
from kspec.kube.validation.resources import resource_list

RBAC_GROUP = "rbac.authorization.k8s.io"
SUBJECTS = ("User", "Group", "ServiceAccount")
LIMIT_TYPES = ("Container", "Pod", "PersistentVolumeClaim")
QUOTA_SCOPES = (
    "Terminating",
    "NotTerminating",
    "BestEffort",
    "NotBestEffort",
    "PriorityClass",
    "CrossNamespacePodAffinity",
)
HIGHEST_PRIORITY = 1_000_000_000
"""The highest value of a class that is not the system's."""


# ---- access control


def role(item: Object) -> Problems:
    """A Role: no rule is about paths."""
    for position, rule in enumerate(item.get("rules", [])):
        here: Path = ("rules", position)
        if rule.get("nonResourceURLs"):
            yield Problem((*here, "nonResourceURLs"), "a Role is of one namespace: paths go into a ClusterRole")
        yield from _rule(rule, here)


def cluster_role(item: Object) -> Problems:
    """A ClusterRole."""
    for position, rule in enumerate(item.get("rules", [])):
        here: Path = ("rules", position)
        if rule.get("nonResourceURLs") and (rule.get("apiGroups") or rule.get("resources")):
            yield Problem((*here, "nonResourceURLs"), "one rule is about resources or about paths, not about both")
        yield from _rule(rule, here)


def _rule(rule: Object, path: Path) -> Problems:
    yield from required(rule, "verbs", path, "name at least one, or write '*'")
    if rule.get("nonResourceURLs"):
        return
    yield from required(rule, "apiGroups", path, "write [''] for the core group")
    yield from required(rule, "resources", path, "name at least one, or write '*'")


def role_binding(item: Object) -> Problems:
    """A RoleBinding: to a Role or a ClusterRole."""
    yield from _binding(item, ("Role", "ClusterRole"), namespaced=True)


def cluster_role_binding(item: Object) -> Problems:
    """A ClusterRoleBinding: to a ClusterRole."""
    yield from _binding(item, ("ClusterRole",), namespaced=False)


def _binding(item: Object, kinds: tuple[str, ...], *, namespaced: bool) -> Problems:
    ref = item.get("roleRef", {})
    if ref.get("apiGroup", RBAC_GROUP) != RBAC_GROUP:
        yield Problem(("roleRef", "apiGroup"), f"{ref['apiGroup']} must be {RBAC_GROUP}")
    if len(kinds) > 1:
        yield from one_of(ref.get("kind", ""), kinds, ("roleRef", "kind"))
    elif ref.get("kind") not in kinds:
        yield Problem(("roleRef", "kind"), f"must be {kinds[0]}: what is of one namespace cannot be bound everywhere")
    yield from required(ref, "name", ("roleRef",))
    for position, subject in enumerate(item.get("subjects", [])):
        yield from _subject(subject, ("subjects", position), namespaced=namespaced)


def _subject(subject: Object, path: Path, *, namespaced: bool) -> Problems:
    yield from required(subject, "name", path)
    kind = subject.get("kind", "")
    yield from one_of(kind, SUBJECTS, (*path, "kind"))
    group = "" if kind == "ServiceAccount" else RBAC_GROUP
    if subject.get("apiGroup", group) != group:
        said = f"must be {group}" if group else "must be left out: service accounts are in the core group"
        yield Problem((*path, "apiGroup"), said)
    if kind == "ServiceAccount" and not namespaced and not subject.get("namespace"):
        yield Problem((*path, "namespace"), "is required: a ClusterRoleBinding is of no namespace")


# ---- quotas and limits


def resource_quota(item: Object) -> Problems:
    """A ResourceQuota."""
    spec = item.get("spec", {})
    yield from resource_list(spec.get("hard", {}), ("spec", "hard"))
    for field in ("hard", "used"):
        yield from resource_list(item.get("status", {}).get(field, {}), ("status", field))
    for position, scope in enumerate(spec.get("scopes", [])):
        yield from one_of(scope, QUOTA_SCOPES, ("spec", "scopes", position))
    for position, each in enumerate(spec.get("scopeSelector", {}).get("matchExpressions", [])):
        here: Path = ("spec", "scopeSelector", "matchExpressions", position)
        yield from one_of(each.get("scopeName", ""), QUOTA_SCOPES, (*here, "scopeName"))
        yield from one_of(each.get("operator", ""), ("In", "NotIn", "Exists", "DoesNotExist"), (*here, "operator"))
        if each.get("scopeName") != "PriorityClass" and each.get("operator") not in ("Exists", ""):
            yield Problem((*here, "operator"), "must be Exists: only of PriorityClass can values be chosen")


def limit_range(item: Object) -> Problems:
    """A LimitRange: min ≤ defaultRequest ≤ default ≤ max."""
    for position, limit in enumerate(item.get("spec", {}).get("limits", [])):
        here: Path = ("spec", "limits", position)
        yield from one_of(limit.get("type", ""), LIMIT_TYPES, (*here, "type"))
        for field in ("min", "defaultRequest", "default", "max", "maxLimitRequestRatio"):
            yield from resource_list(limit.get(field, {}), (*here, field))
        if limit.get("type") != "Container":
            for field in ("default", "defaultRequest"):
                if limit.get(field):
                    yield Problem((*here, field), "only containers have defaults: the type must be Container")
        for lower, higher in (("min", "max"), ("min", "defaultRequest"), ("defaultRequest", "default")):
            yield from _in_order(limit, lower, higher, here)
        yield from _in_order(limit, "default", "max", here)
        for name, ratio in limit.get("maxLimitRequestRatio", {}).items():
            if quantity.from_yaml(ratio) < quantity.parse("1"):
                where = (*here, "maxLimitRequestRatio", MapKey(name))
                yield Problem(where, f"{ratio} must not be less than 1: a limit is not below its request")


def _in_order(limit: Mapping[str, Any], lower: str, higher: str, path: Path) -> Problems:
    above = limit.get(higher, {})
    for name, amount in limit.get(lower, {}).items():
        if name in above and quantity.from_yaml(above[name]) < quantity.from_yaml(amount):
            yield Problem((*path, lower, MapKey(name)), f"{amount} must not be more than {higher}, {above[name]}")


# ---- budgets


def disruption_budget(item: Object) -> Problems:
    """A PodDisruptionBudget: one of the two numbers, not negative, at most 100%."""
    spec = item.get("spec", {})
    if "minAvailable" in spec and "maxUnavailable" in spec:
        yield Problem(("spec",), "minAvailable and maxUnavailable exclude each other: keep one of them")
    for field in ("minAvailable", "maxUnavailable"):
        value = spec.get(field, 0)
        if isinstance(value, str):
            if not re.fullmatch(r"[0-9]+%", value) or int(value[:-1]) > 100:
                yield Problem(("spec", field), f"{shown(value)} must be a number of pods or a percentage up to 100%")
        elif value < 0:
            yield Problem(("spec", field), f"{value} must not be negative")
    policy = spec.get("unhealthyPodEvictionPolicy", "AlwaysAllow")
    yield from one_of(policy, ("AlwaysAllow", "IfHealthyBudget"), ("spec", "unhealthyPodEvictionPolicy"))
    if "selector" in spec:
        yield from label_selector(spec["selector"], ("spec", "selector"))


# ---- priorities


def priority_class(item: Object) -> Problems:
    """A PriorityClass."""
    if "value" not in item:
        yield Problem(("value",), "is required")
    name = str(item.get("metadata", {}).get("name", ""))
    if name.startswith("system-") and name not in ("system-node-critical", "system-cluster-critical"):
        yield Problem(("metadata", "name"), "names that begin with system- are the system's own")
    elif not name.startswith("system-") and item.get("value", 0) > HIGHEST_PRIORITY:
        yield Problem(("value",), f"{item['value']} must not be more than {HIGHEST_PRIORITY}")
    policy = item.get("preemptionPolicy", "Never")
    yield from one_of(policy, ("Never", "PreemptLowerPriority"), ("preemptionPolicy",))
