"""Why the API server answers a request as it does: the service behind `kspec why request`."""

from kspec.kernel.registry import service
from kspec_models.apiserver.why.explain import explain

service("why request", explain)

__all__ = ["explain"]
