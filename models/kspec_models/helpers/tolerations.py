"""Taints and tolerations: who is kept off a node (Toleration.ToleratesTaint, C53).

Sources, below staging/src/k8s.io: api/core/v1/toleration.go, component-helpers/scheduling/corev1/helpers.go.
"""

from __future__ import annotations

from collections.abc import Iterable

from kspec.kube.objects import Effect, Operator, Taint, Toleration
from kspec_models.helpers.integers import parse_decimal_integer

KEEPS_OFF = (Effect.NO_SCHEDULE, Effect.NO_EXECUTE)
"""The effects for which the scheduler filters. PreferNoSchedule only scores."""


def tolerates(toleration: Toleration, taint: Taint, *, comparison_operators: bool = False) -> bool:
    """Whether one toleration tolerates one taint.

    No effect: every effect; no key: every key. Equal compares the values, also without a key, so that the empty
    toleration tolerates only taints without a value. `comparison_operators`: the alpha gate
    TaintTolerationComparisonOperators, without which Gt and Lt tolerate nothing.
    """
    if toleration.effect is not None and toleration.effect is not taint.effect:
        return False
    if toleration.key not in ("", taint.key):
        return False
    if toleration.operator is Operator.EXISTS:
        return True
    if toleration.operator is Operator.EQUAL:
        return toleration.value == taint.value
    return comparison_operators and compare_numerically(toleration.operator, toleration.value, taint.value)


def compare_numerically(operator: Operator, toleration_value: str, taint_value: str) -> bool:
    """Gt: the taint's value is above the toleration's; Lt: below. Anything but two strict int64 is no match."""
    bound, actual = parse_decimal_integer(toleration_value), parse_decimal_integer(taint_value)
    if bound is None or actual is None:
        return False
    if operator is Operator.GT:
        return actual > bound
    return operator is Operator.LT and actual < bound


def any_tolerates(tolerations: Iterable[Toleration], taint: Taint, *, comparison_operators: bool = False) -> bool:
    """Whether some toleration tolerates the taint (TolerationsTolerateTaint)."""
    return any(tolerates(each, taint, comparison_operators=comparison_operators) for each in tolerations)


def first_untolerated(
    taints: Iterable[Taint],
    tolerations: tuple[Toleration, ...],
    *,
    effects: tuple[Effect, ...] = KEEPS_OFF,
    comparison_operators: bool = False,
) -> Taint | None:
    """The first taint with one of these effects that nothing tolerates (FindMatchingUntoleratedTaint)."""
    for taint in taints:
        if taint.effect in effects and not any_tolerates(tolerations, taint, comparison_operators=comparison_operators):
            return taint
    return None
