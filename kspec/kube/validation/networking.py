"""What the API server refuses in Services and Ingresses.

What is modelled: ValidateService of pkg/apis/core/validation and ValidateIngressCreate of pkg/apis/networking/
validation, Kubernetes 1.36, of what a model reads. Not looked at: addresses and IP families, TLS, wildcard hosts, the
range from which node ports are allocated.
"""

from __future__ import annotations

from kspec.kube import formats
from kspec.kube.located import Path, Problem
from kspec.kube.validation.checks import Object, Problems, labels, no_duplicates, one_of, required, well_formed

SPEC: Path = ("spec",)
TYPES = ("ClusterIP", "NodePort", "LoadBalancer", "ExternalName")
HEADLESS = "None"
HIGHEST_PORT = 65535


def service(item: Object) -> Problems:
    """A Service."""
    spec = item.get("spec", {})
    kind, ports = spec.get("type") or "ClusterIP", spec.get("ports", [])
    headless = spec.get("clusterIP") == HEADLESS
    yield from one_of(kind, TYPES, (*SPEC, "type"))
    yield from labels(spec.get("selector", {}), (*SPEC, "selector"))
    if kind == "ExternalName":
        yield from required(spec, "externalName", SPEC, "it is what the name stands for")
    elif not ports and not headless:
        yield Problem((*SPEC, "ports"), "is required: only a headless Service has none")
    if headless and kind in ("NodePort", "LoadBalancer"):
        yield Problem((*SPEC, "clusterIP"), f"must not be None: a Service of type {kind} needs an address")
    for position, port in enumerate(ports):
        yield from _port(port, (*SPEC, "ports", position), kind, named=len(ports) > 1)
    places = [(port, (*SPEC, "ports", position)) for position, port in enumerate(ports)]
    yield from no_duplicates([(port.get("name", ""), (*path, "name")) for port, path in places])
    numbers = [(f"{port.get('protocol') or 'TCP'} {port.get('port', '')}", (*path, "port")) for port, path in places]
    yield from no_duplicates(numbers)
    yield from one_of(spec.get("sessionAffinity") or "None", ("None", "ClientIP"), (*SPEC, "sessionAffinity"))


def _port(port: Object, path: Path, kind: str, *, named: bool) -> Problems:
    if named:
        yield from required(port, "name", path, "where there are several ports each has a name")
    yield from well_formed(port, "name", formats.dns1123_label, path)
    yield from _is_port(port.get("port", 0), (*path, "port"))
    yield from one_of(port.get("protocol") or "TCP", ("TCP", "UDP", "SCTP"), (*path, "protocol"))
    target = port.get("targetPort", 1)
    if isinstance(target, int):
        yield from _is_port(target, (*path, "targetPort"))
    if port.get("nodePort"):
        yield from _is_port(port["nodePort"], (*path, "nodePort"))
        if kind in ("ClusterIP", "ExternalName"):
            yield Problem((*path, "nodePort"), f"must not be given in a Service of type {kind}")


def _is_port(number: int, path: Path) -> Problems:
    if not 1 <= number <= HIGHEST_PORT:
        yield Problem(path, f"{number} must be between 1 and {HIGHEST_PORT}")


def ingress(item: Object) -> Problems:
    """An Ingress."""
    spec = item.get("spec", {})
    if not spec.get("rules") and not spec.get("defaultBackend"):
        yield Problem(SPEC, "has neither rules nor a defaultBackend: it would lead nowhere")
    if spec.get("defaultBackend"):
        yield from _backend(spec["defaultBackend"], (*SPEC, "defaultBackend"))
    for number, rule in enumerate(spec.get("rules", [])):
        if "http" not in rule:
            continue
        here: Path = (*SPEC, "rules", number, "http", "paths")
        paths = rule["http"].get("paths", [])
        if not paths:
            yield Problem(here, "is required")
        for position, each in enumerate(paths):
            yield from _path(each, (*here, position))


def _path(each: Object, path: Path) -> Problems:
    kind, written = each.get("pathType", ""), each.get("path", "")
    yield from one_of(kind, ("Exact", "Prefix", "ImplementationSpecific"), (*path, "pathType"))
    if not written.startswith("/") and (written or kind in ("Exact", "Prefix")):
        yield Problem((*path, "path"), "must be an absolute path: it begins with /")
    yield from _backend(each.get("backend", {}), (*path, "backend"))


def _backend(backend: Object, path: Path) -> Problems:
    if backend.get("resource"):
        if backend.get("service"):
            yield Problem(path, "has a resource and a service: keep one of them")
        return
    to, here = backend.get("service", {}), (*path, "service")
    yield from required(to, "name", here)
    port = to.get("port", {})
    if bool(port.get("name")) == bool(port.get("number")):
        yield Problem((*here, "port"), "must have a name or a number, and not both")
    elif port.get("number"):
        yield from _is_port(port["number"], (*here, "port", "number"))
