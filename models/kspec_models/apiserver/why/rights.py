"""What a caller may do in a namespace, and by which binding of which role: as `kubectl auth can-i --list` lists it."""

from __future__ import annotations

import attrs

from kspec.kernel.errors import UsageError
from kspec.kube.rbac import PolicyRule
from kspec.why import Question, Right, Rights
from kspec_models.apiserver import rbac as evaluator
from kspec_models.apiserver.authentication import MASTERS, NODES, User, authenticate
from kspec_models.apiserver.authorization import (
    always_allow,
    authorizers,
    node,
    privileged_group,
    rbac,
    stored_policy,
)
from kspec_models.apiserver.bootstrap_policy import EVERYTHING, NODE_RULES
from kspec_models.apiserver.pipeline import everybody_passes
from kspec_models.apiserver.rbac import ALL, Granted, rules_for
from kspec_models.apiserver.why import chosen
from kspec_models.apiserver.why.caller import credentials, ghost
from kspec_models.apiserver.why.explain import read


def rights(question: Question) -> Rights:
    """Every rule that the caller has. Raises UsageError."""
    chosen.only(chosen.OF_RIGHTS, "what a caller may do", ", ".join(chosen.OF_RIGHTS))
    shown = credentials(question)
    user = authenticate(shown).user
    if user is None:
        raise UsageError("no authenticator recognises this caller: there is nothing to list")
    stored, _ = read(attrs.evolve(question, verb="list"), None)
    namespace = question.namespace or "default"
    granted = rules_for(user, namespace, stored_policy(stored)) if rbac in authorizers() else Granted()
    found = [right(rule, by, "") for by, rules in of_others(user) for rule in rules]
    found += [
        right(
            grant.rule,
            f"{type(grant.binding).__name__} {grant.binding.name} of {type(grant.role).__name__} {grant.role.name}",
            stored.where(grant.binding),
        )
        for grant in granted.grants
    ]
    dangling = [f"{b.name} refers to {b.role_ref.kind} {b.role_ref.name}, which is not there" for b in granted.dangling]
    found.sort(key=lambda each: not each.where)  # what somebody wrote comes before what every cluster has
    return Rights(user.name, user.groups, namespace, tuple(found), tuple(dangling), ghost(shown, stored))


def of_others(user: User) -> list[tuple[str, tuple[PolicyRule, ...]]]:
    """What other authorizers than RBAC allow, and what passes although none does (a broken twin)."""
    found: list[tuple[str, tuple[PolicyRule, ...]]] = []
    if everybody_passes():
        found.append((f"--set {chosen.written()}", EVERYTHING))
    if always_allow in authorizers():
        found.append(("the AlwaysAllow authorizer", EVERYTHING))
    if MASTERS in user.groups and privileged_group in authorizers():
        found.append((f"group {MASTERS}", EVERYTHING))
    if NODES in user.groups and node in authorizers():
        found.append(("the Node authorizer", NODE_RULES))
    return found


def right(rule: PolicyRule, by: str, where: str) -> Right:
    """A rule as it is listed; with every verb, if it is about verbs that it does not name (a broken twin)."""
    verbs = (ALL,) if evaluator.verb_matches(rule, "") else rule.verbs
    groups = [f".{group}" if group not in ("", "*") else "" for group in rule.api_groups]
    resources = [f"{each}{group}" for group in groups or [""] for each in rule.resources]
    everything = ["*.*"] if "*" in rule.api_groups and "*" in rule.resources else resources
    return Right(tuple(everything), rule.non_resource_urls, rule.resource_names, verbs, by, where)
