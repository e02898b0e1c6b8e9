"""What must hold of ConfigMaps and Secrets that containers take.

An environment is of the moment of the start, a volume follows: that is why people restart their pods after an edit, or
mount files and watch them. Neither promises that a pod which starts after an edit sees it: a kubelet whose cache is
late starts it with what it has.
"""

from __future__ import annotations

from typing import Any

from kspec.kernel.properties import Broken, Happened, eventually_always, step_invariant
from kspec.kernel.registry import offer
from kspec.kube.core import ConfigMap, Secret
from kspec.kube.objects import Pod
from kspec.kube.truth import Truth
from kspec_models.kubelet.configuration import Content

ABOUT = (Pod, ConfigMap, Secret)


def latest(truth: Truth) -> frozenset[Content]:
    """The data of all ConfigMaps and Secrets."""
    return frozenset(
        Content(name, data) for cls in (ConfigMap, Secret) for name, data in truth.all(cls, "name", "data")
    )


def running(truth: Truth, variable: str) -> list[Any]:
    """What the containers that run have as environment, or as volume."""
    return [found for found in truth.each(variable) if found is not None]


def an_environment_is_older_than_what_is_stored(truth: Truth) -> bool:
    """Containers run with an environment that has been edited since."""
    return any(found != latest(truth) for found in running(truth, "environment"))


@step_invariant(witness=an_environment_is_older_than_what_is_stored, about=ABOUT)
def an_environment_stays_as_it_was_at_the_start(before: Truth, happened: Happened, after: Truth) -> bool | Broken:
    """The environment of containers that run never changes."""
    if not any("environment" in (variable, variable[0]) for variable, _ in happened.writes):
        return True
    pairs = zip(before.each("environment"), after.each("environment"), strict=True)
    for member, (was, now) in enumerate(pairs):
        if was is not None and now is not None and was != now:
            return Broken("the environment of containers that run has changed", (f"Pod pods#{member}",))
    return True


def a_volume_has_followed(truth: Truth) -> bool:
    """Containers run with the latest files, and not with the latest environment."""
    pairs = zip(truth.each("environment"), truth.each("volume"), strict=True)
    return any(volume == latest(truth) != environment for environment, volume in pairs if environment is not None)


@eventually_always(witness=a_volume_has_followed, about=ABOUT)
def volumes_show_the_latest_in_the_end(truth: Truth) -> bool | Broken:
    """Once nobody edits them any more, the files of every running pod are the latest ConfigMaps and Secrets."""
    old = [found for found in running(truth, "volume") if found != latest(truth)]
    return not old or Broken(f"the files of {len(old)} pod{'s' if len(old) > 1 else ''} are old")


ALL = (an_environment_stays_as_it_was_at_the_start, volumes_show_the_latest_in_the_end)
"""What must hold of configuration."""

offer(*ALL, of="configuration")
