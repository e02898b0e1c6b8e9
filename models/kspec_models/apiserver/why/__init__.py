"""Why the API server answers a request as it does: the services behind `kspec why request` and `why rights`."""

from kspec.kernel.registry import service
from kspec_models.apiserver.why.explain import explain
from kspec_models.apiserver.why.rights import rights

service("why request", explain)
service("why rights", rights)

__all__ = ["explain", "rights"]
