"""Admission: what every write passes, and no read.

Upstream: `pkg/kubeapiserver/options/plugins.go` (the order, and what is on by default: A35, A36),
`staging/src/k8s.io/apiserver/pkg/admission/chain.go`. All mutating plugins come first, in order; then what is to be
stored is validated; then all validating plugins, ResourceQuota last. The first refusal ends it (A37).

Each plugin is switched by a setting, and asks nothing of a cluster that has none of its objects. What they decide by is
what is stored now: upstream reads caches, which may be old (A45k).

Not modelled: PodSecurity, RuntimeClass, DefaultIngressClass, StorageObjectInUseProtection, the plugins for certificates
and pod groups, NodeRestriction, webhooks and admission policies; what is off by default beside AlwaysPullImages.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

from kspec.kernel.settings import declare, on
from kspec.kube.requests import NOWHERE, Also, Look
from kspec_models.apiserver import (
    always_pull_images,
    default_storage_class,
    default_toleration_seconds,
    limit_ranger,
    namespace_lifecycle,
    priority_admission,
    quota,
    service_account_admission,
    taint_nodes_by_condition,
)
from kspec_models.apiserver.write import Rejected, Write

Admit = Callable[[Write, Look], Any]
Validate = Callable[[Write, Look], "tuple[Also, ...]"]


@attrs.frozen
class Plugin:
    """One plugin. `admit`: the object as it leaves it; `validate`: what else it commits. Both raise Rejected."""

    name: str
    on_by_default: bool = True
    admit: Admit | None = None
    validate: Validate | None = None
    setting: str = attrs.field(init=False)
    """The setting that switches it."""

    @setting.default
    def _setting(self) -> str:
        return f"apiserver.admission.{self.name}"

    @property
    def is_on(self) -> bool:
        """Whether it is on in this run."""
        return on(self.setting)


def _only_checks(check: Callable[[Write, Look], None]) -> Validate:
    def validate(write: Write, look: Look) -> tuple[Also, ...]:
        check(write, look)
        return ()

    return validate


def _namespace_lifecycle(write: Write, look: Look) -> Any:
    namespace_lifecycle.check(write, look)
    return write.object


PLUGINS = (
    Plugin("NamespaceLifecycle", admit=_namespace_lifecycle),
    Plugin(
        "LimitRanger",
        admit=lambda write, look: limit_ranger.admit(write, look),
        validate=_only_checks(lambda write, look: limit_ranger.check(write, look)),
    ),
    Plugin("ServiceAccount", admit=lambda write, look: service_account_admission.admit(write, look)),
    Plugin("TaintNodesByCondition", admit=lambda write, look: taint_nodes_by_condition.admit(write)),
    Plugin("AlwaysPullImages", on_by_default=False, admit=lambda write, look: always_pull_images.admit(write)),
    Plugin(
        "Priority",
        admit=lambda write, look: priority_admission.admit(write, look),
        validate=_only_checks(lambda write, look: priority_admission.check(write, look)),
    ),
    Plugin("DefaultTolerationSeconds", admit=lambda write, look: default_toleration_seconds.admit(write)),
    Plugin("DefaultStorageClass", admit=lambda write, look: default_storage_class.admit(write, look)),
    Plugin("ResourceQuota", validate=lambda write, look: quota.charge(write, look)),
)
"""In upstream's order. Each looks its function up when it is asked, so that a broken twin can stand in for it."""

for _plugin in PLUGINS:
    declare(
        _plugin.setting,
        ("on", "off") if _plugin.on_by_default else ("off", "on"),
        f"the admission plugin {_plugin.name}",
    )


@attrs.frozen
class Verdict:
    """What one plugin said. `before`, `after`: the object, where the plugin changed it."""

    plugin: str
    phase: str
    refused: Rejected | None = None
    before: Any = None
    after: Any = None
    also: tuple[Also, ...] = ()


@attrs.frozen
class Admitted:
    """The write as a phase leaves it, what its plugins said, and what else is to be committed."""

    write: Write
    verdicts: tuple[Verdict, ...] = ()
    also: tuple[Also, ...] = ()

    @property
    def refused(self) -> Rejected | None:
        """The refusal that ended it."""
        return self.verdicts[-1].refused if self.verdicts else None


def mutate(write: Write, look: Look = NOWHERE) -> Admitted:
    """The mutating plugins, in order."""
    verdicts: list[Verdict] = []
    for plugin in PLUGINS:
        if plugin.admit is None or not on(plugin.setting):
            continue
        try:
            after = plugin.admit(write, look)
        except Rejected as refused:
            verdicts.append(Verdict(plugin.name, "mutating", refused))
            break
        changed = after is not write.object and after != write.object
        verdicts.append(Verdict(plugin.name, "mutating", None, *((write.object, after) if changed else ())))
        if changed:
            write = attrs.evolve(write, object=after)
    return Admitted(write, tuple(verdicts))


def validate(write: Write, look: Look = NOWHERE) -> Admitted:
    """The validating plugins, in order."""
    verdicts: list[Verdict] = []
    also: tuple[Also, ...] = ()
    for plugin in PLUGINS:
        if plugin.validate is None or not on(plugin.setting):
            continue
        try:
            committed = plugin.validate(write, look)
        except Rejected as refused:
            return Admitted(write, (*verdicts, Verdict(plugin.name, "validating", refused)))
        verdicts.append(Verdict(plugin.name, "validating", also=committed))
        also += committed
    return Admitted(write, tuple(verdicts), also)
