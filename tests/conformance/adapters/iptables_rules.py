"""How many rules kube-proxy writes in iptables mode: `op` count, formula, probability, chain.

A formula is read off the rules that the model generates for none to two services with one and two endpoints.
"""

from __future__ import annotations

from typing import Any

from kspec_models.proxy import iptables
from kspec_models.proxy.iptables import Endpoint, ServicePort
from kspec_models.proxy.iptables_walk import Tables
from tests.conformance.interface import Given, Skip

TOPIC = "iptables-rules"

LOCAL = "NodePort externalTrafficPolicy=Local"
KINDS: dict[str, dict[str, Any]] = {
    "ClusterIP": {},
    "NodePort": {"node_port": 30000},
    "ClusterIP+ClientIP affinity": {"affinity": True},
    f"{LOCAL}, all endpoints local": {"node_port": 30000, "external_local": True},
    f"{LOCAL}, no endpoint local": {"node_port": 30000, "external_local": True},
}


def answer(given: Given) -> Any:
    """What the model says."""
    match given["op"]:
        case "count":
            found = iptables.counts(_tables(given["service"], given["services"], given["endpointsPerService"]))
            return {"nat": found.nat, "filter": found.filter, "natChains": found.nat_chains}
        case "formula":
            return _formula(given["service"])
        case "probability":
            return {"probability": iptables.probability(given["remaining"])}
        case "chain":
            tables = _tables(given["service"], given["services"], given["endpointsPerService"])
            return {"rulesByNatChain": iptables.rules_by_kind(tables)}
    raise Skip(f"op {given['op']}")


def _formula(kind: str) -> dict[str, Any]:
    def nat(services: int, endpoints: int) -> int:
        return iptables.counts(_tables(kind, services, endpoints)).nat

    base, one, two = nat(0, 1), nat(1, 1), nat(1, 2)
    each, fixed = two - one, 2 * one - two - base
    if nat(2, 3) != base + 2 * (fixed + each * 3):
        raise ValueError("the number of rules is not of this form")
    return {"natRules": f"{base} + S*({fixed} + {each}*E)", "natRulesWhenNoEndpoints": nat(1, 0)}


def _tables(kind: str, services: int, endpoints: int) -> Tables:
    options = KINDS[kind]
    local = kind.endswith("all endpoints local")
    return iptables.generate(
        ServicePort(
            f"ns/svc{s}:p80",
            f"172.30.{s // 250}.{s % 250 + 1}",
            80,
            tuple(Endpoint(f"10.{e}.{s // 250}.{s % 250 + 1}", 80, local) for e in range(endpoints)),
            **{**options, **({"node_port": options["node_port"] + s} if "node_port" in options else {})},
        )
        for s in range(services)
    )
