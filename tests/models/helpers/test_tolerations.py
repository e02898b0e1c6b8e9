"""Taints and tolerations, by the rules that people get wrong."""

from __future__ import annotations

import pytest

from kspec.kube.objects import Effect, Operator, Taint, Toleration
from kspec_models.helpers.tolerations import compare_numerically, first_untolerated, tolerates

GPU = Taint("gpu", "yes", Effect.NO_SCHEDULE)


def test_a_toleration_without_key_that_asks_for_existence_tolerates_everything() -> None:
    everything = Toleration(operator=Operator.EXISTS)
    assert all(tolerates(everything, Taint("k", "v", effect)) for effect in Effect)


def test_an_empty_toleration_tolerates_only_taints_without_value() -> None:
    assert not tolerates(Toleration(), GPU)
    assert tolerates(Toleration(), Taint("gpu"))


def test_existence_ignores_the_value_and_equality_does_not() -> None:
    assert tolerates(Toleration("gpu", Operator.EXISTS, "no"), GPU)
    assert not tolerates(Toleration("gpu", Operator.EQUAL, "no"), GPU)
    assert not tolerates(Toleration("cpu", Operator.EXISTS), GPU)


def test_an_effect_restricts_and_its_absence_does_not() -> None:
    assert tolerates(Toleration("gpu", Operator.EXISTS, effect=None), GPU)
    assert not tolerates(Toleration("gpu", Operator.EXISTS, effect=Effect.NO_EXECUTE), GPU)


def test_comparisons_tolerate_nothing_unless_their_gate_is_on() -> None:
    above = Toleration("gpu", Operator.GT, "5")
    taint = Taint("gpu", "6")
    assert not tolerates(above, taint)
    assert tolerates(above, taint, comparison_operators=True)
    assert not tolerates(above, Taint("gpu", "5"), comparison_operators=True)
    assert tolerates(Toleration("gpu", Operator.LT, "5"), Taint("gpu", "-6"), comparison_operators=True)


@pytest.mark.parametrize("text", ["", "-", "-0", "+7", "07", "7.0", "x", "9223372036854775808", "٧"])
def test_only_strict_int64_can_be_compared(text: str) -> None:
    assert not compare_numerically(Operator.GT, "-100", text)
    assert not compare_numerically(Operator.LT, text, "-100")


def test_the_first_taint_that_keeps_the_pod_off_is_found_and_preferences_are_passed_over() -> None:
    preference, drain = Taint("soft", effect=Effect.PREFER_NO_SCHEDULE), Taint("drain", effect=Effect.NO_EXECUTE)
    assert first_untolerated((preference, GPU, drain), ()) == GPU
    assert first_untolerated((preference, GPU, drain), (Toleration("gpu", Operator.EXISTS),)) == drain
    assert first_untolerated((preference,), ()) is None
    assert first_untolerated((preference,), (), effects=(Effect.PREFER_NO_SCHEDULE,)) == preference
