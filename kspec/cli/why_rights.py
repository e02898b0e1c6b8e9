"""`kspec why rights`: what a caller may ask of the API server, and by which binding."""

from __future__ import annotations

import click

from kspec.cli import options
from kspec.cli.output import columns, emit
from kspec.cli.why_request import write
from kspec.kernel import settings as declared_settings
from kspec.kernel.errors import UsageError
from kspec.kernel.registry import load
from kspec.kernel.result import Exit
from kspec.targets import pairs
from kspec.why import Question, Right, Rights

SCHEMA = "kspec-why-rights/1"


@click.command("rights", short_help="What a caller may ask of the API server, and by which binding.")
@click.option("--as", "user", metavar="USER", default="", help="Who (a name, or system:serviceaccount:NS:NAME).")
@click.option("--as-group", "groups", metavar="GROUP", multiple=True, help="A group of the user.")
@click.option("-n", "--namespace", metavar="NS", default="default", show_default=True, help="In which namespace.")
@click.option("-f", "files", metavar="FILE|DIR|-", multiple=True, help="Manifests of roles and bindings.")
@options.set_option
@options.json_option
def command(
    user: str,
    groups: tuple[str, ...],
    namespace: str,
    files: tuple[str, ...],
    settings: tuple[str, ...],
    json_file: str | None,
) -> int:
    """What a caller may ask of the API server, and by which binding.

    As `kubectl auth can-i --list` lists it, with the binding and the role of each rule. The roles that every cluster
    has are known.
    """
    find = load().services.get("why rights")
    if find is None:
        raise UsageError("no installed spec tells what a caller may do")
    question = Question("list", "", namespace=namespace, user=user, groups=groups, files=files)
    with declared_settings.applied(declared_settings.resolve(pairs(settings))):
        found: Rights = find(question)
    if json_file is not None:
        write(found.document(), Exit.ESTABLISHED, SCHEMA, json_file)
    emit(told(found), err=json_file == "-")
    return int(Exit.ESTABLISHED)


def told(found: Rights) -> str:
    """The rights as a table."""
    title = f"{found.user} in namespace {found.namespace}, with the groups {', '.join(found.groups)}"
    remarks = [f"  · {each}" for each in (*found.dangling, found.note) if each]
    if not found.rights:
        return "\n".join([f"{title}: may nothing", *remarks])
    rows = [_row(right) for right in found.rights]
    lines = [f"{title}:", columns(("resources or paths", "names", "verbs", "by"), rows)]
    return "\n".join([*lines, *remarks])


def _row(right: Right) -> tuple[str, str, str, str]:
    where = f" ({right.where})" if right.where else ""
    on = ", ".join((*right.resources, *right.paths))
    return on, ", ".join(right.names), ", ".join(right.verbs), right.by + where
