"""AlwaysPullImages admission, off by default: every container pulls its image each time it starts (A40).

Source: plugin/pkg/admission/alwayspullimages/admission.go, Admit: on create of pods, and on updates that bring a new
image. Not modelled: ephemeral containers, image volumes.
"""

from __future__ import annotations

from typing import Any

import attrs

from kspec.kube.objects import Container, PodSpec
from kspec_models.apiserver.write import Operation, Write

ALWAYS = "Always"


def always_pulled(spec: PodSpec) -> PodSpec:
    """The spec with the policy Always in each container."""
    return attrs.evolve(
        spec,
        containers=tuple([_always(each) for each in spec.containers]),
        init_containers=tuple([_always(each) for each in spec.init_containers]),
    )


def images(spec: PodSpec) -> frozenset[str]:
    """The images that a pod runs."""
    return frozenset(each.image for each in (*spec.containers, *spec.init_containers))


def admit(write: Write) -> Any:
    """The object as it is to be stored."""
    if not write.is_("pods", Operation.CREATE, Operation.UPDATE):
        return write.object
    if write.old is not None and images(write.object.spec) <= images(write.old.spec):
        return write.object
    return attrs.evolve(write.object, spec=always_pulled(write.object.spec))


def _always(container: Container) -> Container:
    return attrs.evolve(container, image_pull_policy=ALWAYS)
