"""kspec: an executable, checked specification of Kubernetes.

The names below are the ones that a spec, a test or a script needs. They are imported when they are first asked for, so
that `import kspec` costs next to nothing; solvers and engines are imported by the run that uses them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kspec.kernel.actions import Action, Reader, Role, Set, Step, StepKind, whole
    from kspec.kernel.errors import ImpureError, KspecError, SpecError, UntrustworthyError, UsageError
    from kspec.kernel.properties import (
        Broken,
        Happened,
        Property,
        always_eventually,
        eventually_always,
        invariant,
        leads_to,
        quiescence,
        step_invariant,
    )
    from kspec.kernel.registry import system
    from kspec.kernel.result import Exit, Limits, Progress, PropertyResult, Result, Verdict
    from kspec.kernel.settings import broken_twin
    from kspec.kernel.system import Family, System
    from kspec.kernel.trace import Story, Trace
    from kspec.kernel.values import ME, Ref, Uid
    from kspec.kube.actor import Actor
    from kspec.kube.cache import owner_reference
    from kspec.kube.cluster import Cluster, Reductions, Scope
    from kspec.kube.controller import controller
    from kspec.kube.objects import (
        Container,
        Deployment,
        LabelSelector,
        Node,
        OwnerReference,
        Pod,
        PodSpec,
        PodTemplate,
        ReplicaSet,
        labels,
    )
    from kspec.kube.requests import AlreadyExists, Conflict, Forbidden, Invalid, NotFound, Refused
    from kspec.kube.truth import Truth
    from kspec.report.files import write_traces
    from kspec.run import check, check_file, check_manifests, fuzz, prove_theorems, replay, run_of, show_run, story

_HOME = {
    "kspec.kernel.actions": ("Action", "Reader", "Role", "Set", "Step", "StepKind", "whole"),
    "kspec.kernel.errors": ("ImpureError", "KspecError", "SpecError", "UntrustworthyError", "UsageError"),
    "kspec.kernel.properties": (
        "Broken",
        "Happened",
        "Property",
        "always_eventually",
        "eventually_always",
        "invariant",
        "leads_to",
        "quiescence",
        "step_invariant",
    ),
    "kspec.kernel.registry": ("system",),
    "kspec.kernel.result": ("Exit", "Limits", "Progress", "PropertyResult", "Result", "Verdict"),
    "kspec.kernel.settings": ("broken_twin",),
    "kspec.kernel.system": ("Family", "System"),
    "kspec.kernel.trace": ("Story", "Trace"),
    "kspec.kernel.values": ("ME", "Ref", "Uid"),
    "kspec.kube.actor": ("Actor",),
    "kspec.kube.cache": ("owner_reference",),
    "kspec.kube.cluster": ("Cluster", "Reductions", "Scope"),
    "kspec.kube.controller": ("controller",),
    "kspec.kube.objects": (
        "Container",
        "Deployment",
        "LabelSelector",
        "Node",
        "OwnerReference",
        "Pod",
        "PodSpec",
        "PodTemplate",
        "ReplicaSet",
        "labels",
    ),
    "kspec.kube.requests": ("AlreadyExists", "Conflict", "Forbidden", "Invalid", "NotFound", "Refused"),
    "kspec.kube.truth": ("Truth",),
    "kspec.report.files": ("write_traces",),
    "kspec.run": (
        "check",
        "check_file",
        "check_manifests",
        "fuzz",
        "prove_theorems",
        "replay",
        "run_of",
        "show_run",
        "story",
    ),
}

_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}

__all__ = [  # noqa: RUF022 - grouped as one reads them: running, judging, writing a spec
    "check",
    "check_file",
    "check_manifests",
    "fuzz",
    "prove_theorems",
    "replay",
    "run_of",
    "show_run",
    "story",
    "write_traces",
    "Exit",
    "Limits",
    "Progress",
    "PropertyResult",
    "Result",
    "Story",
    "Trace",
    "Verdict",
    "ImpureError",
    "KspecError",
    "SpecError",
    "UntrustworthyError",
    "UsageError",
    "ME",
    "Action",
    "Broken",
    "Family",
    "Happened",
    "Property",
    "Reader",
    "Ref",
    "Role",
    "Set",
    "Step",
    "StepKind",
    "System",
    "Uid",
    "always_eventually",
    "broken_twin",
    "eventually_always",
    "invariant",
    "leads_to",
    "quiescence",
    "step_invariant",
    "system",
    "whole",
    "Actor",
    "AlreadyExists",
    "Cluster",
    "Conflict",
    "Container",
    "Deployment",
    "Forbidden",
    "Invalid",
    "LabelSelector",
    "Node",
    "NotFound",
    "OwnerReference",
    "Pod",
    "PodSpec",
    "PodTemplate",
    "Reductions",
    "Refused",
    "ReplicaSet",
    "Scope",
    "Truth",
    "controller",
    "labels",
    "owner_reference",
]


def __getattr__(name: str) -> Any:
    """A public name, imported when it is first asked for; and the version."""
    if name == "__version__":
        from importlib.metadata import version

        return version("kspec")
    if name not in _MODULE_OF:
        raise AttributeError(f"module kspec has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(_MODULE_OF[name]), name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, "__version__"})
