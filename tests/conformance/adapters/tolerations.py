"""tolerations: one toleration and one taint, all of a pod's, numeric comparison, DefaultTolerationSeconds."""

from __future__ import annotations

from kspec.kube.objects import Operator, Toleration
from kspec_models.apiserver import default_toleration_seconds
from kspec_models.helpers import tolerations
from tests.conformance.adapters import _objects
from tests.conformance.interface import Given, Skip

TOPIC = "tolerations"


def answer(given: Given) -> object:
    """What the toleration helpers and the admission decision say."""
    match given["op"]:
        case "one":
            toleration, taint = _objects.toleration(given["toleration"]), _objects.taint(given["taint"])
            gate = given["comparisonOperators"]
            return {"tolerates": tolerations.tolerates(toleration, taint, comparison_operators=gate)}
        case "numeric":
            operator = Operator(given["operator"])
            return {"result": tolerations.compare_numerically(operator, given["toleration"], given["taint"])}
        case "all":
            taints = [_objects.taint(each) for each in given["taints"]]
            first = tolerations.first_untolerated(taints, _tolerations(given))
            return {"untolerated": first is not None, "first": "" if first is None else first.key}
        case "default-seconds":
            admitted = default_toleration_seconds.with_default_tolerations(_tolerations(given))
            return {"tolerations": [_written(each) for each in admitted]}
        case op:
            raise Skip(f"unknown op {op}")


def _tolerations(given: Given) -> tuple[Toleration, ...]:
    return tuple(_objects.toleration(each) for each in given["tolerations"])


def _written(toleration: Toleration) -> object:
    """As the file writes it: the value only where there is one."""
    written = {
        "key": toleration.key,
        "operator": toleration.operator.value,
        "effect": "" if toleration.effect is None else toleration.effect.value,
        "tolerationSeconds": toleration.toleration_seconds,
    }
    return {**written, "value": toleration.value} if toleration.value else written
