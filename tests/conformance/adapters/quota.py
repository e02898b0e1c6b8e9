"""quota: whether a pod is admitted and what is then used; arithmetic of resource lists."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import attrs

from kspec.kube import quantity
from kspec.kube.core import QuotaScope, ResourceQuota, ScopeSelector
from kspec.kube.objects import Container, Operator, Phase, PodSpec, Resources
from kspec.kube.quantity import Quantity
from kspec_models.apiserver import quota
from kspec_models.helpers import resource_lists
from kspec_models.helpers.quota_usage import QuotaPod
from tests.conformance.adapters import _objects
from tests.conformance.interface import Given, Skip

TOPIC = "quota"

_LIST_OF_ONE: Mapping[str, Callable[[Any], Any]] = {"RemoveZeros": resource_lists.without_zeros}
_LIST_OF_TWO: Mapping[str, Callable[[Any, Any], Any]] = {
    "Add": resource_lists.add,
    "Mask": resource_lists.mask,
    "Max": resource_lists.largest,
    "Subtract": resource_lists.subtract,
    "SubtractWithNonNegativeResult": resource_lists.subtract_not_below_zero,
}
_ABOUT_ONE: Mapping[str, Callable[[Any], Any]] = {
    "IsNegative": resource_lists.negative,
    "IsZero": resource_lists.is_zero,
    "ResourceNames": resource_lists.names,
}
_ABOUT_TWO: Mapping[str, Callable[[Any, Any], Any]] = {
    "Contains": resource_lists.contains,
    "ContainsPrefix": resource_lists.contains_prefix,
    "Difference": resource_lists.difference,
    "Equals": resource_lists.equals,
    "Intersection": resource_lists.intersection,
}


def answer(given: Given) -> object:
    """What quota admission and the arithmetic of resource lists say."""
    op = given["op"]
    if op == "check":
        return _check(given)
    if op == "LessThanOrEqual":
        exceeded = resource_lists.exceeding(_list(given["a"]), _list(given["b"]))
        return {"result": not exceeded, "exceeded": list(exceeded)}
    if op in _LIST_OF_ONE:
        return {"result": _written(_LIST_OF_ONE[op](_list(given["a"])))}
    if op in _LIST_OF_TWO:
        return {"result": _written(_LIST_OF_TWO[op](_list(given["a"]), _list(given["b"])))}
    if op in _ABOUT_ONE:
        return {"result": _ABOUT_ONE[op](_list(given["a"]))}
    if op in _ABOUT_TWO:
        return {"result": _ABOUT_TWO[op](_list(given["a"]), _list(given["b"]))}
    raise Skip(f"unknown op {op}")


def _list(raw: Any) -> Any:
    """A mapping is a resource list; names, and one name, are taken as they are."""
    if not isinstance(raw, Mapping):
        return raw
    return tuple(sorted((name, quantity.from_yaml(amount)) for name, amount in raw.items()))


def _written(resources: tuple[tuple[str, Quantity], ...]) -> dict[str, str]:
    return {name: str(amount) for name, amount in resources}


def _check(given: Given) -> object:
    quotas = tuple(_quota(each) for each in given["quotas"])
    result = quota.check(quotas, _pod(given["pod"]), quota.Operation(given["operation"]))
    if result.reason is not None:
        return {"admitted": False, "reason": result.reason.value}
    used = {each.name: each.used for each in result.quotas}
    return {
        "admitted": True,
        "usedAfter": {each["name"]: _used(each["used"], used[each["name"]], given["pod"]) for each in given["quotas"]},
    }


def _quota(raw: Given) -> ResourceQuota:
    scopes = tuple(ScopeSelector(QuotaScope(each)) for each in raw.get("scopes") or ())
    expressions = (raw.get("scopeSelector") or {}).get("matchExpressions") or ()
    selectors = tuple(
        ScopeSelector(QuotaScope(each["scopeName"]), Operator(each["operator"]), tuple(each.get("values") or ()))
        for each in expressions
    )
    return ResourceQuota(raw["name"], _amounts(raw["hard"]), _amounts(raw["used"]), (*scopes, *selectors))


def _pod(raw: Given) -> QuotaPod:
    container = Container(
        "main", requests=_objects.resources(raw.get("requests")), limits=_objects.resources(raw.get("limits"))
    )
    starting = Container(
        "init", requests=_objects.resources(raw.get("initRequests")), limits=_objects.resources(raw.get("initLimits"))
    )
    return QuotaPod(
        PodSpec((container,), (starting,) if "initRequests" in raw or "initLimits" in raw else ()),
        Phase(raw.get("phase") or "Pending"),
        raw.get("activeDeadlineSeconds"),
        raw.get("priorityClassName", ""),
    )


def _amounts(raw: Given | None) -> Resources:
    """Amounts of a quota: cpu in millicores under each of its names."""
    return tuple(sorted((name, _amount(name, quantity.from_yaml(value))) for name, value in (raw or {}).items()))


def _amount(name: str, value: Quantity) -> int:
    return value.milli if _base(name) == "cpu" else value.units


def _base(name: str) -> str:
    return name.removeprefix("requests.").removeprefix("limits.")


def _used(before: Given, after: Resources, pod: Given) -> dict[str, str]:
    """Amounts as quantities: what was there, plus the change in the format in which the pod writes that resource."""
    return {name: str(_quantity(name, quantity.from_yaml(before.get(name, "0")), now, pod)) for name, now in after}


def _quantity(name: str, before: Quantity, after: int, pod: Given) -> Quantity:
    change = after - _amount(name, before)
    if change == 0:
        return before
    lists = [pod.get(key) or {} for key in ("requests", "limits", "initRequests", "initLimits")]
    formats = [quantity.from_yaml(each[_base(name)]).format for each in lists if _base(name) in each]
    added = quantity.parse(f"{change}m" if _base(name) == "cpu" else str(change))
    return before + attrs.evolve(added, format=formats[0] if formats else added.format)
