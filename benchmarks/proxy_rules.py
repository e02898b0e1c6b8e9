"""How many iptables rules kube-proxy writes for many services, and how many of them a packet has to try.

    ./dev python benchmarks/proxy_rules.py [--services 2000] [--pods 10]

Generates NodePort services with so many pods each, a quarter at a time, and prints a Markdown table: rules in the nat
and filter tables, nat chains, the seconds to generate them, and the rules that the first packet of a connection tries
(the mean over the endpoints that chance may choose) to the first and the last service's cluster IP, to the last one's
node port, and to an address of no service.
"""

from __future__ import annotations

import time
from fractions import Fraction

import click

from kspec_models.proxy.iptables import Endpoint, ServicePort, counts, generate
from kspec_models.proxy.iptables_walk import Packet, Tables, walk

NODE, CLIENT, ELSEWHERE = "192.168.0.2", "10.255.0.1", "198.51.100.7"
NODE_PORTS = 30000


def service(number: int, pods: int) -> ServicePort:
    """A NodePort service of its own cluster IP, node port and pods."""
    high, low = divmod(number, 250)
    endpoints = tuple(
        Endpoint(f"10.{pod // 250}.{pod % 250}.1", 8080) for pod in range(number * pods, (number + 1) * pods)
    )
    return ServicePort(f"ns/svc{number}:p80", f"172.30.{high}.{low + 1}", 80, endpoints, node_port=NODE_PORTS + number)


def tried(tables: Tables, packet: Packet) -> Fraction:
    """How many rules a packet tries, as a mean."""
    return sum((each.probability * each.rules for each in walk(tables, packet)), Fraction())


@click.command()
@click.option("--services", default=2000, help="How many services in the last line.")
@click.option("--pods", default=10, help="How many pods each service has.")
def main(services: int, pods: int) -> None:
    """Print the table, a line for each quarter of the services."""
    print("| services | nat rules | filter rules | nat chains | seconds | first IP | last IP | last node port | none |")
    print("|---:|---:|---:|---:|---:|---:|---:|---:|---:|")
    for size in sorted({1, *(services * quarter // 4 for quarter in range(1, 5))} - {0}):
        wanted = [service(number, pods) for number in range(size)]
        began = time.perf_counter()
        tables = generate(wanted, node_ips=frozenset({NODE}))
        took = time.perf_counter() - began
        packets = (
            Packet(CLIENT, wanted[0].cluster_ip, 80),
            Packet(CLIENT, wanted[-1].cluster_ip, 80),
            Packet(CLIENT, NODE, wanted[-1].node_port),
            Packet(CLIENT, ELSEWHERE, 443),
        )
        found = counts(tables)
        means = " | ".join(f"{float(tried(tables, packet)):.1f}" for packet in packets)
        print(f"| {size} | {found.nat} | {found.filter} | {found.nat_chains} | {took:.2f} | {means} |")


if __name__ == "__main__":
    main()
