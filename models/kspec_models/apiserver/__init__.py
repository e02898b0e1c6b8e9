"""The API server: the one way to the store.

Models the request pipeline of `staging/src/k8s.io/apiserver/pkg/server/config.go` DefaultBuildHandlerChain and the
handlers' order (A01, A03, A04): authentication, authorisation, mutating admission, validation, compare-and-swap,
watch.

Simplified: one request is one step, as its effect is one compare-and-swap on one key (S17); admission and validation
run inside it (A04), so no other write can come between. The watch side is the kernel's (kspec.kube.watch): every
committed version reaches each observer in the order of commits.

Not modelled: timeouts after which a request may still commit (A06), priority and fairness, the watch cache of the API
server itself (all reads are of the latest), several API servers.
"""

from __future__ import annotations

from typing import Any

from kspec.kernel.registry import service
from kspec.kube.requests import NOWHERE, Code, Look, Request, Response
from kspec_models.apiserver.admission import admit
from kspec_models.apiserver.authentication import authenticate
from kspec_models.apiserver.authorization import authorized
from kspec_models.apiserver.registry import perform

NOT_MODELLED = (
    "API server: timeouts, priority and fairness, its own watch cache, finalizers, propagation policies",
    "RBAC objects: the bootstrap roles are built in",
)


def serve(request: Request, current: Any, unchanged: bool, look: Look = NOWHERE) -> Response:
    """Serve one request against the version that is stored now; `look`: what else is stored."""
    identity = authenticate(request.user)
    if not authorized(identity, request):
        return Response(Code.FORBIDDEN, message=f"{identity.name} may not {request.line}")
    return perform(admit(request), current, unchanged)


service("apiserver", serve)
