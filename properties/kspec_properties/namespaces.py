"""What must hold of namespaces, and of the service accounts in them.

- `a_namespace_goes_away` is promised to nobody whose objects have finalizers that nobody takes off: it is asked for
  where that is the story, and where everybody does his part.
- `nothing_is_left_in_a_namespace_that_is_gone`, `no_object_is_created_in_a_terminating_namespace`: of all kinds that
  have namespaces. Admission reads what is stored here; upstream it reads a cache first, and a create that was admitted
  just before may be stored just after (W132): the controller lists until nothing is left.
- `nothing_but_pods_is_deleted_while_there_are_pods`: what protects pods, a NetworkPolicy say, stays until they have
  ended (W130).
- `an_active_namespace_has_its_default_account`: it needs that nobody deletes it for ever.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from kspec.kernel.properties import Broken, Happened, eventually_always, invariant, leads_to, step_invariant
from kspec.kernel.registry import offer
from kspec.kernel.values import fields_of
from kspec.kube.core import Namespace, NamespacePhase, ServiceAccount
from kspec.kube.objects import Pod
from kspec.kube.truth import Truth
from kspec_models.apiserver.namespace_lifecycle import ALWAYS_THERE
from kspec_models.controllers.namespace.reconcile import NAME
from kspec_properties.apiserver import no_bucket_is_left_in_the_cloud
from kspec_properties.waiting import Waits


def terminating(truth: Truth) -> list[str]:
    """The namespaces that are being deleted."""
    names = truth.names(Namespace)
    return [name for name in names if truth.field(Namespace, name, "phase") is NamespacePhase.TERMINATING]


def content(truth: Truth) -> Iterator[tuple[str, str]]:
    """Kind and namespace of every object that is in one."""
    for cls in truth.cluster.kinds:
        if "namespace" in fields_of(cls):
            for namespace in truth.all(cls, "namespace"):
                yield cls.__name__, namespace


def a_namespace_is_terminating(truth: Truth) -> bool:
    """A namespace is being deleted."""
    return bool(terminating(truth))


def a_namespace_is_gone(truth: Truth) -> bool:
    """A namespace that there was is no longer there."""
    return len(truth.names(Namespace)) < len(truth.cluster.kind(Namespace).names)


@invariant(witness=a_namespace_is_gone, about=(Namespace,))
def nothing_is_left_in_a_namespace_that_is_gone(truth: Truth) -> bool | Broken:
    """Every object that is in a namespace is in one that exists."""
    there = {*truth.names(Namespace), *ALWAYS_THERE}
    for kind, namespace in content(truth):
        if namespace not in there:
            return Broken(f"there is a {kind} in namespace {namespace}, and no such namespace")
    return True


@step_invariant(witness=a_namespace_is_terminating, about=(Namespace,))
def no_object_is_created_in_a_terminating_namespace(before: Truth, happened: Happened, after: Truth) -> bool | Broken:
    """Nothing is created in a namespace that is being deleted."""
    going = terminating(before)
    if not going:
        return True
    for (kind, namespace), n in (Counter(content(after)) - Counter(content(before))).items():
        if namespace in going:
            return Broken(f"{n} {kind} was created in namespace {namespace}, which is being deleted")
    return True


def a_pod_ends_in_a_terminating_namespace(truth: Truth) -> bool:
    """A pod is still there in a namespace that is being deleted."""
    return not set(truth.all(Pod, "namespace")).isdisjoint(terminating(truth))


@step_invariant(witness=a_pod_ends_in_a_terminating_namespace, about=(Namespace, Pod), needs=(NAME,))
def nothing_but_pods_is_deleted_while_there_are_pods(before: Truth, happened: Happened, after: Truth) -> bool | Broken:
    """The Namespace controller deletes nothing but pods as long as a pod is left in the namespace."""
    if happened.actor != NAME or "DELETE" not in happened.action:
        return True
    with_pods = set(before.all(Pod, "namespace"))
    for kind, namespace in Counter(living(before)) - Counter(living(after)):
        if kind != Pod.__name__ and namespace in with_pods:
            return Broken(f"a {kind} was deleted in namespace {namespace}, in which there is still a pod")
    return True


def living(truth: Truth) -> Iterator[tuple[str, str]]:
    """Kind and namespace of every object that is in one, and is not being deleted."""
    for cls in truth.cluster.kinds:
        if "namespace" in fields_of(cls):
            for namespace, deleting in truth.all(cls, "namespace", "deleting"):
                if not deleting:
                    yield cls.__name__, namespace


# ---- it goes, or somebody waits


def who_waits_for_what(truth: Truth) -> Waits:
    """Why a namespace that is being deleted does not go."""
    found: list[tuple[str, str, str]] = []
    for name in terminating(truth):
        for kind, called, held in held_in(truth, name):
            found.append((NAME, f"{kind} {called} to go", f"it is being deleted, and has the finalizer {held}"))
    found += stopped(truth)
    return (*found, ("user", "", "everything that was to be deleted is being deleted"))


def held_in(truth: Truth, namespace: str) -> Iterator[tuple[str, str, str]]:
    """Kind, name and finalizers of what is held in a namespace."""
    for cls in truth.cluster.kinds:
        if not {"namespace", "finalizers", "deleting"} <= {*fields_of(cls)}:
            continue
        for name, where, held, deleting in truth.all(cls, "name", "namespace", "finalizers", "deleting"):
            if where == namespace and deleting and held:
                yield cls.__name__, name, ", ".join(held)


def stopped(truth: Truth) -> list[tuple[str, str, str]]:
    """Components that do not run any more."""
    processes = truth.cluster.processes.items()
    return [
        (name, "", "it does not run any more, and nobody else does its work")
        for name, is_up in processes
        if not is_up(truth.see)
    ]


@leads_to(a_namespace_is_terminating, about=(Namespace,), waits=who_waits_for_what)
def a_namespace_goes_away(truth: Truth) -> bool | Broken:
    """A namespace that is being deleted is gone in the end."""
    going = terminating(truth)
    if not going:
        return True
    said = truth.get(Namespace, going[0])
    assert said is not None
    told = "; ".join(part for part in (said.content_remaining, said.finalizers_remaining) if part)
    return Broken(
        f"namespace {going[0]} is {said.phase.value}" + (f": {told}" if told else ""), (f"Namespace {going[0]}",)
    )


# ---- service accounts


def has_default(truth: Truth, namespace: str) -> bool:
    """Whether a namespace has its account."""
    return ("default", namespace) in truth.all(ServiceAccount, "name", "namespace")


def a_default_account_is_there(truth: Truth) -> bool:
    """Some namespace has its account."""
    return any(has_default(truth, name) for name in truth.names(Namespace))


@eventually_always(witness=a_default_account_is_there, about=(Namespace, ServiceAccount))
def an_active_namespace_has_its_default_account(truth: Truth) -> bool | Broken:
    """Once nobody deletes it any more, every active namespace has a service account `default`, for ever."""
    for name in truth.names(Namespace):
        if truth.field(Namespace, name, "phase") is NamespacePhase.ACTIVE and not has_default(truth, name):
            return Broken(f"namespace {name} has no service account default", (f"Namespace {name}",))
    return True


def a_pod_is_there(truth: Truth) -> bool:
    """There is a pod."""
    return bool(truth.all(Pod, "namespace"))


@step_invariant(witness=a_pod_is_there, about=(Pod, ServiceAccount))
def no_pod_is_created_without_its_account(before: Truth, happened: Happened, after: Truth) -> bool | Broken:
    """A pod is created only where its service account is."""
    fields = ("namespace", "spec")
    for (namespace, spec), _ in (Counter(after.all(Pod, *fields)) - Counter(before.all(Pod, *fields))).items():
        account = spec.service_account_name
        if (account, namespace) not in before.all(ServiceAccount, "name", "namespace"):
            return Broken(f"a pod was created in {namespace}, which has no service account {account}")
    return True


ORDERED = (nothing_but_pods_is_deleted_while_there_are_pods,)
NAMESPACES = (
    nothing_is_left_in_a_namespace_that_is_gone,
    no_object_is_created_in_a_terminating_namespace,
    a_namespace_goes_away,
)
SERVICE_ACCOUNTS = (an_active_namespace_has_its_default_account, no_pod_is_created_without_its_account)

offer(*NAMESPACES, of="namespaces")
offer(*ORDERED, of="namespace.deleted")
offer(*SERVICE_ACCOUNTS, of="service accounts")
offer(no_bucket_is_left_in_the_cloud, of="namespace.forced")
