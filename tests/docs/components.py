"""The table of components: what each models, by which facts, what it leaves out, and what it was tried against."""

from __future__ import annotations

import ast
import fnmatch
import importlib
import importlib.util
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import attrs

from kspec.kernel.registry import load
from kspec_models.scopes.record import FILE as COUNTS

MODELS = "kspec_models"

_FACT = re.compile(r"\b([ACKPSW])(\d{2,3})[a-z]?\b")
_LEFT_OUT = re.compile(r"Not modelled(?: here| yet)?: (.+?)(?=\n\s*\n|\Z)", re.DOTALL)
_COUNTED = re.compile(r"^\| ([a-z0-9-]+) \| (\d+) \| (\d+) \| (\d+) \|$", re.MULTILINE)


@attrs.frozen
class Component:
    """A component as the table shows it. `systems`: globs; `theorems`: what its theorems are about."""

    name: str
    packages: tuple[str, ...]
    topics: tuple[str, ...] = ()
    systems: tuple[str, ...] = ()
    theorems: tuple[str, ...] = ()


COMPONENTS = (
    Component("etcd", ("etcd",), ("etcd-store",), ("etcd.*", "store.*"), ("store",)),
    Component(
        "API server",
        ("apiserver", "controllers.resource_quota"),
        ("update-semantics", "finalizers", "graceful-delete", "rbac", "quota", "admission-priority", "eviction"),
        ("apiserver.*", "store.cas*"),
    ),
    Component(
        "scheduler",
        ("scheduler",),
        (
            *("node-basic", "node-ports", "resources-fit", "taints", "tolerations", "node-affinity", "label-selector"),
            *("inter-pod-affinity", "topology-spread", "volumes-filter", "scores", "preemption"),
        ),
        ("scheduler.*",),
    ),
    Component(
        "kubelet",
        ("kubelet",),
        ("pod-phase", "pod-conditions", "restart-policy", "probes", "pod-actions"),
        ("kubelet.*", "control_plane.*", "config.*"),
    ),
    Component("kube-proxy", ("proxy",), ("iptables-rules", "ipvs"), ("service.*", "proxy.*")),
    Component(
        "Deployment controller",
        ("controllers.deployment",),
        ("deployment-rolling", "deployment-proportional", "deployment-status", "resolve-fenceposts", "int-or-percent"),
        ("deployment.*",),
        ("deployment",),
    ),
    Component(
        "ReplicaSet controller",
        ("controllers.replicaset",),
        ("replicaset-sync", "replicaset-delete-rank", "controller-ref-adoption"),
        ("replicaset.*",),
        ("replicaset",),
    ),
    Component("StatefulSet controller", ("controllers.statefulset",), ("statefulset",), ("statefulset.*",)),
    Component("DaemonSet controller", ("controllers.daemonset",), ("daemonset-should-run",), ("daemonset.*",)),
    Component("Job controller", ("controllers.job",), ("job",), ("job.*",)),
    Component("CronJob controller", ("controllers.cronjob",), ("cronjob-schedule",), ("cronjob.*",)),
    Component("HorizontalPodAutoscaler", ("controllers.horizontal_pod_autoscaler",), ("hpa",), ("hpa.*",)),
    Component("Node lifecycle controller", ("controllers.node_lifecycle",), ("node-lifecycle",), ("node.*",)),
    Component(
        "Taint eviction controller", ("controllers.taint_eviction",), ("taint-eviction",), ("node.*", "taints.*")
    ),
    Component("Pod garbage collector", ("controllers.pod_gc",), ("pod-gc",), ("node.*", "pod_gc.*")),
    Component("EndpointSlice controller", ("controllers.endpointslice",), ("endpointslice",), ("service.*",)),
    Component("Service controller", ("controllers.service",), (), ("service.loadbalancer",)),
    Component("Garbage collector", ("controllers.garbage_collector",), ("garbage-collector",), ("garbage.*",)),
    Component("Namespace controller", ("controllers.namespace",), (), ("namespace.*",)),
    Component("ServiceAccount controller", ("controllers.serviceaccount",), (), ("serviceaccount.*",)),
    Component("PersistentVolume controller", ("controllers.volume_binder",), ("pv-binding",), ("storage.*",)),
    Component("Disruption controller", ("controllers.disruption",), ("pdb",), ("drain.*",)),
    Component("client-go: work queue, expectations", ("client",), ("workqueue",)),
)
"""The components, in the order of the control plane, the node and the controllers."""


def modules(package: str) -> Iterator[Path]:
    """The source files of a package of the models (of a module: its file)."""
    spec = importlib.util.find_spec(f"{MODELS}.{package}")
    assert spec is not None and spec.origin is not None, f"{MODELS}.{package}: there is no such package"
    origin = Path(spec.origin)
    yield from sorted(origin.parent.rglob("*.py")) if origin.name == "__init__.py" else [origin]


def facts(sources: Iterable[str]) -> str:
    """The facts that sources cite, by number: `C03, C25-C27`."""
    found = sorted({(letter, int(number)) for text in sources for letter, number in _FACT.findall(text)})
    runs: list[list[tuple[str, int]]] = []
    for letter, number in found:
        if runs and runs[-1][-1] == (letter, number - 1):
            runs[-1].append((letter, number))
        else:
            runs.append([(letter, number)])
    return ", ".join(_named(run) for run in runs)


def _named(run: list[tuple[str, int]]) -> str:
    first, last = run[0], run[-1]
    name = f"{first[0]}{first[1]:02}"
    if len(run) > 2:
        return f"{name}-{last[0]}{last[1]:02}"
    return name if len(run) == 1 else f"{name}, {last[0]}{last[1]:02}"


def left_out(package: str) -> list[str]:
    """What a package does not model: its tuples `NOT_MODELLED`, and what its docstrings say of it."""
    found: list[str] = []
    for path in modules(package):
        doc = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        for text in _LEFT_OUT.findall(doc):
            if "`NOT_MODELLED`" not in text:
                found.append(" ".join(text.split()).rstrip("."))
        found += getattr(importlib.import_module(_module(path)), "NOT_MODELLED", ())
    return list(dict.fromkeys(found))


def _module(path: Path) -> str:
    parts = path.with_suffix("").parts
    inside = parts[parts.index(MODELS) :]
    return ".".join(inside[:-1] if inside[-1] == "__init__" else inside)


def rows(conformance: str) -> Iterator[tuple[str, str, str, str, str, str]]:
    """A row for each component. `conformance`: the document with the recorded counts of the vectors."""
    found = load()
    counted = {topic: (int(p), int(p) + int(f) + int(s)) for topic, p, f, s in _COUNTED.findall(conformance)}
    kept = json.loads(COUNTS.read_text(encoding="utf-8"))
    for component in COMPONENTS:
        files = [path for package in component.packages for path in modules(package)]
        vectors = [f"{topic} {counted[topic][0]} of {counted[topic][1]}" for topic in component.topics]
        names = [n for n in sorted(kept) if any(fnmatch.fnmatch(n, glob) for glob in component.systems)]
        engines = [
            f"{engine} {number}"
            for engine in ("explicit", "reference", "hypothesis")
            if (number := sum(1 for n in names if engine in kept[n]["engines"]))
        ]
        theorems = sum(1 for t in found.theorems.values() if t.subject.name.split(".")[0] in component.theorems)
        yield (
            component.name,
            ", ".join(f"`{package}`" for package in component.packages),
            facts(path.read_text(encoding="utf-8") for path in files),
            "<br>".join(dict.fromkeys(text for package in component.packages for text in left_out(package))),
            "<br>".join(vectors),
            ", ".join([*engines, *([f"z3 {theorems}"] if theorems else [])]),
        )
