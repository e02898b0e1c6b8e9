"""The answer to a request in words, link by link."""

from __future__ import annotations

from typing import Any

import attrs

from kspec.kube.requests import Also, Code, Request
from kspec.why import Explained, Link, Question, Said
from kspec_models.apiserver.admission import PLUGINS, Admitted
from kspec_models.apiserver.authorization import Decision, Opinion, refusal_code, stored_policy, union
from kspec_models.apiserver.generation import rises
from kspec_models.apiserver.pipeline import Handled
from kspec_models.apiserver.rbac import Attributes
from kspec_models.apiserver.why import chosen, rules
from kspec_models.apiserver.why.cluster import Described, Unread
from kspec_models.apiserver.why.differences import differences
from kspec_models.apiserver.why.resources import Resource

WORDS = {Decision.ALLOW: "allows", Decision.DENY: "denies", Decision.NO_OPINION: "no opinion"}

WITHOUT_GENERATION = frozenset(
    {
        "Namespace",
        "Node",
        "ServiceAccount",
        "PersistentVolumeClaim",
        "PersistentVolume",
        "StorageClass",
        "ResourceQuota",
        "LimitRange",
        "PriorityClass",
        "Role",
        "ClusterRole",
        "RoleBinding",
        "ClusterRoleBinding",
        "Unread",
    }
)
"""Kinds that never have one (A55), and kinds of which it is not known here."""

NOT_MODELLED = (
    "PodSecurity, ingress defaults, protection of storage in use, NodeRestriction, webhooks, admission policies",
    "the graph of the Node authorizer: a node may read the secrets of every pod",
    "the API server's caches: every plugin decides by what is stored",
    "quotas of anything but pods, such as count/deployments.apps or requests.storage",
    "validation of volumes' sources, security contexts and DNS settings, of custom resources, and of rarer kinds",
    "which fields of StatefulSets, DaemonSets, Jobs, Services and storage a request may not change",
)


@attrs.frozen
class Told:
    """A request that was handled, and what is needed to tell of it.

    `unasked`: why it was not followed to the store; `note`: what is to be said of the caller.
    """

    question: Question
    wanted: Attributes
    handled: Handled
    stored: Described
    resource: Resource | None = None
    request: Request | None = None
    current: Any = None
    unasked: str = ""
    note: str = ""

    @property
    def past_admission(self) -> str:
        """Why the request passes no admission, whatever it is about; empty: it does."""
        if self.wanted.path is not None:
            return "requests for paths pass no admission"
        return "reads pass no admission" if self.wanted.verb in ("get", "list", "watch") else ""

    @property
    def user(self) -> str:
        """Who asks."""
        user = self.handled.authenticated.user
        return "nobody who is known" if user is None else user.name

    @property
    def said(self) -> str:
        """`create pods in namespace default as jane`."""
        wanted = self.wanted
        if wanted.path is not None:
            return f"{wanted.verb} {wanted.path} as {self.user}"
        name = f" {wanted.name or self.question.name}" if wanted.name or self.question.name else ""
        where = f" in namespace {wanted.namespace}" if wanted.namespace else ""
        return f"{wanted.verb} {self.resource}{name}{where} as {self.user}"


def tell(told: Told) -> Explained:
    """The answer with all that was said."""
    links = [authentication(told), authorization(told)]
    if told.handled.escalation:
        links.append(Link("escalation", False, text=told.handled.escalation))
    links += [admission(told), validation(told), validating(told), registry(told)]
    links = [link for link in links if link.said or link.text]
    status, reason, by, because = decided(told, links)
    return Explained(
        told.said,
        status is None or status < 300,
        status,
        reason,
        by,
        because,
        tuple(links),
        assumptions(told),
        NOT_MODELLED,
        not_asked(told) if status is None else "",
    )


def assumptions(told: Told) -> tuple[str, ...]:
    """What is taken for granted, and what was set."""
    given = chosen.written()
    return (*(told.stored.assumptions if told.request is not None else ()), *((f"set: {given}",) if given else ()))


# ---- who asks, and may he


def authentication(told: Told) -> Link:
    """Which authenticator recognised the caller."""
    said = []
    for answer in told.handled.authenticated.answers:
        if answer.user is not None:
            groups = f"groups: {', '.join(answer.user.groups)}"
            details = (groups, told.note) if told.note else (groups,)
            said.append(Said(answer.authenticator, "recognised", answer.user.name, details))
        else:
            said.append(Said(answer.authenticator, "failed" if answer.reason else "not shown", answer.reason))
    return Link("authentication", told.handled.authenticated.user is not None, tuple(said))


def authorization(told: Told) -> Link:
    """What each authorizer said, and by which rule."""
    if told.handled.authenticated.user is None:
        return Link("authorization", None, text="not asked")
    said = [opinion_said(told, each) for each in told.handled.opinions]
    return Link("authorization", told.handled.allowed, tuple(said))


def opinion_said(told: Told, opinion: Opinion) -> Said:
    """One authorizer's opinion; of RBAC the rule that allowed, or the rules that did not."""
    details: tuple[str, ...] = ()
    user = told.handled.authenticated.user
    if opinion.grant is not None:
        details = (rules.told(opinion.grant, told.wanted, told.stored.where),)
    elif opinion.authorizer == "RBAC" and user is not None:
        details = rules.near_misses(user, told.wanted, stored_policy(told.stored), told.stored.where)
    return Said(opinion.authorizer, WORDS[opinion.decision], opinion.reason, details)


# ---- admission and validation


def admission(told: Told) -> Link:
    """What the mutating plugins said and changed."""
    performed = told.handled.performed
    if not told.handled.allowed or told.handled.escalation:
        return Link("admission", None, text="not asked")
    if told.unasked and not told.past_admission:
        return Link("admission", None, text=f"not asked: {told.unasked}")
    if performed is None or performed.mutated is None:
        return Link("admission", None, text=told.past_admission or "not asked")
    off = [Said(p.name, "off", f"{p.setting} is off") for p in PLUGINS if not p.is_on]
    return Link("admission", performed.mutated.refused is None, (*verdicts(performed.mutated, told.stored), *off))


def validating(told: Told) -> Link:
    """What the validating plugins said, and what they charged."""
    performed = told.handled.performed
    if performed is None or performed.validated is None:
        return Link("validating admission", None)
    return Link("validating admission", performed.validated.refused is None, verdicts(performed.validated, told.stored))


def verdicts(admitted: Admitted, stored: Described) -> tuple[Said, ...]:
    """One line for each plugin."""
    said = []
    for verdict in admitted.verdicts:
        if verdict.refused is not None:
            said.append(Said(verdict.plugin, "refuses", verdict.refused.message))
        elif verdict.after is not None:
            said.append(Said(verdict.plugin, "changes", "", tuple(differences(verdict.before, verdict.after))))
        elif verdict.also:
            said.append(Said(verdict.plugin, "charges", "", charged(verdict.also, stored)))
        else:
            said.append(Said(verdict.plugin, "passes"))
    return tuple(said)


def charged(written: tuple[Also, ...], stored: Described) -> tuple[str, ...]:
    """What changes of other objects: of the quota or the disruption budget that the request uses up."""
    return tuple(
        [
            f"{also.cls.__name__} {also.name} {line}"
            for also in written
            for line in differences(stored.get(also.cls, str(also.name)), also.object)
        ]
    )


def not_asked(told: Told) -> str:
    """Which links were not asked that might refuse the request yet, and why."""
    if told.wanted.path is not None:
        return told.unasked
    return f"{'store' if told.past_admission else 'admission and store'} not asked: {told.unasked}"


def validation(told: Told) -> Link:
    """Whether the object is a legal one."""
    performed = told.handled.performed
    if performed is None or performed.invalid is None:
        return Link("validation", None)
    wrong = performed.invalid
    return Link("validation", not wrong, (Said("validation", "refuses" if wrong else "passes", wrong),))


# ---- the store


def registry(told: Told) -> Link:
    """What becomes of the stored object."""
    performed, response = told.handled.performed, told.handled.response
    if performed is None:
        return Link("store", None, text=f"not asked: {told.unasked}" if told.unasked and told.handled.allowed else "")
    stopped = (performed.mutated is not None and performed.mutated.refused is not None) or performed.invalid
    if stopped or (performed.validated is not None and performed.validated.refused is not None):
        return Link("store", None, text="not reached")
    beside = () if performed.validated is not None else charged(response.also, told.stored)
    said = Said("store", str(response.code), outcome(told), (*generation(told), *beside))
    return Link("store", response.code.ok, (said,))


def outcome(told: Told) -> str:
    """What is stored afterwards."""
    response, current = told.handled.response, told.current
    if not response.code.ok:
        why = response.message or ("there is no such object" if response.code is Code.NOT_FOUND else "")
        changed = differences(current, response.object) if response.writes else ()
        return "; ".join((why, *[f"and yet {line}" for line in changed]))
    if told.wanted.verb == "watch":
        return "every change from now on"
    if not response.writes:
        return "the objects that are stored" if told.wanted.verb == "list" else "the object as it is stored"
    if response.object is None:
        return "the object is removed"
    if current is None:
        return "the object is stored"
    if told.wanted.subresource == "binding":
        return "the pod is on the node that the Binding names"
    if getattr(response.object, "deleting", False) and not getattr(current, "deleting", False):
        held = getattr(response.object, "finalizers", ())
        waits = f"until the last of its finalizers is gone: {', '.join(held)}" if held else "for its grace period"
        return f"the object is marked as deleted, and stays {waits}"
    if response.object == current:
        return "nothing changes: no new version is stored"
    if isinstance(current, Unread):
        return "the object is changed (what of this kind may not change is not looked at)"
    return "the object is changed: " + "; ".join(differences(current, response.object))


def generation(told: Told) -> tuple[str, ...]:
    """What becomes of metadata.generation (A55)."""
    response, current = told.handled.response, told.current
    if not response.writes or response.object is None or type(response.object).__name__ in WITHOUT_GENERATION:
        return ()
    if current is None:
        return ("metadata.generation is 1",)
    return ("metadata.generation rises by 1",) if rises(current, response.object) else ("metadata.generation stays",)


# ---- the verdict


def decided(told: Told, links: list[Link]) -> tuple[int | None, str, str, str]:
    """Status (None: none is claimed), reason, who decided and why."""
    response = told.handled.response
    refusing = next((link for link in links if link.passed is False), None)
    if refusing is None:
        status, reason = (None, "") if told.unasked else response.code.value
        allowing = next((o for o in told.handled.opinions if o.decision is Decision.ALLOW), None)
        if allowing is None:
            return status, reason, "authorization", f"no authorizer allows it, and it passes (--set {chosen.written()})"
        return status, reason, allowing.authorizer, allowing.reason
    if refusing.name == "authorization":
        opinions = told.handled.opinions
        status = refusal_code(union([o.decision for o in opinions]), sum(len(o.errors) for o in opinions)) or 403
        reason = Code.FORBIDDEN.value[1] if status == Code.FORBIDDEN.status else Code.INTERNAL_ERROR.value[1]
        return status, reason, "authorization", "no authorizer allows it"
    status, reason = response.code.status, response.code.value[1]
    last_said = refusing.said[-1] if refusing.said else Said(refusing.name, "refuses", refusing.text)
    who = last_said.who if refusing.name.endswith("admission") and refusing.said else refusing.name
    if refusing.name.endswith("admission"):
        last_said = next(each for each in refusing.said if each.word == "refuses")
        who = last_said.who
    return status, reason, who, last_said.text
