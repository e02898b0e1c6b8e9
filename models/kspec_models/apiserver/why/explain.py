"""One request through the chain, against what manifests describe, with what every link said.

The chain is the one that explored clusters use (`pipeline`). What is added here: reading the question and the
manifests, and telling the answer.
"""

from __future__ import annotations

import difflib
from typing import Any

import attrs

from kspec.kernel.errors import UsageError
from kspec.kube.core import Namespace
from kspec.kube.manifests import read_manifests
from kspec.kube.requests import Request, Verb
from kspec.why import Explained, Question
from kspec_models.apiserver.authentication import Credentials
from kspec_models.apiserver.pipeline import Handled, entered, handle
from kspec_models.apiserver.rbac import Attributes
from kspec_models.apiserver.subresources import modelled
from kspec_models.apiserver.why import chosen
from kspec_models.apiserver.why.caller import credentials, ghost
from kspec_models.apiserver.why.cluster import Described, Placed, placed
from kspec_models.apiserver.why.resources import Resource, resource_of
from kspec_models.apiserver.why.telling import Told, tell

VERBS = (
    *("get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"),
    *("use", "bind", "escalate", "impersonate", "approve", "sign", "attest", "proxy"),
)
"""Verbs that Kubernetes itself asks about; an extension may have others."""

VERBS_OF_MODELS = {**{verb.value: verb for verb in Verb}, "watch": Verb.LIST}
"""Verbs that are followed to the store; of the others only who may is told. A watch is granted as a list is."""

OBJECTS = {"create", "update", "patch"}
"""Verbs that send an object."""


def explain(question: Question) -> Explained:
    """What the API server answers, and why. Raises UsageError."""
    chosen.only(chosen.of_requests(), "the answer to a request", chosen.REQUESTS_SAID)
    check_verb(question.verb)
    shown = credentials(question)
    if question.resource.startswith("/"):
        if question.files or question.body:
            stored, _ = read(question, None)
        else:
            stored = Described(())
        wanted = Attributes(question.verb, path=question.resource)
        unasked = f"what answers at {question.resource} is not modelled"
        return tell(
            Told(
                question, wanted, only_asked(shown, wanted, stored), stored, unasked=unasked, note=ghost(shown, stored)
            )
        )
    resource, name = resource_of(question.resource, question.subresource, question.name)
    question = attrs.evolve(question, name=name)
    stored, body = read(question, resource)
    note = ghost(shown, stored)
    namespace = namespace_of(question, resource, body)
    name = question.name or ("" if body is None else body.entry.name)
    current = stored_object(name, resource, namespace, stored)
    wanted = Attributes(
        question.verb,
        resource.group,
        resource.plural,
        resource.subresource,
        "" if question.verb == "create" and not resource.subresource else name,
        namespace,
    )
    unasked = why_not_followed(question, resource, body, current)
    if unasked:
        return tell(Told(question, wanted, only_asked(shown, wanted, stored), stored, resource, unasked=unasked))
    request = request_of(question, resource, name, body, current)
    handled = handle(request, shown, current, same_version(question, stored, body), stored, wanted)
    return tell(Told(question, wanted, handled, stored, resource, request, current, note=note))


# ---- the question


def check_verb(verb: str) -> None:
    """Raise UsageError for a verb that is written almost as one of Kubernetes's own."""
    close = difflib.get_close_matches(verb, VERBS, n=2, cutoff=0.7)
    if verb not in VERBS and close:
        raise UsageError(f"there is no verb {verb}; did you mean {' or '.join(close)}?")


def read(question: Question, resource: Resource | None) -> tuple[Described, Placed | None]:
    """What is stored, and the object that is sent. Raises UsageError."""
    stored = [placed(entry) for entry in (read_manifests(question.files).objects if question.files else ())]
    if question.body:
        if question.verb not in OBJECTS or resource is None or resource.subresource:
            raise UsageError(f"--body: {question.verb} {question.resource} sends no object")
        sent = [placed(entry) for entry in read_manifests([question.body]).objects]
        if len(sent) != 1 or sent[0].entry.kind != resource.kind:
            kinds = ", ".join(each.entry.title for each in sent)
            raise UsageError(f"--body {question.body}: it must hold one {resource.kind or resource}, not {kinds}")
        return Described(stored), sent[0]
    if question.verb != "create" or resource is None or resource.subresource:
        return Described(stored), None
    mine = [each for each in stored if is_a(each, resource) and question.name in ("", each.entry.name)]
    if len(mine) > 1:
        titles = ", ".join(each.entry.title for each in mine)
        raise UsageError(f"create {resource}: which of them? --resource-name NAME chooses among {titles}")
    if not mine and question.name:
        raise UsageError(
            f"create {resource}: no {resource.kind or resource} in the manifests is called {question.name}"
        )
    body = mine[0] if mine else None
    return Described([each for each in stored if each is not body]), body


def is_a(thing: Placed, resource: Resource) -> bool:
    """Whether an object is one of this resource."""
    group = thing.entry.api_version.rpartition("/")[0]
    return (thing.entry.kind, group) == (resource.kind, resource.group)


def namespace_of(question: Question, resource: Resource, body: Placed | None) -> str:
    """The namespace of the request; empty: it is of the whole cluster. Raises UsageError."""
    if not resource.namespaced:
        return "" if resource.plural != "namespaces" or not question.name else question.name
    if body is None:
        return question.namespace or "default"
    entry = body.entry
    said = (entry.mapping.get("metadata") or {}).get("namespace")
    if said and question.namespace not in (None, said):
        raise UsageError(f"{entry.where}: it is of namespace {said}, and the request of {question.namespace}")
    return question.namespace or entry.namespace


def stored_object(name: str, resource: Resource, namespace: str, stored: Described) -> Any:
    """The stored object that the request is about, None if there is none."""
    for each in stored.stored:
        home = each.entry.namespace if resource.namespaced else namespace
        if is_a(each, resource) and each.entry.name == name and home == namespace:
            return each.object
    if (resource.plural, resource.group) == ("namespaces", ""):
        return stored.get(Namespace, name)
    return None


def why_not_followed(question: Question, resource: Resource, body: Placed | None, current: Any) -> str:
    """Why the request is not followed to the store; empty: it is, and it is known what it is about."""
    verb = VERBS_OF_MODELS.get(question.verb)
    if verb is None or (verb is Verb.LIST and resource.subresource):
        return f"what follows {question.verb} is not modelled"
    about = Request(verb, resource.plural, subresource=resource.subresource)
    if not (resource.kind and resource.stored and modelled(about)):
        return f"what the store does with {resource} is not modelled"
    if verb is Verb.LIST:
        return ""
    if question.verb in OBJECTS and body is None and not (verb is Verb.CREATE and resource.subresource):
        where = "-f or --body" if verb is Verb.CREATE else "--body"
        return (
            f"what is sent is not given ({where})"
            if not resource.subresource
            else f"what is sent to {resource} is not read"
        )
    if verb is Verb.CREATE and not resource.subresource:
        return ""
    if not (question.name or body) or (current is None and not question.files):
        return "which object is meant is not given (NAME, and its manifest with -f)"
    return ""


def request_of(question: Question, resource: Resource, name: str, body: Placed | None, current: Any) -> Request:
    """The request as the chain takes it."""
    verb = VERBS_OF_MODELS[question.verb]
    sent = None if body is None else body.object
    changes: tuple[tuple[str, Any], ...] = question.options
    if verb in (Verb.UPDATE, Verb.PATCH) and sent is not None and current is not None and type(sent) is type(current):
        fields = [field.name for field in attrs.fields(type(sent))]
        changes = tuple([(f, getattr(sent, f)) for f in fields if getattr(sent, f) != getattr(current, f)])
    reader = "caller" if body is not None and version(body) and verb is not Verb.CREATE else ""
    return Request(
        verb,
        resource.plural,
        name or None,
        resource.subresource,
        sent if verb is Verb.CREATE else None,
        changes,
        question.user,
        reader,
    )


def version(thing: Placed) -> str:
    """metadata.resourceVersion, empty if it is not given."""
    return str((thing.entry.mapping.get("metadata") or {}).get("resourceVersion") or "")


def same_version(question: Question, stored: Described, body: Placed | None) -> bool:
    """Whether the object that is sent is of the version that is stored."""
    if body is None or not version(body):
        return True
    found = [each for each in stored.stored if (each.entry.kind, each.entry.name) == (body.entry.kind, body.entry.name)]
    return all(version(each) == version(body) for each in found)


def only_asked(shown: Credentials, wanted: Attributes, stored: Described) -> Handled:
    """The first two links alone."""
    return entered(shown, wanted, stored, f"{wanted.verb} {wanted.resource}")
