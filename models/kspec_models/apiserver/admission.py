"""Admission: what every write passes, and no read.

Upstream: `plugin/pkg/admission/defaulttolerationseconds/admission.go` (on by default). Mutating plugins run in order
on the object of a write; each may change it. Not modelled here: the other plugins (their objects are not in the model
yet), webhooks.
"""

from __future__ import annotations

import attrs

from kspec.kube.objects import Pod
from kspec.kube.requests import Request, Verb
from kspec_models.apiserver.default_toleration_seconds import with_default_tolerations


def admit(request: Request) -> Request:
    """The request with its object as the mutating plugins leave it."""
    if request.verb is Verb.CREATE and isinstance(request.object, Pod):
        spec = request.object.spec
        tolerations = with_default_tolerations(spec.tolerations)
        if tolerations != spec.tolerations:
            pod = attrs.evolve(request.object, spec=attrs.evolve(spec, tolerations=tolerations))
            return attrs.evolve(request, object=pod)
    return request
