"""The chain that every request passes: who asks, may he, what admission and validation say, what the registry does.

Upstream: `staging/src/k8s.io/apiserver/pkg/server/config.go` DefaultBuildHandlerChain and the handlers' order (A01,
A03). Each link is asked only if those before it let the request pass. What each of them said is kept (`Handled`), so
that an answer can be explained; a cluster that is explored takes the response alone.

Simplified: a request that no authorizer allows is 403, also where some authorizer met an error (500; A16).
"""

from __future__ import annotations

from typing import Any

import attrs

from kspec.kube.rbac import ClusterRole, ClusterRoleBinding, Role, RoleBinding
from kspec.kube.requests import NOWHERE, Code, Look, Request, Response, Verb
from kspec_models.apiserver import escalation
from kspec_models.apiserver.authentication import Authenticated, Credentials, User, authenticate
from kspec_models.apiserver.authorization import Opinion, allows, asked, attributes_of, stored_policy
from kspec_models.apiserver.rbac import Attributes
from kspec_models.apiserver.registry import Performed, perform


@attrs.frozen
class Handled:
    """The answer, and what each link said that was asked.

    `allowed`: whether the authorizers let it pass; `escalation`: why these rights may not be handed out.
    """

    response: Response
    authenticated: Authenticated
    attributes: Attributes | None = None
    opinions: tuple[Opinion, ...] = ()
    escalation: str = ""
    performed: Performed | None = None
    allowed: bool = False


def entered(shown: Credentials, attributes: Attributes, look: Look, line: str) -> Handled:
    """The first two links: who asks, and may he do this (`line`: in the words of HTTP)."""
    who = authenticate(shown)
    if who.user is None:
        return Handled(Response(Code.UNAUTHORIZED, message="no authenticator recognised the caller"), who)
    opinions = asked(who.user, attributes, look)
    if not allows(opinions):
        return Handled(Response(Code.FORBIDDEN, message=f"{who.user.name} may not {line}"), who, attributes, opinions)
    return Handled(Response(Code.OK), who, attributes, opinions, allowed=True)


def everybody_passes() -> bool:
    """Whether a request passes that no authorizer allows: never, but for a broken twin."""
    return allows(())


def handle(
    request: Request,
    shown: Credentials,
    current: Any,
    unchanged: bool = True,
    look: Look = NOWHERE,
    wanted: Attributes | None = None,
) -> Handled:
    """Take one request through the chain, against the version that is stored now.

    `wanted`: what it asks for, where that is not to be found out from the request and the object.
    """
    attributes = wanted or attributes_of(request, current)
    handled = entered(shown, attributes, look, request.line)
    who, opinions = handled.authenticated, handled.opinions
    if who.user is None or not handled.allowed:
        return handled
    too_much = handed_out(request, who.user, attributes, current, look)
    if too_much is not None:
        return Handled(too_much, who, attributes, opinions, too_much.message, allowed=True)
    performed = perform(request, current, unchanged, look)
    return Handled(performed.response, who, attributes, opinions, "", performed, allowed=True)


def handed_out(request: Request, user: User, attributes: Attributes, current: Any, look: Look) -> Response | None:
    """The refusal of a role or a binding that gives more than the caller has (A26, A27); None: it may be written."""
    if request.verb not in (Verb.CREATE, Verb.UPDATE, Verb.PATCH):
        return None
    new = request.object
    if new is None and current is not None:
        changes = dict(request.changes)
        if changes.keys().isdisjoint(("rules", "role_ref", "subjects")):
            return None  # an update of metadata hands out nothing (A28)
        new = attrs.evolve(current, **changes)
    if not isinstance(new, (Role, ClusterRole, RoleBinding, ClusterRoleBinding)):
        return None
    return escalation.refusal(user, attributes, new, stored_policy(look))
