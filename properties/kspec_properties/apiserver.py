"""What must hold of the API server: what it refuses, what it waits for, what it counts.

- `a_refused_request_changes_nothing`: of the object that it was about. What admission charged to a quota before the
  refusal stays charged (A45d).
- `no_write_without_an_allowing_rule`: of callers that have nothing but what stored roles and bindings give them. Said
  without the evaluator: a binding names the caller, and its role names the verb and the resource.
- `a_quota_is_never_exceeded`: neither by what its status says is used, nor by what is really there. It needs that
  nobody lowers `hard`.
- `no_object_goes_while_it_has_finalizers`: the update that removes the last one removes the object (A74); a deletion
  does not, and nothing takes its place before.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs

from kspec.kernel.properties import Broken, Happened, invariant, leads_to, step_invariant
from kspec.kernel.registry import offer
from kspec.kube.core import ResourceQuota
from kspec.kube.lenses import LatestFields
from kspec.kube.objects import Pod
from kspec.kube.rbac import PolicyRule, Role, RoleBinding
from kspec.kube.scope import member_variable
from kspec.kube.truth import Truth
from kspec.kube.watch import Kind
from kspec_models.apiserver.authentication import Token, credentials_of
from kspec_models.helpers import quota_usage
from kspec_models.helpers.quota_usage import QuotaPod
from kspec_models.scopes.apiserver import Bucket
from kspec_properties.store import something_is_stored

REFUSED = "45"
"""How the status codes of refusals begin."""

METHODS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}

# ---- refusals


@step_invariant(witness=something_is_stored)
def a_refused_request_changes_nothing(before: Truth, happened: Happened, after: Truth) -> bool | Broken:
    """A request that is refused changes no object, but for a quota that it was charged to."""
    if not happened.answer or any(code[0] not in REFUSED for code in happened.answer.split(", ")):
        return True
    for variable, update in happened.writes:
        name = variable if isinstance(variable, str) else variable[0]
        if update == "Put" and name.split("/", 1)[0] != "resourcequotas":
            return Broken(f"{happened.action} was answered {happened.answer}, and {name} was written", (name,))
    return True


# ---- access control


def some_rights_are_gone(truth: Truth) -> bool:
    """A role binding that there was is no longer there."""
    kind = truth.cluster.kinds[RoleBinding]
    return len(truth.names(RoleBinding)) < len(kind.names)


@step_invariant(witness=some_rights_are_gone, about=(Role, RoleBinding))
def no_write_without_an_allowing_rule(before: Truth, happened: Happened, after: Truth) -> bool | Broken:
    """Who has only what roles and bindings give him writes nothing that no rule of a binding of his allows."""
    caller = credentials_of(happened.actor)
    if happened.via != "apiserver" or not isinstance(caller, Token) or caller.namespace != "default":
        return True
    for request, answer in zip(happened.action.split(", "), happened.answer.split(", "), strict=False):
        method, _, path = request.partition(" ")
        if method not in METHODS or answer[0] in REFUSED:
            continue
        resource = path.split("/")[0]
        if not any(names(rule, METHODS[method], resource) for rule in rules_given_to(before, caller)):
            return Broken(f"{happened.actor} was granted {request}, and no rule allows it", (f"{resource}",))
    return True


def rules_given_to(truth: Truth, caller: Token) -> Iterator[PolicyRule]:
    """The rules of every role to which a stored binding names this service account."""
    for name in truth.names(RoleBinding):
        binding = truth.get(RoleBinding, name)
        if binding is not None and any(s.name == caller.service_account for s in binding.subjects):
            role = truth.get(Role, binding.role_ref.name)
            yield from () if role is None else role.rules


def names(rule: PolicyRule, verb: str, resource: str) -> bool:
    """Whether a rule names the verb and the resource, or all of them."""
    return not {"*", verb}.isdisjoint(rule.verbs) and not {"*", resource}.isdisjoint(rule.resources)


# ---- quotas


def a_quota_is_used_up(truth: Truth) -> bool:
    """Of something that a quota limits nothing is left."""
    for quota in quotas(truth):
        used = dict(quota.used)
        if any(used.get(name) == most for name, most in quota.hard):
            return True
    return False


@invariant(witness=a_quota_is_used_up, about=(ResourceQuota, Pod))
def a_quota_is_never_exceeded(truth: Truth) -> bool | Broken:
    """Of what a quota limits no more is used than it allows, by its status and by the pods that there are."""
    for quota in quotas(truth):
        pods = [
            QuotaPod(spec, phase)
            for spec, phase, namespace in truth.all(Pod, "spec", "phase", "namespace")
            if namespace == quota.namespace
        ]
        there = dict(quota_usage.recount(quota.hard, quota.scopes, tuple(pods)))
        said = dict(quota.used)
        for name, most in quota.hard:
            if said.get(name, 0) > most or there.get(name, 0) > most:
                clause = f"ResourceQuota {quota.name} allows {most} {name}; its status says {said.get(name, 0)}"
                return Broken(f"{clause}, and there are {there.get(name, 0)}", (f"ResourceQuota {quota.name}",))
    return True


def quotas(truth: Truth) -> list[ResourceQuota]:
    """The quotas that there are."""
    found = [truth.get(ResourceQuota, name) for name in truth.names(ResourceQuota)]
    return [quota for quota in found if quota is not None]


# ---- finalizers


@attrs.frozen
class Held:
    """What keeps an object: its finalizers, and whether it is being deleted."""

    finalizers: tuple[str, ...]
    deleting: bool


def something_is_held(truth: Truth) -> bool:
    """An object is being deleted and has finalizers."""
    return any(
        held is not None and held.deleting and held.finalizers
        for kind in kinds_with_finalizers(truth)
        for held in objects(truth, kind).values()
    )


@step_invariant(witness=something_is_held)
def no_object_goes_while_it_has_finalizers(before: Truth, happened: Happened, after: Truth) -> bool | Broken:
    """An object with finalizers goes by the update that removes the last one, and by nothing else."""
    if not any(update == "Put" for _, update in happened.writes):
        return True
    for kind in kinds_with_finalizers(before):
        was, now = objects(before, kind), objects(after, kind)
        for name, held in was.items():
            if held is None or not held.finalizers:
                continue
            clause = f"{kind.resource} {name} had the finalizers {', '.join(held.finalizers)}"
            if now[name] is None and not (held.deleting and happened.action.startswith(("PUT", "PATCH"))):
                return Broken(f"{clause} and was removed by {happened.action}", (f"{kind.resource} {name}",))
            if held.deleting and now[name] is not None and not now[name].deleting:
                return Broken(f"{clause}, and another one took its place", (f"{kind.resource} {name}",))
    return True


def kinds_with_finalizers(truth: Truth) -> list[Kind]:
    """The kinds of the cluster whose objects may have finalizers."""
    return [kind for cls, kind in truth.cluster.kinds.items() if hasattr(cls, "finalizers")]


def objects(truth: Truth, kind: Kind) -> dict[Any, Any]:
    """What keeps each object of a kind, by its name or its member; None: there is no such object."""
    lens = LatestFields(("finalizers", "deleting"))
    rows: dict[Any, Any]
    if kind.slots:
        rows = dict(enumerate(truth.each(kind.resource, lens)))
    else:
        rows = {name: truth.variable(f"{kind.resource}/{name}", lens) for name in kind.names}
    return {name: None if row is None else Held(*row) for name, row in rows.items()}


def a_deleted_bucket_is_still_in_the_cloud(truth: Truth) -> bool:
    """The object is being deleted, and there is still something to clean."""
    return bool(truth.field(Bucket, "logs", "deleting")) and in_the_cloud(truth)


def in_the_cloud(truth: Truth) -> bool:
    """Whether there really is a bucket."""
    kind = truth.cluster.kinds[Bucket]
    return "logs" in kind.names and bool(truth.variable(member_variable(kind, "logs", "in_the_cloud")))


@invariant(witness=a_deleted_bucket_is_still_in_the_cloud, about=(Bucket,))
def no_bucket_is_left_in_the_cloud(truth: Truth) -> bool | Broken:
    """While there is a bucket in the cloud, there is an object that speaks of it."""
    if in_the_cloud(truth) and truth.get(Bucket, "logs") is None:
        return Broken("there is a bucket in the cloud, and its object is gone", ("Bucket logs",))
    return True


def a_bucket_is_being_deleted(truth: Truth) -> bool:
    """The object is being deleted."""
    return bool(truth.field(Bucket, "logs", "deleting"))


@leads_to(a_bucket_is_being_deleted, about=(Bucket,))
def a_deleted_bucket_goes_in_the_end(truth: Truth) -> bool | Broken:
    """What is being deleted goes, once its operator has cleaned up."""
    if a_bucket_is_being_deleted(truth):
        left = truth.field(Bucket, "logs", "finalizers")
        return Broken(f"Bucket logs is being deleted and waits for {', '.join(left) or 'nothing'}", ("Bucket logs",))
    return True


FINALIZERS = (
    no_object_goes_while_it_has_finalizers,
    no_bucket_is_left_in_the_cloud,
    a_deleted_bucket_goes_in_the_end,
)
"""Of the system `apiserver.finalizers`."""

RBAC = (no_write_without_an_allowing_rule,)
"""Of the system `apiserver.rbac`."""

offer(*FINALIZERS, of="apiserver.finalizers")
offer(*RBAC, of="apiserver.rbac")
