"""The API server: the one way to the store.

Models the request pipeline of `staging/src/k8s.io/apiserver/pkg/server/config.go` DefaultBuildHandlerChain and the
handlers' order (A01, A03, A04): authentication, authorisation, mutating admission, validation, validating admission,
compare-and-swap, watch. The chain is in `pipeline`.

Simplified: one request is one step, as its effect is one compare-and-swap on one key (S17); admission and validation
run inside it (A04), so no other write can come between. What admission writes beside it (a quota's charge) is in the
same step; `apiserver.quota` explores it apart. The watch side is the kernel's (kspec.kube.watch): every committed
version reaches each observer in the order of commits.

Not modelled: timeouts after which a request may still commit (A06), priority and fairness, the watch cache of the API
server itself (all reads are of the latest), several API servers.
"""

from __future__ import annotations

from typing import Any

from kspec.kernel.registry import service
from kspec.kube.requests import NOWHERE, Look, Request, Response
from kspec_models.apiserver.authentication import credentials_of
from kspec_models.apiserver.pipeline import handle

NOT_MODELLED = (
    "API server: timeouts, priority and fairness, its own watch cache, webhooks, impersonation, field ownership",
    "API server: NodeRestriction and the graph of the Node authorizer (a kubelet may touch the pods of every node)",
)


def serve(request: Request, current: Any, unchanged: bool, look: Look = NOWHERE) -> Response:
    """Serve one request against the version that is stored now; `look`: what else is stored."""
    return handle(request, credentials_of(request.user), current, unchanged, look).response


service("apiserver", serve)
