"""What the API server refuses in what says where a pod may run: selectors, affinity, tolerations, spreading.

What is modelled: validateAffinity, ValidateNodeSelector, ValidateTolerations, validateTopologySpreadConstraints of
pkg/apis/core/validation, Kubernetes 1.36. Tolerations with `Gt` or `Lt` are refused: their gate
TaintTolerationComparisonOperators is alpha (C53).
"""

from __future__ import annotations

from kspec.kube import formats
from kspec.kube.located import Path, Problem, shown
from kspec.kube.validation.checks import (
    Object,
    Problems,
    at_least,
    label_selector,
    labels,
    no_duplicates,
    one_of,
    required,
    well_formed,
)
from kspec.kube.validation.nodes import EFFECTS

_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
_OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt")


def placement(spec: Object, path: Path) -> Problems:
    """Everything in a pod's spec that says where it may run."""
    yield from labels(spec.get("nodeSelector", {}), (*path, "nodeSelector"))
    affinity, here = spec.get("affinity", {}), (*path, "affinity")
    if "nodeAffinity" in affinity:
        yield from _node_affinity(affinity["nodeAffinity"], (*here, "nodeAffinity"))
    for field in ("podAffinity", "podAntiAffinity"):
        if field in affinity:
            yield from _pod_affinity(affinity[field], (*here, field))
    yield from _tolerations(spec.get("tolerations", []), (*path, "tolerations"))
    yield from _spreading(spec.get("topologySpreadConstraints", []), (*path, "topologySpreadConstraints"))


def _node_affinity(affinity: Object, path: Path) -> Problems:
    if _REQUIRED in affinity:
        here: Path = (*path, _REQUIRED)
        terms = affinity[_REQUIRED].get("nodeSelectorTerms", [])
        if not terms:
            yield Problem((*here, "nodeSelectorTerms"), "is required: without a term no node would match")
        for position, term in enumerate(terms):
            yield from _node_term(term, (*here, "nodeSelectorTerms", position))
    for position, preferred in enumerate(affinity.get(_PREFERRED, [])):
        yield from _weight(preferred, (*path, _PREFERRED, position))
        yield from _node_term(preferred.get("preference", {}), (*path, _PREFERRED, position, "preference"))


def _node_term(term: Object, path: Path) -> Problems:
    for position, expression in enumerate(term.get("matchExpressions", [])):
        here: Path = (*path, "matchExpressions", position)
        operator, values = expression.get("operator", ""), expression.get("values", [])
        yield from one_of(operator, _OPERATORS, (*here, "operator"))
        if operator in ("In", "NotIn") and not values:
            yield Problem((*here, "values"), f"is required with the operator {operator}")
        if operator in ("Exists", "DoesNotExist") and values:
            yield Problem((*here, "values"), f"must not be given with the operator {operator}")
        if operator in ("Gt", "Lt") and len(values) != 1:
            yield Problem((*here, "values"), f"must be exactly one number with the operator {operator}")
        problem = formats.qualified_name(expression.get("key", ""))
        if problem:
            yield Problem((*here, "key"), problem)
    for position, expression in enumerate(term.get("matchFields", [])):
        here = (*path, "matchFields", position)
        yield from one_of(expression.get("operator", ""), ("In", "NotIn"), (*here, "operator"))
        if len(expression.get("values", [])) != 1:
            yield Problem((*here, "values"), "must be exactly one name")
        if expression.get("key") != "metadata.name":
            yield Problem((*here, "key"), f"{shown(expression.get('key', ''))} is no field to match: metadata.name is")


def _weight(preferred: Object, path: Path) -> Problems:
    weight = preferred.get("weight", 0)
    if not 1 <= weight <= 100:
        yield Problem((*path, "weight"), f"{weight} must be between 1 and 100")


def _pod_affinity(affinity: Object, path: Path) -> Problems:
    for position, term in enumerate(affinity.get(_REQUIRED, [])):
        yield from _pod_term(term, (*path, _REQUIRED, position))
    for position, preferred in enumerate(affinity.get(_PREFERRED, [])):
        yield from _weight(preferred, (*path, _PREFERRED, position))
        yield from _pod_term(preferred.get("podAffinityTerm", {}), (*path, _PREFERRED, position, "podAffinityTerm"))


def _pod_term(term: Object, path: Path) -> Problems:
    for field in ("labelSelector", "namespaceSelector"):
        yield from label_selector(term.get(field, {}), (*path, field))
    yield from required(term, "topologyKey", path)
    yield from well_formed(term, "topologyKey", formats.qualified_name, path)


def _tolerations(tolerations: list[Object], path: Path) -> Problems:
    for position, toleration in enumerate(tolerations):
        here: Path = (*path, position)
        operator, value = toleration.get("operator", ""), toleration.get("value", "")
        yield from well_formed(toleration, "key", formats.qualified_name, here)
        if not toleration.get("key") and operator != "Exists":
            yield Problem((*here, "operator"), "must be Exists without a key (which tolerates every taint)")
        if "tolerationSeconds" in toleration and toleration.get("effect") != "NoExecute":
            yield Problem((*here, "effect"), "must be NoExecute when tolerationSeconds is given")
        if operator in ("", "Equal"):
            yield from well_formed(toleration, "value", formats.label_value, here)
        elif operator == "Exists":
            if value:
                yield Problem((*here, "operator"), f"Exists takes no value, but the value is {shown(value)}")
        elif operator in ("Gt", "Lt"):
            message = f"{operator} needs the feature gate TaintTolerationComparisonOperators, which is off by default"
            yield Problem((*here, "operator"), message)
        else:
            yield from one_of(operator, ("Equal", "Exists"), (*here, "operator"))
        if toleration.get("effect"):
            yield from one_of(toleration["effect"], EFFECTS, (*here, "effect"))


def _spreading(constraints: list[Object], path: Path) -> Problems:
    pairs: list[tuple[str, Path]] = []
    for position, constraint in enumerate(constraints):
        here: Path = (*path, position)
        if constraint.get("maxSkew", 0) < 1:
            yield Problem((*here, "maxSkew"), f"{constraint.get('maxSkew', 0)} must be greater than zero")
        yield from required(constraint, "topologyKey", here)
        yield from well_formed(constraint, "topologyKey", formats.qualified_name, here)
        when = constraint.get("whenUnsatisfiable", "")
        yield from one_of(when, ("DoNotSchedule", "ScheduleAnyway"), (*here, "whenUnsatisfiable"))
        if "minDomains" in constraint:
            yield from at_least(constraint, "minDomains", 1, here)
            if when != "DoNotSchedule":
                yield Problem((*here, "minDomains"), "needs whenUnsatisfiable: DoNotSchedule")
        for field in ("nodeAffinityPolicy", "nodeTaintsPolicy"):
            if field in constraint:
                yield from one_of(constraint[field], ("Honor", "Ignore"), (*here, field))
        yield from label_selector(constraint.get("labelSelector", {}), (*here, "labelSelector"))
        pairs.append((f"{constraint.get('topologyKey', '')}, {when}", here))
    yield from no_duplicates(pairs)
