"""An Ingress controller: a request's host and path choose a Service, and the request goes to one of its endpoints.

Models what the Ingress API promises of any implementation (k8s.io/api/networking/v1 IngressRule, HTTPIngressPath; the
conformance features of ingress-controller-conformance: host rules, path rules): exact hosts before none, the longest
path, Exact before Prefix, Prefix by whole elements. Like ingress-nginx it sends to the endpoints itself, by its own
caches, past kube-proxy.

Simplified: the choice among endpoints is uniform. What it knows follows the API late, by a step of its own.

Not modelled: see `NOT_MODELLED`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import attrs

from kspec.kernel.values import Ref
from kspec.kube.actor import Actor, Here
from kspec.kube.cache import Api, Cache
from kspec.kube.networking import EndpointSlice, Ingress, IngressPath, PathType
from kspec_models.proxy.programmed import usable

NOT_MODELLED = (
    "TLS, wildcard hosts, IngressClass, ImplementationSpecific paths, headers, retries with another endpoint",
    "several Ingresses with the same host and path (which wins is up to the implementation)",
)


def elements(path: str) -> tuple[str, ...]:
    """The elements of a path: what is between its slashes; a slash at its end says nothing."""
    return tuple(part for part in path.split("/") if part)


def matches(rule: IngressPath, host: str, path: str) -> bool:
    """Whether a rule is for a request: its host, if it has one, and its path."""
    if rule.host and rule.host != host:
        return False
    if rule.path_type is PathType.EXACT:
        return rule.path == path
    wanted = elements(rule.path)
    return elements(path)[: len(wanted)] == wanted


def precedence(rule: IngressPath) -> tuple[bool, int, bool]:
    """What is higher of two rules for one request wins: its own host, the longer path, an exact one."""
    return bool(rule.host), len(rule.path), rule.path_type is PathType.EXACT


def chosen(rules: Iterable[IngressPath], host: str, path: str) -> IngressPath | None:
    """The rule for a request; None: none matches, the default backend gets it."""
    return max([rule for rule in rules if matches(rule, host, path)], key=precedence, default=None)


@attrs.frozen
class Route:
    """A rule with the endpoints of its Service, as the controller knew them. A rule of every path is a default."""

    rule: IngressPath
    pods: frozenset[Ref] = frozenset()

    def told(self, called: Callable[[Ref], str]) -> str:
        """The rule, and where its requests go."""
        return f"{self.rule.host}{self.rule.path or '*'} → {', '.join(map(called, sorted(self.pods))) or '503'}"


Routes = frozenset[Route]
NO_ROUTES: Routes = frozenset()


def rules_of(ingress: Ingress) -> tuple[IngressPath, ...]:
    """The rules of an Ingress; its default backend is a rule of every host and path, which any other goes before."""
    default = (IngressPath("", ingress.default_service, ingress.default_port),) if ingress.default_service else ()
    return (*ingress.paths, *default)


def backends(routes: Routes, host: str, path: str) -> frozenset[Ref]:
    """The pods among which a request goes to one: none, if no rule matches (404) or nothing is ready (503)."""
    rule = chosen([route.rule for route in routes], host, path)
    return frozenset().union(*[route.pods for route in routes if route.rule == rule])


def ingress_controller(name: str = "ingress-controller") -> Actor:
    """An Ingress controller."""
    actor = Actor(name, watches=(Ingress, EndpointSlice), own={"routes": NO_ROUTES}, not_modelled=NOT_MODELLED)

    @actor.once()
    def configure(cache: Cache, here: Here, api: Api) -> Iterator[Any]:
        slices = {each.name: each.endpoints for each in cache.list(EndpointSlice)}
        rules = [rule for ingress in cache.list(Ingress) for rule in rules_of(ingress)]
        wanted = frozenset(Route(rule, usable(slices.get(rule.service, frozenset()))) for rule in rules)
        if here.routes != wanted:
            yield told(wanted), here.set(routes=wanted)

    return actor


def told(routes: Routes) -> str:
    """The routes in words."""
    ordered = sorted(routes, key=lambda each: (each.rule.host, each.rule.path))
    return "; ".join(each.told(repr) for each in ordered) or "no routes"
