"""DefaultTolerationSeconds: what admission adds to a pod's tolerations."""

from __future__ import annotations

from kspec.kube.objects import Effect, Operator, Toleration
from kspec_models.apiserver.default_toleration_seconds import NOT_READY, UNREACHABLE, with_default_tolerations


def keys(tolerations: tuple[Toleration, ...]) -> list[str]:
    return [each.key for each in tolerations]


def test_both_defaults_are_added_with_five_minutes() -> None:
    added = with_default_tolerations(())
    assert keys(added) == [NOT_READY, UNREACHABLE]
    assert all(each.toleration_seconds == 300 and each.effect is Effect.NO_EXECUTE for each in added)


def test_a_toleration_of_the_pod_itself_is_left_alone() -> None:
    own = Toleration(UNREACHABLE, Operator.EXISTS, effect=Effect.NO_EXECUTE, toleration_seconds=7)
    assert with_default_tolerations((own,))[0] is own
    assert keys(with_default_tolerations((own,))) == [UNREACHABLE, NOT_READY]


def test_a_toleration_without_key_stands_for_both_even_if_it_tolerates_neither_value() -> None:
    own = (Toleration(operator=Operator.EQUAL, value="x"),)
    assert with_default_tolerations(own) == own


def test_a_toleration_of_another_effect_does_not_count() -> None:
    own = (Toleration(NOT_READY, Operator.EXISTS, effect=Effect.NO_SCHEDULE),)
    assert keys(with_default_tolerations(own)) == [NOT_READY, NOT_READY, UNREACHABLE]


def test_admission_a_second_time_adds_nothing() -> None:
    once = with_default_tolerations((), not_ready_seconds=10, unreachable_seconds=20)
    assert with_default_tolerations(once) == once
    assert [each.toleration_seconds for each in once] == [10, 20]
