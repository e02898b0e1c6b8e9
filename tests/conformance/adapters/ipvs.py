"""Which real server of an ipvs virtual server gets the next connection."""

from __future__ import annotations

from typing import Any

from kspec_models.proxy import ipvs
from kspec_models.proxy.ipvs import Scheduler, Server
from tests.conformance.interface import Given

TOPIC = "ipvs"


def answer(given: Given) -> Any:
    """What the model says: the first buckets of a table, the choice from a bucket, or the choice of the scheduler."""
    scheduler = Scheduler(given["scheduler"])
    servers = tuple(Server(**server) for server in given["servers"])
    if "firstBuckets" in given:
        return {"buckets": [server.name for server in ipvs.bucket_table(scheduler, servers)[: given["firstBuckets"]]]}
    if "bucketServer" in given:
        chosen = ipvs.of_bucket(next((server for server in servers if server.name == given["bucketServer"]), None))
    else:
        chosen = ipvs.choose(scheduler, servers, given.get("last"))
    return {"choice": None if chosen is None else chosen.name}
