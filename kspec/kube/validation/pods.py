"""What the API server refuses in a pod's spec.

What is modelled: ValidatePodSpec of pkg/apis/core/validation, Kubernetes 1.36 with its default feature gates:
everything that a model or the scheduler reads, and what people most often get wrong. Not looked at: what is inside a
volume's source, security contexts, DNS and host aliases, resource claims.
"""

from __future__ import annotations

from kspec.kube import formats
from kspec.kube.located import Path, Problem, shown
from kspec.kube.validation.checks import Object, Problems, no_duplicates, one_of, required, well_formed
from kspec.kube.validation.containers import containers
from kspec.kube.validation.placement import placement
from kspec.kube.validation.resources import resource_list

_DNS_POLICIES = ("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None")
_LONGEST_DEADLINE = 2**31 - 1
_FORMATS = {
    "nodeName": formats.dns1123_subdomain,
    "serviceAccountName": formats.dns1123_subdomain,
    "priorityClassName": formats.dns1123_subdomain,
    "runtimeClassName": formats.dns1123_subdomain,
    "schedulerName": formats.qualified_name,
    "hostname": formats.dns1123_label,
    "subdomain": formats.dns1123_label,
}


def pod_spec(spec: Object, path: Path, *, in_template: bool) -> Problems:
    """The spec of a pod, or of a template for pods."""
    yield from _volumes(spec.get("volumes", []), (*path, "volumes"))
    yield from containers(spec, path, in_template=in_template)
    yield from one_of(spec["restartPolicy"], ("Always", "OnFailure", "Never"), (*path, "restartPolicy"))
    yield from one_of(spec["dnsPolicy"], _DNS_POLICIES, (*path, "dnsPolicy"))
    if spec["dnsPolicy"] == "None" and not spec.get("dnsConfig", {}).get("nameservers"):
        yield Problem((*path, "dnsConfig", "nameservers"), "is required with dnsPolicy: None")
    for field, check in _FORMATS.items():
        yield from well_formed(spec, field, check, path)
    deadline = spec.get("activeDeadlineSeconds", 1)
    if not 1 <= deadline <= _LONGEST_DEADLINE:
        yield Problem((*path, "activeDeadlineSeconds"), f"{deadline} must be between 1 and {_LONGEST_DEADLINE}")
    yield from placement(spec, path)
    yield from resource_list(spec.get("overhead", {}), (*path, "overhead"))
    yield from _gates(spec, path, in_template)


def _volumes(volumes: list[Object], path: Path) -> Problems:
    for position, volume in enumerate(volumes):
        here: Path = (*path, position)
        yield from required(volume, "name", here)
        yield from well_formed(volume, "name", formats.dns1123_label, here)
        sources = [field for field in volume if field != "name"]
        for extra in sources[1:]:
            yield Problem((*here, extra), f"must not be given together with {sources[0]}: a volume has one source")
    yield from no_duplicates([(volume.get("name", ""), (*path, i, "name")) for i, volume in enumerate(volumes)])


def _gates(spec: Object, path: Path, in_template: bool) -> Problems:
    gates = [
        (gate.get("name", ""), (*path, "schedulingGates", i)) for i, gate in enumerate(spec.get("schedulingGates", []))
    ]
    for name, here in gates:
        problem = formats.qualified_name(name)
        if problem:
            yield Problem((*here, "name"), f"{shown(name)} {problem}")
    yield from no_duplicates(gates)
    if gates and spec.get("nodeName") and not in_template:
        yield Problem((*path, "nodeName"), "must not be given until all schedulingGates are gone")
