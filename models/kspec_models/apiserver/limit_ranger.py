"""LimitRanger admission: defaults for containers that do not say what they need, and bounds for all (A41).

Source: plugin/pkg/admission/limitranger/admission.go, mergePodResourceRequirements and PodValidateLimitFunc;
pkg/apis/core/v1/defaults.go SetDefaults_LimitRangeItem. Pods are looked at when they are created only. Not modelled:
bounds of claims and of images, and the cache of limit ranges.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs

from kspec.kube.core import LimitRange, LimitRangeItem, LimitType
from kspec.kube.objects import Container, Pod, PodSpec, Resources
from kspec.kube.requests import Look
from kspec_models.apiserver.write import Operation, Rejected, Write
from kspec_models.helpers import quota_usage
from kspec_models.helpers.pod_resources import pod_requests


def with_defaults(item: LimitRangeItem) -> LimitRangeItem:
    """An item as it is stored: what it does not say follows from what it says (SetDefaults_LimitRangeItem)."""
    if item.type is not LimitType.CONTAINER:
        return item
    default = merged(item.default, item.max)
    return attrs.evolve(item, default=default, default_request=merged(merged(item.default_request, default), item.min))


def merged(given: Resources, missing: Resources) -> Resources:
    """The amounts that are given, and of the other resources those of a second list."""
    return tuple(sorted({**dict(missing), **dict(given)}.items()))


def container_defaults(found: LimitRange) -> tuple[Resources, Resources]:
    """The requests and the limits of containers that leave them open; of two items the last says.

    (defaultContainerResourceRequirements.)
    """
    requests: Resources = ()
    limits: Resources = ()
    for item in [with_defaults(each) for each in found.limits if each.type is LimitType.CONTAINER]:
        requests, limits = merged(item.default_request, requests), merged(item.default, limits)
    return requests, limits


def spec_with_defaults(spec: PodSpec, ranges: tuple[LimitRange, ...]) -> PodSpec:
    """The spec after every limit range has filled in what is open (mergePodResourceRequirements)."""
    for requests, limits in [container_defaults(found) for found in ranges]:

        def filled(container: Container, requests: Resources = requests, limits: Resources = limits) -> Container:
            return attrs.evolve(
                container, requests=merged(container.requests, requests), limits=merged(container.limits, limits)
            )

        spec = attrs.evolve(
            spec,
            containers=tuple([filled(each) for each in spec.containers]),
            init_containers=tuple([filled(each) for each in spec.init_containers]),
        )
    return spec


# ---- bounds


def broken_bounds(item: LimitRangeItem, requests: Resources, limits: Resources) -> Iterator[str]:
    """What of an item does not hold of these requests and limits (minConstraint, maxConstraint, ...)."""
    asked, limited = dict(requests), dict(limits)
    for name, least in item.min:
        if name not in asked:
            yield f"at least {least} {name} has to be requested, and nothing is"
        elif asked[name] < least or limited.get(name, least) < least:
            yield f"{min(asked[name], limited.get(name, asked[name]))} {name} is less than the minimum of {least}"
    for name, most in item.max:
        if name not in limited:
            yield f"at most {most} {name} may be used, and there is no limit"
        elif limited[name] > most or asked.get(name, most) > most:
            yield f"{max(limited[name], asked.get(name, 0))} {name} is more than the maximum of {most}"
    for name, ratio in item.max_limit_request_ratio:
        if asked.get(name, 0) == 0 or limited.get(name, 0) == 0:
            yield f"{name} needs a request and a limit, for their ratio"
        elif limited[name] * ratio.denominator > asked[name] * ratio.numerator:
            yield f"the limit of {name} is more than {ratio.numerator}/{ratio.denominator} times its request"


def broken(spec: PodSpec, found: LimitRange) -> Iterator[str]:
    """What of a limit range does not hold of a pod (PodValidateLimitFunc)."""
    for item in [with_defaults(each) for each in found.limits]:
        if item.type is LimitType.CONTAINER:
            for container in (*spec.containers, *spec.init_containers):
                for wrong in broken_bounds(item, container.requests, container.limits):
                    yield f"container {container.name}: {wrong}"
        elif item.type is LimitType.POD:
            yield from broken_bounds(item, pod_requests(spec), quota_usage.pod_limits(spec))


# ---- the plugin


def admit(write: Write, look: Look) -> Any:
    """The object with the defaults of its namespace's limit ranges."""
    ranges = _ranges(write, look)
    if not ranges:
        return write.object
    pod: Pod = write.object
    return attrs.evolve(pod, spec=spec_with_defaults(pod.spec, ranges))


def check(write: Write, look: Look) -> None:
    """Raise Rejected if the pod breaks a bound."""
    for found in _ranges(write, look):
        wrong = list(broken(write.object.spec, found))
        if wrong:
            raise Rejected(f"LimitRange {found.name}: {'; '.join(wrong)}")


def _ranges(write: Write, look: Look) -> tuple[LimitRange, ...]:
    if not write.is_("pods", Operation.CREATE):
        return ()
    return tuple([found for found in look.all(LimitRange) if found.namespace == write.namespace])
