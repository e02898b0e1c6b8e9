"""Manifests of what decides over requests, as typed objects: access control, quotas, limits, budgets, priorities.

Such a manifest describes an object that is stored: its status, if it has one, counts. What was read is decoded and
valid (`manifests`, `validation.policies`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from kspec.kube import quantity
from kspec.kube.core import (
    LimitRange,
    LimitRangeItem,
    LimitType,
    Namespace,
    NamespacePhase,
    QuotaScope,
    Ratio,
    ResourceQuota,
    ScopeSelector,
    ServiceAccount,
)
from kspec.kube.located import without_nulls
from kspec.kube.manifests import Entry
from kspec.kube.objects import IntOrPercent, Operator, Percent, Resources
from kspec.kube.policy import PodDisruptionBudget, UnhealthyPodEvictionPolicy
from kspec.kube.quantity import resource_amount
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
from kspec.kube.scheduling import PreemptionPolicy, PriorityClass
from kspec.kube.typed_placement import selector_of

Object = Mapping[str, Any]
Policy = (
    Namespace
    | ServiceAccount
    | LimitRange
    | ResourceQuota
    | PriorityClass
    | PodDisruptionBudget
    | Role
    | ClusterRole
    | RoleBinding
    | ClusterRoleBinding
)


def policy_of(entry: Entry) -> Policy | None:
    """The typed object of a manifest; None for kinds that decide nothing."""
    build = _BUILD.get((entry.api_version, entry.kind))
    return None if build is None else build(without_nulls(entry.mapping), entry.namespace)


def _namespace(item: Object, namespace: str) -> Namespace:
    metadata = item.get("metadata") or {}
    deleting = bool(metadata.get("deletionTimestamp"))
    phase = NamespacePhase((item.get("status") or {}).get("phase") or "Active")
    return Namespace(
        metadata["name"],
        tuple(sorted((metadata.get("labels") or {}).items())),
        NamespacePhase.TERMINATING if deleting else phase,
        tuple((item.get("spec") or {}).get("finalizers") or ("kubernetes",)),
        deleting,
    )


def _service_account(item: Object, namespace: str) -> ServiceAccount:
    return ServiceAccount(item["metadata"]["name"], namespace)


def _limit_range(item: Object, namespace: str) -> LimitRange:
    limits = (item.get("spec") or {}).get("limits") or []
    return LimitRange(item["metadata"]["name"], tuple([_limit(each) for each in limits]), namespace)


def _limit(item: Object) -> LimitRangeItem:
    ratios = {name: Fraction(quantity.from_yaml(r).nanos, 10**9) for name, r in _pairs(item, "maxLimitRequestRatio")}
    return LimitRangeItem(
        LimitType(item["type"]),
        max=_resources(item, "max"),
        min=_resources(item, "min"),
        default=_resources(item, "default"),
        default_request=_resources(item, "defaultRequest"),
        max_limit_request_ratio=tuple([(n, Ratio(r.numerator, r.denominator)) for n, r in sorted(ratios.items())]),
    )


def _resource_quota(item: Object, namespace: str) -> ResourceQuota:
    """`used` is empty where the manifest has no status: nobody has counted yet."""
    spec, status = item.get("spec") or {}, item.get("status") or {}
    scopes = [ScopeSelector(QuotaScope(name)) for name in spec.get("scopes") or []]
    selectors = [
        ScopeSelector(QuotaScope(each["scopeName"]), Operator(each["operator"]), tuple(each.get("values") or ()))
        for each in (spec.get("scopeSelector") or {}).get("matchExpressions") or []
    ]
    hard = _amounts(status if status.get("hard") else spec, "hard")
    return ResourceQuota(item["metadata"]["name"], hard, _amounts(status, "used"), (*scopes, *selectors), namespace)


def _priority_class(item: Object, namespace: str) -> PriorityClass:
    policy = item.get("preemptionPolicy") or PreemptionPolicy.PREEMPT_LOWER_PRIORITY.value
    return PriorityClass(
        item["metadata"]["name"], item["value"], bool(item.get("globalDefault")), PreemptionPolicy(policy)
    )


def _budget(item: Object, namespace: str) -> PodDisruptionBudget:
    """A budget whose manifest has no status was not observed yet."""
    spec, status = item.get("spec") or {}, item.get("status") or {}
    policy = spec.get("unhealthyPodEvictionPolicy") or UnhealthyPodEvictionPolicy.IF_HEALTHY_BUDGET.value
    generation = (item.get("metadata") or {}).get("generation") or 0
    return PodDisruptionBudget(
        item["metadata"]["name"],
        None if spec.get("selector") is None else selector_of(spec["selector"]),
        _number(spec.get("minAvailable")),
        _number(spec.get("maxUnavailable")),
        UnhealthyPodEvictionPolicy(policy),
        status.get("disruptionsAllowed") or 0,
        status.get("currentHealthy") or 0,
        status.get("desiredHealthy") or 0,
        status.get("expectedPods") or 0,
        tuple(sorted(status.get("disruptedPods") or {})),
        bool(status) and (status.get("observedGeneration") or 0) >= generation,
        namespace,
    )


def _number(value: Any) -> IntOrPercent | None:
    return Percent(int(value.rstrip("%"))) if isinstance(value, str) else value


def _role(item: Object, namespace: str) -> Role:
    return Role(item["metadata"]["name"], _rules(item), namespace)


def _cluster_role(item: Object, namespace: str) -> ClusterRole:
    return ClusterRole(item["metadata"]["name"], _rules(item))


def _rules(item: Object) -> tuple[PolicyRule, ...]:
    fields = ("verbs", "apiGroups", "resources", "resourceNames", "nonResourceURLs")
    return tuple([PolicyRule(*[tuple(rule.get(field) or ()) for field in fields]) for rule in item.get("rules") or []])


def _role_binding(item: Object, namespace: str) -> RoleBinding:
    return RoleBinding(item["metadata"]["name"], _ref(item), _subjects(item), namespace)


def _cluster_role_binding(item: Object, namespace: str) -> ClusterRoleBinding:
    return ClusterRoleBinding(item["metadata"]["name"], _ref(item), _subjects(item))


def _ref(item: Object) -> RoleRef:
    return RoleRef(item["roleRef"]["kind"], item["roleRef"]["name"])


def _subjects(item: Object) -> tuple[Subject, ...]:
    return tuple(
        [
            Subject(SubjectKind(each["kind"]), each["name"], each.get("namespace") or "")
            for each in item.get("subjects") or []
        ]
    )


def _pairs(holder: Object, field: str) -> list[tuple[str, Any]]:
    return [(name, amount) for name, amount in (holder.get(field) or {}).items() if amount is not None]


def _resources(holder: Object, field: str) -> Resources:
    return tuple(sorted((name, resource_amount(name, amount)) for name, amount in _pairs(holder, field)))


def _amounts(holder: Object, field: str) -> Resources:
    """Amounts of a quota: cpu in millicores under each of its names."""
    pairs = _pairs(holder, field)
    return tuple(sorted((name, resource_amount(name.rpartition(".")[2], amount)) for name, amount in pairs))


_RBAC = "rbac.authorization.k8s.io/v1"
_BUILD: Mapping[tuple[str, str], Callable[[Object, str], Policy]] = {
    ("v1", "LimitRange"): _limit_range,
    ("v1", "Namespace"): _namespace,
    ("v1", "ResourceQuota"): _resource_quota,
    ("v1", "ServiceAccount"): _service_account,
    (_RBAC, "ClusterRole"): _cluster_role,
    (_RBAC, "ClusterRoleBinding"): _cluster_role_binding,
    (_RBAC, "Role"): _role,
    (_RBAC, "RoleBinding"): _role_binding,
    ("policy/v1", "PodDisruptionBudget"): _budget,
    ("scheduling.k8s.io/v1", "PriorityClass"): _priority_class,
}
