"""ConfigMaps and Secrets as containers see them, walked by hand."""

from __future__ import annotations

import pytest

from kspec.kube.core import ConfigMap, Secret
from kspec_models.kubelet.configuration import Configured, Content, from_config_map, from_secret
from kspec_models.scopes.configuration import NEW_PASSWORD, NEW_SETTINGS, PASSWORD, SETTINGS, config_rollout
from tests.kspec.kube.small import Walk

QUIET = ("replicaset", "scheduler", "kubelet")


def contents(*objects: ConfigMap | Secret) -> frozenset[Content]:
    return frozenset(Content(each.name, each.data) for each in objects)


def settled(*, applied: int = 3) -> Walk:
    walked = Walk(config_rollout())
    for _ in range(applied):
        walked("user.apply")
    return walked.until_quiet(*QUIET)


def test_containers_start_with_the_environment_and_the_files_of_that_moment() -> None:
    walked = settled()
    assert walked.at(("environment", 0)) == walked.at(("volume", 0)) == contents(SETTINGS, PASSWORD)


@pytest.mark.parametrize(("nth", "new"), [(0, (NEW_SETTINGS, PASSWORD)), (1, (SETTINGS, NEW_PASSWORD))])
def test_after_an_edit_the_files_follow_and_the_environment_does_not(nth: int, new: tuple[ConfigMap, Secret]) -> None:
    walked = settled()
    walked("user.edit", nth)
    assert walked.at(("volume", 0)) == contents(SETTINGS, PASSWORD)
    walked("kubelet.update volumes")
    assert walked.at(("volume", 0)) == contents(*new)
    assert walked.at(("environment", 0)) == contents(SETTINGS, PASSWORD)
    assert not walked.can("kubelet")


def test_a_pod_that_replaces_another_one_has_the_latest_environment() -> None:
    walked = settled()
    walked("user.edit")
    walked("user.delete")
    walked.until_quiet(*QUIET)
    there = [walked.at(("environment", i)) for i in range(2)]
    assert sorted(each is not None for each in there) == [False, True]
    assert contents(NEW_SETTINGS, PASSWORD) in there


def test_both_are_named_by_kind() -> None:
    sources = (from_config_map("settings"), from_secret("database"))
    assert [source.cls for source in sources] == [ConfigMap, Secret]
    assert set(Configured(sources).variables) == {"containers", "environment", "volume"}


def test_a_container_whose_object_does_not_exist_is_not_started() -> None:
    walked = Walk(config_rollout())
    walked("user.apply")
    assert walked.latest("configmaps/settings") is not None
    detail = Configured((from_config_map("settings"), from_secret("database")))
    assert detail.seen(_Here({"settings": SETTINGS})) is None  # type: ignore[arg-type]  # only its cache is asked
    both = _Here({"settings": SETTINGS, "database": PASSWORD})
    assert detail.seen(both) == contents(SETTINGS, PASSWORD)  # type: ignore[arg-type]  # only its cache is asked


class _Here:
    """What a kubelet sees of these objects."""

    def __init__(self, objects: dict[str, ConfigMap | Secret]) -> None:
        self._objects = objects

    @property
    def cache(self) -> _Here:
        return self

    def get(self, cls: type, name: str) -> ConfigMap | Secret | None:
        found = self._objects.get(name)
        return found if isinstance(found, cls) else None
