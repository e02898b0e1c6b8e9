"""A Service's rules share its packets out evenly, however many endpoints it has (P03).

The packets of a Service are taken as as many equal parts as it has endpoints, and its rules are tried one after
another: a rule that chooses one in k takes 1/k of the parts that arrive at it. What is watched is whether each rule so
far has taken exactly one part.
"""

from __future__ import annotations

import attrs

from kspec.prove import Natural, transition_system
from kspec_models.proxy import iptables


@attrs.frozen
class Walk:
    """So many rules were `tried`, and so many parts are `arriving` at the next; `even`: each has taken one part."""

    endpoints: Natural
    tried: Natural
    arriving: Natural
    even: bool


def _begin(endpoints: Natural) -> Walk:
    return Walk(endpoints, 0, endpoints, True)


def _tell(before: Walk, after: Walk) -> str:
    among = iptables.remaining(before.tried, before.endpoints)
    return f"rule {after.tried} of {before.endpoints} takes one in {among} of the {before.arriving} parts that arrive"


@transition_system("proxy.choice", initial=_begin, tell=_tell)
def a_rule_is_tried(now: Walk) -> Walk:
    """The packets that no rule has taken yet try the next one."""
    if now.tried >= now.endpoints:
        return now
    takes_one = iptables.remaining(now.tried, now.endpoints) == now.arriving
    return Walk(now.endpoints, now.tried + 1, now.arriving - 1 if now.arriving else 0, now.even and takes_one)


@a_rule_is_tried.inductive()
def every_endpoint_gets_an_equal_share(now: Walk) -> bool:
    """Each rule of a Service takes one part in as many as there are endpoints, and none is left, for any number."""
    return now.even and now.tried <= now.endpoints and now.arriving == now.endpoints - now.tried
