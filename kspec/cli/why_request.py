"""`kspec why request`: which link of the API server's chain decides one request, and by which rule."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

import kspec
from kspec.cli import documents, options
from kspec.cli.output import emit
from kspec.kernel import settings as declared_settings
from kspec.kernel.errors import UsageError
from kspec.kernel.registry import load
from kspec.kernel.result import Exit
from kspec.targets import pairs
from kspec.why import Explained, Link, Question, Said

SCHEMA = "kspec-why-request/1"

CASCADES = {"background": "Background", "foreground": "Foreground", "orphan": "Orphan"}
"""What `--cascade` takes, as kubectl does, and the propagation policy that it sends."""


@click.command("request", short_help="Which link decides a request to the API server, and by which rule.")
@click.argument("verb")
@click.argument("resource")
@click.argument("name", required=False, default="")
@click.option("--as", "user", metavar="USER", default="", help="Who asks (a name, or system:serviceaccount:NS:NAME).")
@click.option("--as-group", "groups", metavar="GROUP", multiple=True, help="A group of the user.")
@click.option("-n", "--namespace", metavar="NS", help="The namespace (default: the object's, else `default`).")
@click.option(
    "-f",
    "files",
    metavar="FILE|DIR|-",
    multiple=True,
    help="Manifests of what is stored; for a create, of what is sent too.",
)
@click.option("--body", metavar="FILE", default="", help="The manifest that is sent, if -f does not hold it.")
@click.option("--subresource", metavar="NAME", default="", help="Such as status, scale, binding, eviction, log.")
@click.option("--resource-name", metavar="NAME", default="", help="The object's name (the same as the argument NAME).")
@click.option("--cascade", type=click.Choice(list(CASCADES)), help="Of a deletion: what becomes of dependents.")
@click.option("--grace-period", type=click.IntRange(min=0), metavar="S", help="Of a deletion of a pod.")
@options.set_option
@options.json_option
def command(
    verb: str,
    resource: str,
    name: str,
    user: str,
    groups: tuple[str, ...],
    namespace: str | None,
    files: tuple[str, ...],
    body: str,
    subresource: str,
    resource_name: str,
    cascade: str | None,
    grace_period: int | None,
    settings: tuple[str, ...],
    json_file: str | None,
) -> int:
    """Which link decides a request to the API server, and by which rule.

    VERB is get, list, watch, create, update, patch, delete or another; RESOURCE a plural such as pods,
    deployments.apps, pods/log (a subresource) or pods/web (a name), or a path such as /healthz. What is not in the
    manifests is not there, but for the roles that every cluster has. Without --as the request shows no credentials.

    Exit code 0: the request is granted, or (AUTHORISED) the caller may and the rest of the chain was not asked; 1: it
    is refused.
    """
    if name and resource_name and name != resource_name:
        raise UsageError(f"{name} --resource-name {resource_name}: say the name once")
    deletion: list[tuple[str, object]] = []
    if cascade is not None:
        deletion.append(("propagation_policy", CASCADES[cascade]))
    if grace_period is not None:
        deletion.append(("grace_period_seconds", grace_period))
    if deletion and verb.lower() != "delete" and subresource != "eviction":
        raise UsageError(f"{verb}: --cascade and --grace-period are of a deletion")
    question = Question(
        verb.lower(),
        resource,
        name or resource_name,
        subresource,
        namespace,
        user,
        groups,
        files,
        body,
        tuple(sorted(deletion)),
    )
    explain = load().services.get("why request")
    if explain is None:
        raise UsageError("no installed spec explains requests")
    with declared_settings.applied(declared_settings.resolve(pairs(settings))):
        explained: Explained = explain(question)
    code = Exit.ESTABLISHED if explained.granted else Exit.VIOLATED
    if json_file is not None:
        write(explained.document(), code, SCHEMA, json_file)
    emit("\n".join(told(explained)), err=json_file == "-")
    return int(code)


def told(explained: Explained) -> list[str]:
    """The answer as lines of text."""
    lines = [explained.headline]
    for link in explained.links:
        lines += ["", *_link(link)]
    for title, items in (("assumptions", explained.assumptions), ("not modelled", explained.not_modelled)):
        if items:
            lines += ["", f"{title}:", *[f"  · {item}" for item in items]]
    return lines


def _link(link: Link) -> list[str]:
    if len(link.said) == 1 and link.said[0].who == link.name:
        return _alone(link, link.said[0])
    passed = {True: "passed", False: "refused", None: "not asked"}[link.passed]
    text = "" if link.text in ("", "not asked") else f": {link.text.removeprefix('not asked: ')}"
    lines = [f"{link.name}: {passed}{text}"]
    width = max((len(said.who) for said in link.said), default=0)
    word = max((len(said.word) for said in link.said), default=0)
    for said in link.said:
        lines += _said(said, width, word)
    return lines


def _alone(link: Link, said: Said) -> list[str]:
    text = ": ".join(part for part in (said.word, said.text) if part)
    return [f"{link.name}: {text}", *[f"  · {detail}" for detail in said.details]]


def _said(said: Said, width: int, word: int) -> Sequence[str]:
    first = f"  {said.who:{width}}  {said.word:{word}}  {said.text}".rstrip()
    return [first, *[f"  {'':{width}}  · {detail}" for detail in said.details]]


def write(document: dict[str, Any], code: Exit, schema: str, json_file: str) -> None:
    """Write an answer as JSON, to a file or to standard output. Raises UsageError."""
    command = documents.command_line()
    head = {"schema": schema, "kspec": kspec.__version__, "command": command, "exit": int(code)}
    documents.write({**head, **document}, json_file)
