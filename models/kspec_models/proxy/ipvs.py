"""Which real server of an ipvs virtual server gets the next connection, as the Linux kernel's schedulers choose.

Upstream: torvalds/linux net/netfilter/ipvs/ip_vs_{rr,lc,dh,sh,sed,nq}.c; the order of the list: ip_vs_ctl.c
__ip_vs_update_dest; ip_vs_dest_conn_overhead: include/net/ip_vs.h. kube-proxy's part: pkg/proxy/ipvs/proxier.go and
graceful_termination.go. kube-proxy makes one virtual server per service IP and port and one real server of weight 1
per endpoint (P12); the servers here are in the order of the kernel's list, the newest first (P13).

Simplified: a choice is one step, as under the kernel's lock; counters do not overflow; the hash is that of kernels
whose ip_vs_sh_hashkey uses hash_32 (older ones multiply by 2654435761 and keep the low bits). Not modelled: the
schedulers wrr, wlc, lblc, lblcr, ovf, fo, mh; persistence (P17), which goes before any scheduler; the size of the
bucket table as the kernel's build sets it (256 unless told).
"""

from __future__ import annotations

import enum
from collections.abc import Sequence

import attrs

TABLE_BITS = 8
TABLE_SIZE = 1 << TABLE_BITS
"""IP_VS_SH_TAB_SIZE and IP_VS_DH_TAB_SIZE."""

GOLDEN_RATIO_32 = 0x61C88647
"""The factor of the kernel's hash_32 (include/linux/hash.h)."""


class Scheduler(enum.Enum):
    """How a virtual server chooses. kube-proxy's default is rr (P12)."""

    ROUND_ROBIN = "rr"
    LEAST_CONNECTION = "lc"
    DESTINATION_HASHING = "dh"
    SOURCE_HASHING = "sh"
    SHORTEST_EXPECTED_DELAY = "sed"
    NEVER_QUEUE = "nq"


class Protocol(enum.Enum):
    """The protocol of a virtual server."""

    TCP = "TCP"
    UDP = "UDP"
    SCTP = "SCTP"


@attrs.frozen
class Server:
    """A real server (destination): `active` and `inactive` are its connections, `overloaded` is above its limit."""

    name: str
    weight: int = 1
    active: int = 0
    inactive: int = 0
    overloaded: bool = False


def is_available(weight: int, overloaded: bool) -> bool:
    """Whether a server may get a connection at all: a server of weight 0 is drained (P13, is_unavailable)."""
    return weight > 0 and not overloaded


def connection_overhead(active: int, inactive: int) -> int:
    """What lc compares: 256 for each active connection, 1 for each other (P14, ip_vs_dest_conn_overhead).

    The comment in ip_vs_lc.c speaks of active<<5; the code shifts by 8.
    """
    return active * 256 + inactive


def is_less_delayed(active: int, weight: int, least_active: int, least_weight: int) -> bool:
    """Whether (active+1)/weight is less than that of the least so far (P13, ip_vs_sed_schedule).

    Compared crosswise, as the kernel does: no division, so nothing is rounded.
    """
    return (least_active + 1) * weight > (active + 1) * least_weight


def available(servers: Sequence[Server]) -> tuple[Server, ...]:
    """Those that may get a connection, in the order of the list."""
    return tuple(server for server in servers if is_available(server.weight, server.overloaded))


def added(servers: Sequence[Server], server: Server) -> tuple[Server, ...]:
    """The list with one more server: the kernel puts it at the head (P13, __ip_vs_update_dest)."""
    return (server, *servers)


def may_remove(protocol: Protocol, active: int, inactive: int) -> bool:
    """Whether kube-proxy deletes the server of a gone endpoint now (P16, graceful_termination.go deleteRsFunc).

    A TCP server stays, with weight 0, while it has connections; kube-proxy looks again each minute.
    """
    return protocol is not Protocol.TCP or active + inactive == 0


def round_robin(servers: Sequence[Server], last: str | None) -> Server | None:
    """rr: the next available one after `last`, the server chosen before (P13, ip_vs_rr_schedule).

    None: none was chosen yet, the walk starts at the head. Else it goes once around and may end at `last` itself.
    Raises ValueError if `last` is no server of the list; see `last_after_removal`.
    """
    start = 0 if last is None else [server.name for server in servers].index(last) + 1
    return next(iter(available((*servers[start:], *servers[:start]))), None)


def last_after_removal(servers: Sequence[Server], last: str | None, removed: str) -> str | None:
    """rr's memory when a server goes: if it was the last chosen, the one before it in the list (ip_vs_rr_del_dest).

    `servers` is the list with the removed one; None is the head of the list.
    """
    if last != removed:
        return last
    place = [server.name for server in servers].index(removed)
    return servers[place - 1].name if place > 0 else None


def least_connection(servers: Sequence[Server]) -> Server | None:
    """lc: the least overhead, the first of equals; weights count only as 0 or not (P13, ip_vs_lc_schedule)."""
    candidates = available(servers)
    return min(candidates, key=lambda server: connection_overhead(server.active, server.inactive), default=None)


def shortest_expected_delay(servers: Sequence[Server]) -> Server | None:
    """sed: the least (active+1)/weight, the first of equals (P13, ip_vs_sed_schedule)."""
    least: Server | None = None
    for server in available(servers):
        if least is None or is_less_delayed(server.active, server.weight, least.active, least.weight):
            least = server
    return least


def never_queue(servers: Sequence[Server]) -> Server | None:
    """nq: the first idle one, whatever its weight; if none is idle as sed (P13, ip_vs_nq_schedule).

    Idle is: no active connection; inactive ones do not count.
    """
    idle = (server for server in available(servers) if server.active == 0)
    return next(idle, None) or shortest_expected_delay(servers)


def bucket_table(scheduler: Scheduler, servers: Sequence[Server]) -> tuple[Server, ...]:
    """The table of dh or sh: filled around the list, for sh with each server as often as its weight (P13).

    A server of weight 0 or an overloaded one has buckets too: a weight of 0 counts as 1. Empty if there is no
    server. ip_vs_dh_reassign, ip_vs_sh_reassign.
    """
    weighted = scheduler is Scheduler.SOURCE_HASHING
    turn = [server for server in servers for _ in range(max(1, server.weight) if weighted else 1)]
    return tuple(turn[i % len(turn)] for i in range(TABLE_SIZE)) if turn else ()


def hash_32(value: int) -> int:
    """The bucket of a 32-bit number: the top bits of a product modulo 2^32 (include/linux/hash.h hash_32)."""
    return value * GOLDEN_RATIO_32 % 2**32 >> (32 - TABLE_BITS)


def bucket_of(address: int, port: int = 0, offset: int = 0) -> int:
    """The bucket of an address (sh: the source's, dh: the destination's; ip_vs_sh_hashkey, ip_vs_dh_hashkey).

    An IPv6 address is folded to its four words' exclusive or by the caller. `port`: 0 unless sh has the flag sh-port.
    """
    return (offset + hash_32((address + port) % 2**32)) % TABLE_SIZE


def of_bucket(server: Server | None) -> Server | None:
    """dh and sh: the bucket's server, and none in its stead if it is unavailable (P13, ip_vs_sh_get)."""
    if server is None or not is_available(server.weight, server.overloaded):
        return None
    return server


def hashed(table: Sequence[Server], address: int, port: int = 0, fallback: bool = False) -> Server | None:
    """dh and sh: the server for an address (P13, ip_vs_dh_get, ip_vs_sh_get, ip_vs_sh_get_fallback).

    `fallback` is sh's flag of that name: from an unavailable server it walks on around the table. The walk adds the
    bucket to the offset and the hash once more, so it starts at twice the bucket. A service's packets all have the
    same destination, so dh gives them all to one server (P15).
    """
    if not table:
        return None
    bucket = bucket_of(address, port)
    found = of_bucket(table[bucket])
    if found is not None or not fallback:
        return found
    walk = (table[bucket_of(address, port, (bucket + step) % TABLE_SIZE)] for step in range(TABLE_SIZE))
    return next((server for server in walk if is_available(server.weight, server.overloaded)), None)


def choose(scheduler: Scheduler, servers: Sequence[Server], last: str | None = None, address: int = 0) -> Server | None:
    """The server of the next connection; None: it fails. `last` is for rr, `address` for dh and sh."""
    if scheduler is Scheduler.ROUND_ROBIN:
        return round_robin(servers, last)
    if scheduler is Scheduler.LEAST_CONNECTION:
        return least_connection(servers)
    if scheduler is Scheduler.SHORTEST_EXPECTED_DELAY:
        return shortest_expected_delay(servers)
    if scheduler is Scheduler.NEVER_QUEUE:
        return never_queue(servers)
    return hashed(bucket_table(scheduler, servers), address)
