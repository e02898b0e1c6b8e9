"""`kspec why pod`: why a pod waits, or why it is on its node: nodes by filters, scores by plugins, preemption."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

import kspec
from kspec.cli import documents, options
from kspec.cli.output import columns, emit
from kspec.kernel import settings as declared_settings
from kspec.kernel.errors import UsageError
from kspec.kernel.registry import load
from kspec.kernel.result import Exit
from kspec.targets import pairs

MOST_COLUMNS = 8
"""More nodes than these are not set side by side: those of which the same is said share a row."""

Data = Mapping[str, Any]


@click.command("pod", short_help="Why a pod waits for a node, or why it is on the one it has.")
@click.argument("name", required=False)
@click.option("-f", "files", metavar="FILE|DIR|-", multiple=True, help="The manifests that are applied.")
@click.option("--nodes", type=options.POSITIVE, metavar="N", help="So many equal nodes with ample room.")
@options.set_option
@options.json_option
def command(
    name: str | None, files: tuple[str, ...], nodes: int | None, settings: tuple[str, ...], json_file: str | None
) -> int:
    """Why a pod waits for a node, or why it is on the one it has.

    The manifests are applied to an empty cluster, which runs until all is quiet. NAME is a pod (`web`, or as the answer
    calls those with generated names), or a workload for all of its pods; without it, every pod that waits. Nodes are
    those of the manifests, or --nodes, or three with ample room.

    Exit code 0: every pod that was asked about has a node; 1: one waits.
    """
    if not files:
        raise UsageError("kspec why pod: give the manifests with -f FILE")
    explain = load().services.get("why pod")
    if explain is None:
        raise UsageError("no installed spec explains pods")
    answer: dict[str, Any] = explain(files, name=name, nodes=nodes, settings=declared_settings.resolve(pairs(settings)))
    code = Exit.VIOLATED if any(pod["waits"] for pod in answer["pods"]) else Exit.ESTABLISHED
    if json_file is not None:
        _write(answer, code, json_file)
    emit("\n".join(told(answer)), err=json_file == "-")
    return int(code)


def told(answer: Data) -> list[str]:
    """The answer as lines of text."""
    pods = answer["pods"]
    if not pods:
        return [f"no pod waits for a node: all {answer['others']} have one"]
    lines: list[str] = []
    for pod in pods:
        lines += [*([""] if lines else []), *_pod(pod)]
    if answer["others"]:
        also = "pod is" if answer["others"] == 1 else "pods are"
        lines += ["", f"{answer['others']} more {also} there: name one to have it explained"]
    if answer["not_modelled"]:
        lines += ["", "not modelled:", *[f"  · {line}" for line in answer["not_modelled"]]]
    return lines


def _pod(pod: Data) -> list[str]:
    whose = f" ({', '.join(pod['owners'])})" if pod["owners"] else ""
    title = f"Pod {pod['name'] if pod['namespace'] == 'default' else pod['namespace'] + '/' + pod['name']}{whose}"
    if pod["why"]:
        where = f"on {pod['node']}" if pod["node"] else pod["phase"]
        return [f"{title}: {where}", f"  {pod['why']}"]
    fitting = [each["node"] for each in pod["filters"] if not each["plugin"]]
    if pod["waits"] and not fitting:
        lines = [
            f"{title}: waits, no node takes it",
            "",
            f"  Warning  FailedScheduling  {pod['scheduler']}  {pod['event']}",
        ]
    elif pod["waits"]:
        lines = [f"{title}: waits, although a node fits"]
    else:
        lines = [f"{title}: on {pod['node']}", "", f"  {_why_there(pod, fitting)}"]
    if pod["evicted"]:
        gone = ", ".join(f"{victim['name']} (priority {victim['priority']})" for victim in pod["evicted"])
        lines.append(f"  For it (priority {pod['priority']}) were evicted: {gone}.")
    lines += ["", *_filters(pod["filters"])]
    if pod["scores"]:
        lines += ["", *_scores(pod["scores"])]
    if pod["preemption"] is not None:
        lines += ["", *_preemption(pod["preemption"], pod["priority"])]
    return lines


def _why_there(pod: Data, fitting: Sequence[str]) -> str:
    if len(fitting) == 1:
        return f"One node fitted, {fitting[0]}: nothing had to be scored."
    best = pod["chosen"]
    if len(best) == 1:
        return f"{len(fitting)} nodes fitted, and {best[0]} had the highest score."
    return f"{len(fitting)} nodes fitted, and {', '.join(best)} had the same highest score: any of them may be taken."


def _filters(nodes: Sequence[Data]) -> list[str]:
    if len(nodes) > MOST_COLUMNS:
        return _by_reason(nodes)
    plugins = list(nodes[0]["by_plugin"]) if nodes else []
    idle = [p for p in plugins if all(n["by_plugin"][p] in ("skipped", "not run") for n in nodes)]
    rows = [[p, *[n["by_plugin"][p] for n in nodes]] for p in plugins if p not in idle]
    lines = columns(("filter", *[n["node"] for n in nodes]), rows).split("\n") if rows else []
    skipped = [p for p in idle if any(n["by_plugin"][p] == "skipped" for n in nodes)]
    if skipped:
        lines += ["", f"  nothing to do for this pod: {', '.join(skipped)}"]
    rejections = [f"  {n['node']}: {n['plugin']}: {', '.join(n['reasons'])}" for n in nodes if n["plugin"]]
    return [*lines, "", *rejections] if rejections else lines


def _by_reason(nodes: Sequence[Data]) -> list[str]:
    """Many nodes: those of which the same filter says the same share a row."""
    groups: dict[tuple[str, str], list[str]] = {}
    for node in nodes:
        groups.setdefault((node["plugin"] or "none", ", ".join(node["reasons"])), []).append(node["node"])
    rows = [[plugin, str(len(names)), _some(names), reason] for (plugin, reason), names in groups.items()]
    return columns(("rejected by", "nodes", "", "reason"), rows).split("\n")


def _some(names: Sequence[str]) -> str:
    return ", ".join(names) if len(names) <= 3 else f"{names[0]} … {names[-1]}"


def _scores(nodes: Sequence[Data]) -> list[str]:
    """The scores, a row for each plugin: score × weight."""
    shown = sorted(nodes, key=lambda n: (-n["total"], n["node"]))[:MOST_COLUMNS]
    plugins = nodes[0]["by_plugin"]
    rows = [
        [
            f"{plugin} × {plugins[plugin]['weight']}",
            *[f"{n['by_plugin'][plugin]['score']} → {_weighted(n['by_plugin'][plugin])}" for n in shown],
        ]
        for plugin in plugins
    ]
    rows.append(["total", *[str(n["total"]) for n in shown]])
    lines = columns(("score × weight", *[n["node"] for n in shown]), rows).split("\n")
    left = len(nodes) - len(shown)
    return [*lines, f"  {left} more nodes score less or the same"] if left > 0 else lines


def _weighted(each: Data) -> int:
    return int(each["score"] * each["weight"])


def _preemption(preemption: Data, priority: int) -> list[str]:
    if not preemption["candidates"]:
        return [f"  preemption: nothing would be evicted for it (its priority is {priority})"]
    asked = any(each["budgets_broken"] for each in preemption["candidates"])
    rows = [
        [
            each["node"],
            ", ".join(f"{victim['name']} (priority {victim['priority']})" for victim in each["victims"]),
            *([str(each["budgets_broken"])] if asked else []),
            "yes" if each["node"] in preemption["best"] else "no",
        ]
        for each in preemption["candidates"]
    ]
    title = f"  preemption for its priority {priority}: who would have to go, from the node that is chosen"
    heads = ("node", "victims", *(("budgets broken",) if asked else ()), "chosen")
    return [title, *columns(heads, rows).split("\n")]


def _write(answer: Data, code: Exit, json_file: str) -> None:
    head = {"kspec": kspec.__version__, "command": documents.command_line(), "exit": int(code)}
    documents.write({**answer, **head}, json_file)
