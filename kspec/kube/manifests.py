"""Manifests in: files of Kubernetes objects become typed, defaulted and validated entries, or one UsageError.

The pipeline of one object: text → documents with lines (`yaml`) → its kind (`schema`) → strict decoding (`schema`) →
defaults (`defaults`) → validation (`validation`) → typed object (`typed`) and the fields that no model reads
(`field_use`). Fields that only a server sets (status, uid, resourceVersion...) are accepted and not used, so that what
`kubectl get -o yaml` prints can be read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs

from kspec.kernel.errors import UsageError
from kspec.kube import defaults, field_use, schema, validation, yaml
from kspec.kube.located import Path, Problem, YamlList, YamlMap, line_of, shown, without_nulls
from kspec.kube.scheduling import PreemptionPolicy, PriorityClass
from kspec.kube.sources import Source, read_sources
from kspec.kube.typed import PREEMPTS, SYSTEM_PRIORITIES, Classes, Typed, typed

MAX_PROBLEMS = 50
"""How many problems one message lists."""

_API_VERSION = re.compile(r"([A-Za-z0-9]([-.A-Za-z0-9]*[A-Za-z0-9])?/)?[a-z0-9]([-a-z0-9]*[a-z0-9])?")

DEFAULT_NAMESPACE = "default"


@attrs.frozen
class Entry:
    """One object of the manifests.

    `object`: the typed object; None for a kind that no model reads. `mapping`: what was written, as plain data.
    `namespace`: "" for kinds without one. `known`: Kubernetes serves this kind (else it is a custom resource).
    `passive`: no controller acts on this kind. `node_name`: spec.nodeName of a Pod, "" if it has none.
    `readiness_probe`: some container of the pod, or of the template, has one.
    """

    api_version: str
    kind: str
    namespace: str
    name: str
    object: Typed | None
    mapping: Mapping[str, Any] = attrs.field(eq=False, repr=False)
    file: str
    line: int
    known: bool
    passive: bool
    node_name: str = ""
    readiness_probe: bool = False

    @property
    def title(self) -> str:
        """How messages call it: `Deployment web`, `Deployment shop/web` outside the default namespace."""
        return f"{self.kind} {_qualified(self.namespace, self.name)}"

    @property
    def where(self) -> str:
        """`file:line`."""
        return f"{self.file}:{self.line}"


@attrs.frozen
class Manifests:
    """All objects in the order in which they were given, and what of them no model reads, a sentence each.

    `not_modelled`: fields that could change what a cluster does. `no_effect`: fields that change nothing in the control
    plane.
    """

    objects: tuple[Entry, ...]
    not_modelled: tuple[str, ...] = ()
    no_effect: tuple[str, ...] = ()


@attrs.frozen
class _Item:
    """An object before it is typed: decoded, and with a server's defaults if its kind is modelled."""

    entry: Entry
    defaulted: Mapping[str, Any]

    @property
    def identity(self) -> tuple[str, str, str, str]:
        group = self.entry.api_version.rpartition("/")[0]
        return group, self.entry.kind, self.entry.namespace, self.entry.name


@attrs.frozen
class _Wrong:
    """A problem in a file."""

    line: int
    message: str


def read_manifests(paths: Sequence[str]) -> Manifests:
    """Read files, folders (recursively) and `-` (standard input).

    Raises UsageError: one line for each problem, `file:line: object: field: what is wrong and what to do`.
    """
    if not paths:
        raise UsageError("no manifest is given: name a file, a folder, or - for standard input")
    items: list[_Item] = []
    problems: list[str] = []
    for source in read_sources(paths):
        if isinstance(source, UsageError):
            problems.append(str(source))
            continue
        found = list(_items_of(source))
        items += [item for item in found if isinstance(item, _Item)]
        wrong = sorted([item for item in found if isinstance(item, _Wrong)], key=lambda item: item.line)
        problems += [f"{source.name}:{item.line}: {item.message}" for item in wrong]
        if source.asked_for and not found:
            problems.append(f"{source.name}: no objects: it is empty, or has only comments or an empty List")
    problems += _given_twice(items)
    if not items and not problems:
        problems.append(f"{', '.join(paths)}: no objects in any of the files")
    if problems:
        raise UsageError(_report(problems))
    return _manifests(items)


def _report(problems: list[str]) -> str:
    shown_lines = [_on_one_line(problem) for problem in problems[:MAX_PROBLEMS]]
    if len(problems) > MAX_PROBLEMS:
        shown_lines.append(f"... and {len(problems) - MAX_PROBLEMS} more problems")
    return "\n".join(shown_lines)


def _on_one_line(text: str) -> str:
    """A message without characters that a terminal would obey: what was written in a manifest may hold any."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def _given_twice(items: Sequence[_Item]) -> Iterator[str]:
    first: dict[tuple[str, str, str, str], Entry] = {}
    for item in items:
        other = first.setdefault(item.identity, item.entry)
        if other is not item.entry:
            yield f"{item.entry.where}: {item.entry.title} is given twice, first at {other.where}: keep one of them"


def _items_of(source: Source) -> Iterator[_Item | _Wrong]:
    """The objects of one text and its problems."""
    documents, faults = yaml.read_documents(source.text)
    for fault in faults:
        yield _Wrong(fault.line, fault.message)
    for document in documents:
        if not isinstance(document.value, YamlMap):
            what = "a list" if isinstance(document.value, YamlList) else f"the value {shown(document.value)}"
            hint = "; several objects go into documents separated by `---`, or into a List"
            yield _Wrong(document.line, f"a document must be one object, not {what}{hint}")
            continue
        for value, line, inherited in _flattened(document.value, document.line, ("", "")):
            if isinstance(value, YamlMap):
                yield from _item(source.name, value, line, inherited)
            else:
                yield _Wrong(line, f"an item of a List must be an object, not {shown(value)}")


_Flat = tuple[Any, int, tuple[str, str]]


def _flattened(value: Any, line: int, inherited: tuple[str, str]) -> Iterator[_Flat]:
    """The objects of a value: lists (`List`, `PodList`) are opened, and give their items a kind if these have none."""
    kind = value.get("kind") if isinstance(value, YamlMap) else None
    items = value.get("items") if isinstance(value, YamlMap) else None
    if not (isinstance(kind, str) and kind.endswith("List") and isinstance(items, YamlList)):
        yield value, line, inherited
        return
    of_items = (str(value.get("apiVersion", "")), kind.removesuffix("List")) if kind != "List" else ("", "")
    for position, item in enumerate(items):
        yield from _flattened(item, items.lines[position], of_items)


def _item(file: str, written: YamlMap, line: int, inherited: tuple[str, str]) -> Iterator[_Item | _Wrong]:
    """One object, or its problems."""
    api_version, kind = written.get("apiVersion") or inherited[0], written.get("kind") or inherited[1]
    wrong = _no_kind(api_version, kind)
    if wrong is not None:
        yield _Wrong(line_of(written, wrong.path, line), str(wrong))
        return
    found = schema.find_kind(api_version, kind)
    if isinstance(found, str):
        yield _Wrong(line_of(written, ("kind",), line), found)
        return
    broken, defaulted = _checked(api_version, kind, found, written)
    name, namespace = _text(written, ("metadata", "name")), _text(written, ("metadata", "namespace"))
    title = f"{kind} {_qualified(namespace, name)}" if name else kind
    for problem in broken:
        yield _Wrong(line_of(written, problem.path, line), f"{title}: {problem}")
    if not broken:
        yield _Item(_entry(api_version, kind, found, written, file, line), defaulted)


def _no_kind(api_version: Any, kind: Any) -> Problem | None:
    """Why an object has no usable apiVersion and kind."""
    for field, value in (("apiVersion", api_version), ("kind", kind)):
        if value and not isinstance(value, str):
            return Problem((field,), f"must be text, not {shown(value)}")
    if not api_version and not kind:
        return Problem((), "this is no Kubernetes object: it has neither apiVersion nor kind")
    if not kind:
        return Problem((), f"kind is missing beside apiVersion: {api_version}")
    if not api_version:
        versions = schema.api_versions(kind)
        hint = f": write `apiVersion: {' or '.join(versions)}`" if versions else ""
        return Problem((), f"apiVersion is missing in this {kind}{hint}")
    if not _API_VERSION.fullmatch(api_version):
        return Problem(("apiVersion",), f"{shown(api_version)} must be GROUP/VERSION, such as apps/v1, or v1")
    if kind == "List":
        return Problem((), "this List has no items: they are a list under the key `items`")
    return None


def _checked(
    api_version: str, kind: str, found: schema.Kind | None, written: YamlMap
) -> tuple[Sequence[Problem], Mapping[str, Any]]:
    """What the API server would refuse, and the object with its defaults."""
    if found is not None and found.record is not None:
        broken = schema.decoding_problems(found.record, written)
    else:
        broken = schema.metadata_problems(written)
    if broken:
        return broken, {}
    plain: dict[str, Any] = without_nulls(written)
    if (api_version, kind) in schema.MODELLED:
        defaults.set_defaults(kind, plain)
    return validation.problems(api_version, kind, plain), plain


def _text(mapping: Mapping[str, Any], path: Path) -> str:
    value: Any = mapping
    for part in path:
        value = value.get(part) if isinstance(value, Mapping) else None
    return value if isinstance(value, str) else ""


def _qualified(namespace: str, name: str) -> str:
    return name if namespace in ("", DEFAULT_NAMESPACE) else f"{namespace}/{name}"


def _entry(api_version: str, kind: str, found: schema.Kind | None, written: YamlMap, file: str, line: int) -> Entry:
    namespace = _text(written, ("metadata", "namespace"))
    if found is not None:
        namespace = (namespace or DEFAULT_NAMESPACE) if found.namespaced else ""
    return Entry(
        api_version=api_version,
        kind=kind,
        namespace=namespace,
        name=_text(written, ("metadata", "name")),
        object=None,
        mapping=written,
        file=file,
        line=line,
        known=found is not None,
        passive=(api_version, kind) in schema.PASSIVE,
    )


def _manifests(items: Sequence[_Item]) -> Manifests:
    classes = _classes(items)
    objects: list[Entry] = []
    not_modelled: list[str] = []
    no_effect: list[str] = []
    for item in items:
        entry = item.entry
        if (entry.api_version, entry.kind) in schema.MODELLED:
            for path, use in field_use.unread(entry.kind, entry.mapping, classes):
                if use is field_use.Use.NO_EFFECT:
                    no_effect.append(f"{entry.title}: {path} changes nothing in the control plane")
                else:
                    not_modelled.append(f"{entry.title}: {path} is not modelled")
            entry = _with_object(item, classes)
        objects.append(entry)
    return Manifests(tuple(objects), tuple(not_modelled), tuple(no_effect))


def _with_object(item: _Item, classes: Classes) -> Entry:
    entry, spec = item.entry, item.defaulted.get("spec", {})
    pod = spec.get("template", {}).get("spec", {}) if entry.kind != "Pod" else spec
    return attrs.evolve(
        entry,
        object=typed(entry.kind, item.defaulted, entry.namespace, classes),
        node_name=pod.get("nodeName", "") if entry.kind == "Pod" else "",
        readiness_probe=any("readinessProbe" in container for container in pod.get("containers", [])),
    )


def _classes(items: Sequence[_Item]) -> Classes:
    """Each priority class; "" stands for the one with globalDefault."""
    found = dict(SYSTEM_PRIORITIES)
    for item in items:
        if (item.entry.api_version, item.entry.kind) == ("scheduling.k8s.io/v1", "PriorityClass"):
            policy = PreemptionPolicy(item.defaulted.get("preemptionPolicy") or PREEMPTS.value)
            default = bool(item.defaulted.get("globalDefault"))
            each = PriorityClass(item.entry.name, item.defaulted.get("value", 0), default, policy)
            found[each.name] = each
            if default:
                found[""] = each
    return found
