"""How many rules kube-proxy writes for many services, and how many of them a packet meets: iptables beside ipvs.

    ./dev python -m benchmarks.proxy_rules [--services 2000] [--pods 10] [--picture docs/images/proxy-rules.svg]

Generates NodePort services with so many pods each, a quarter at a time, for both modes and prints two Markdown tables.
In iptables mode: rules in the nat and filter tables, nat chains, and the rules that the first packet of a connection
tries (the mean over the endpoints that chance may choose). In ipvs mode: iptables rules, ipset entries, virtual and
real servers, and what a packet meets: rules tried + hash lookups. The packets go to the first and the last service's
cluster IP, to the last one's node port, and to an address of no service.
"""

from __future__ import annotations

import time
from fractions import Fraction
from pathlib import Path

import attrs
import click

from benchmarks.line_chart import Series, line_chart
from kspec_models.proxy import ipvs_rules
from kspec_models.proxy.iptables import Counts, Endpoint, ServicePort, counts, generate
from kspec_models.proxy.iptables_walk import Outcome, Packet, Tables, walk
from kspec_models.proxy.ipvs_rules import IpvsNode, route

NODE, CLIENT, ELSEWHERE = "192.168.0.2", "10.255.0.1", "198.51.100.7"
NODE_PORTS = 30000
HERE = frozenset({NODE})


@attrs.frozen
class Measured:
    """So many services, in both modes. `tried` and `found`: what each of the packets meets."""

    services: int
    rules: Counts
    tried: tuple[float, ...]
    node: IpvsNode
    found: tuple[Outcome, ...]
    seconds: float


def service(number: int, pods: int) -> ServicePort:
    """A NodePort service of its own cluster IP, node port and pods."""
    high, low = divmod(number, 250)
    endpoints = tuple(
        Endpoint(f"10.{pod // 250}.{pod % 250}.1", 8080) for pod in range(number * pods, (number + 1) * pods)
    )
    return ServicePort(f"ns/svc{number}:p80", f"172.30.{high}.{low + 1}", 80, endpoints, node_port=NODE_PORTS + number)


def packets(services: list[ServicePort]) -> tuple[Packet, ...]:
    """To the first cluster IP, the last one, the last node port, no service."""
    first, last = services[0], services[-1]
    return (
        Packet(CLIENT, first.cluster_ip, 80),
        Packet(CLIENT, last.cluster_ip, 80),
        Packet(CLIENT, NODE, last.node_port),
        Packet(CLIENT, ELSEWHERE, 443),
    )


def tried(tables: Tables, packet: Packet) -> float:
    """How many rules a packet tries, as a mean."""
    return float(sum((each.probability * each.rules for each in walk(tables, packet)), Fraction()))


def measured(number: int, pods: int) -> Measured:
    """Both modes for so many services."""
    services = [service(i, pods) for i in range(number)]
    began = time.perf_counter()
    tables = generate(services, node_ips=HERE)
    node = ipvs_rules.generate(services, node_ips=HERE)
    seconds = time.perf_counter() - began
    sent = packets(services)
    means = tuple(tried(tables, packet) for packet in sent)
    return Measured(number, counts(tables), means, node, tuple(route(node, packet) for packet in sent), seconds)


def picture(runs: list[Measured], pods: int) -> str:
    """The growth of what a packet meets, as SVG."""
    series = [
        Series("iptables: last node port", tuple((run.services, run.tried[2]) for run in runs)),
        Series("iptables: last cluster IP", tuple((run.services, run.tried[1]) for run in runs)),
        Series("ipvs: any service", tuple((run.services, run.found[2].rules + run.found[2].lookups) for run in runs)),
    ]
    title = "What the first packet of a connection meets on a node"
    met = "rules tried (iptables); rules tried + hash lookups (ipvs)"
    return line_chart(title, f"NodePort services with {pods} pods each", met, series)


def iptables_table(runs: list[Measured]) -> str:
    """The rules of iptables mode, and how many a packet tries."""
    lines = [
        "| services | nat rules | filter rules | nat chains | first IP | last IP | last node port | none |",
        "|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for run in runs:
        means = " | ".join(f"{mean:,.1f}" for mean in run.tried)
        rules = f"{run.rules.nat:,} | {run.rules.filter} | {run.rules.nat_chains:,}"
        lines.append(f"| {run.services:,} | {rules} | {means} |")
    return "\n".join(lines)


def ipvs_table(runs: list[Measured]) -> str:
    """What there is in ipvs mode, and how much of it a packet meets."""
    lines = [
        "| services | iptables rules | ipset entries | virtual servers | real servers | any IP | node port | none |",
        "|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for run in runs:
        node = run.node
        held = f"{node.rules} | {node.entries:,} | {len(node.servers):,} | {node.real_servers:,}"
        met = " | ".join(f"{found.rules} + {found.lookups}" for found in run.found[1:])
        lines.append(f"| {run.services:,} | {held} | {met} |")
    return "\n".join(lines)


def all_measured(services: int, pods: int) -> list[Measured]:
    """One service, and each quarter of so many."""
    sizes = sorted({1, *(services * quarter // 4 for quarter in range(1, 5))} - {0})
    return [measured(size, pods) for size in sizes]


@click.command()
@click.option("--services", default=2000, help="How many services in the last line.")
@click.option("--pods", default=10, help="How many pods each service has.")
@click.option("--picture", "file", type=click.Path(path_type=Path), help="Where to write the chart (SVG).")
def main(services: int, pods: int, file: Path | None) -> None:
    """Print the tables, a line for each quarter of the services."""
    runs = all_measured(services, pods)
    click.echo(f"{iptables_table(runs)}\n\n{ipvs_table(runs)}\n")
    click.echo(f"generated in {sum(run.seconds for run in runs):.2f} s")
    if file is not None:
        file.write_text(picture(runs, pods))


if __name__ == "__main__":
    main()
