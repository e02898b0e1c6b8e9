"""What the API server refuses in the containers of a pod.

What is modelled: validateContainers, validateInitContainers, validateContainerPorts, validateProbe, validateEnv and
ValidateVolumeMounts of pkg/apis/core/validation, Kubernetes 1.36.
"""

from __future__ import annotations

import re

from kspec.kube import formats
from kspec.kube.located import Path, Problem, shown
from kspec.kube.validation.checks import Object, Problems, at_least, no_duplicates, one_of, required, well_formed
from kspec.kube.validation.resources import container_resources

_HANDLERS = ("exec", "httpGet", "tcpSocket", "grpc", "sleep")
_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_PROTOCOLS = ("TCP", "UDP", "SCTP")
_PULL_POLICIES = ("Always", "IfNotPresent", "Never")
_RESTART_POLICIES = ("Always", "OnFailure", "Never")
_MESSAGE_POLICIES = ("File", "FallbackToLogsOnError")
_VARIABLE = re.compile(r"[ -<>-~]+", re.ASCII)


def containers(spec: Object, path: Path, *, in_template: bool) -> Problems:
    """All containers of a pod, together and each."""
    yield from required(spec, "containers", path, "a pod has at least one container")
    volumes = {volume.get("name", "") for volume in spec.get("volumes", [])}
    names: list[tuple[str, Path]] = []
    host_ports: list[tuple[str, Path]] = []
    for field in ("containers", "initContainers"):
        for position, item in enumerate(spec.get(field, [])):
            here: Path = (*path, field, position)
            names.append((item.get("name", ""), (*here, "name")))
            yield from _container(item, here, volumes)
            if field == "initContainers":
                yield from _init_container(item, here)
            for index, port in enumerate(item.get("ports", [])):
                host_ports += _host_port(port, (*here, "ports", index)) if field == "containers" else []
                if spec.get("hostNetwork"):
                    yield from _host_network(port, (*here, "ports", index), in_template)
    yield from no_duplicates(names)
    yield from no_duplicates(host_ports)
    if spec.get("ephemeralContainers"):
        yield Problem((*path, "ephemeralContainers"), "must not be given here: they are added to a running pod")


def _container(item: Object, path: Path, volumes: set[str]) -> Problems:
    yield from required(item, "name", path)
    yield from well_formed(item, "name", formats.dns1123_label, path)
    image = item.get("image", "")
    yield from required(item, "image", path)
    if image != image.strip():
        yield Problem((*path, "image"), f"{shown(image)} must not start or end with blanks")
    yield from one_of(item["imagePullPolicy"], _PULL_POLICIES, (*path, "imagePullPolicy"))
    yield from one_of(item["terminationMessagePolicy"], _MESSAGE_POLICIES, (*path, "terminationMessagePolicy"))
    if "restartPolicy" in item:
        yield from one_of(item["restartPolicy"], _RESTART_POLICIES, (*path, "restartPolicy"))
    yield from _ports(item.get("ports", []), (*path, "ports"))
    yield from _environment(item, path)
    for name in _PROBES:
        if name in item:
            yield from _probe(name, item[name], (*path, name))
    for name in ("postStart", "preStop"):
        if name in item.get("lifecycle", {}):
            yield from _handler(item["lifecycle"][name], (*path, "lifecycle", name))
    mounts = [(mount.get("mountPath", ""), (*path, "volumeMounts", i, "mountPath")) for i, mount in _mounts(item)]
    yield from no_duplicates(mounts)
    for position, mount in _mounts(item):
        here: Path = (*path, "volumeMounts", position)
        yield from required(mount, "name", here)
        if mount.get("name") and mount["name"] not in volumes:
            yield Problem((*here, "name"), f"there is no volume {shown(mount['name'])} in the pod's volumes")
        yield from required(mount, "mountPath", here)
    yield from container_resources(item["resources"], (*path, "resources"))


def _mounts(item: Object) -> list[tuple[int, Object]]:
    return list(enumerate(item.get("volumeMounts", [])))


def _init_container(item: Object, path: Path) -> Problems:
    if item.get("restartPolicy") != "Always":
        for field in (*_PROBES, "lifecycle"):
            if field in item:
                yield Problem((*path, field), "must not be given for an init container without restartPolicy: Always")


def _ports(ports: list[Object], path: Path) -> Problems:
    yield from no_duplicates([(port.get("name", ""), (*path, i, "name")) for i, port in enumerate(ports)])
    for position, port in enumerate(ports):
        here: Path = (*path, position)
        yield from well_formed(port, "name", formats.port_name, here)
        yield from required(port, "containerPort", here)
        for field in ("containerPort", "hostPort"):
            problem = formats.port_number(port[field]) if port.get(field) else None
            if problem:
                yield Problem((*here, field), f"{port[field]} {problem}")
        yield from one_of(port["protocol"], _PROTOCOLS, (*here, "protocol"))
        yield from well_formed(port, "hostIP", formats.ip_address, here)


def _host_port(port: Object, path: Path) -> list[tuple[str, Path]]:
    number = port.get("hostPort", 0)
    return [(f"{port['protocol']}/{port.get('hostIP', '')}/{number}", (*path, "hostPort"))] if number else []


def _host_network(port: Object, path: Path, in_template: bool) -> Problems:
    """On the host's network a port is the same inside and outside; a template may leave it to the pod's defaults."""
    host, inside = port.get("hostPort", 0), port.get("containerPort", 0)
    if host != inside and not (in_template and host == 0):
        yield Problem((*path, "hostPort"), f"{host} must be the containerPort {inside}, because hostNetwork is true")


def _environment(item: Object, path: Path) -> Problems:
    for position, variable in enumerate(item.get("env", [])):
        here: Path = (*path, "env", position)
        yield from required(variable, "name", here)
        name = variable.get("name", "")
        if name and not _VARIABLE.fullmatch(name):
            yield Problem((*here, "name"), f"{shown(name)} must consist of printable ASCII characters without `=`")
        if variable.get("value") and "valueFrom" in variable:
            yield Problem((*here, "valueFrom"), "must not be given together with value")


def _handler(handler: Object, path: Path) -> Problems:
    given = [name for name in _HANDLERS if name in handler]
    if not given:
        yield Problem(path, f"is required to have one of {', '.join(_HANDLERS)}")
    for extra in given[1:]:
        yield Problem((*path, extra), f"must not be given together with {given[0]}: there is one handler")
    for name in ("httpGet", "tcpSocket", "grpc"):
        if name in handler:
            yield from _handler_port(handler[name].get("port", 0), (*path, name, "port"))


def _handler_port(port: int | str, path: Path) -> Problems:
    problem = formats.port_number(port) if isinstance(port, int) else formats.port_name(port)
    if problem:
        yield Problem(path, f"{shown(port)} {problem}")


def _probe(name: str, probe: Object, path: Path) -> Problems:
    yield from _handler(probe, path)
    for field in ("initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"):
        yield from at_least(probe, field, 0, path)
    if name != "readinessProbe" and probe["successThreshold"] != 1:
        yield Problem((*path, "successThreshold"), f"{probe['successThreshold']} must be 1 for a {name}")
    if "terminationGracePeriodSeconds" in probe:
        if name == "readinessProbe":
            yield Problem((*path, "terminationGracePeriodSeconds"), "must not be given for a readinessProbe")
        else:
            yield from at_least(probe, "terminationGracePeriodSeconds", 1, path)
