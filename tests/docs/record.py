"""The generated parts of the documents, tables and a picture: `./dev python -m tests.docs.record` writes them anew."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path

from kspec.kernel import settings
from kspec.kernel.registry import load
from kspec.prove import Theorem
from kspec_models.scopes.record import FILE as COUNTS
from tests.docs import components

DOCS = Path(__file__).parent.parent.parent / "docs"
PICTURE = DOCS / "images" / "rollout-deadlock.svg"
MANIFEST = DOCS.parent / "examples" / "rollout-deadlock.yaml"
SETTINGS = DOCS / "reference" / "settings.md"
SYSTEMS = DOCS / "reference" / "systems.md"
STORIES = DOCS / "stories"


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = [heads, ["---:" if head in ("distinct", "generated", "depth") else "---" for head in heads], *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines)


def settings_table() -> str:
    """Every declared setting of the installed specs."""
    load()
    rows = [(f"`{s.name}`", ", ".join(f"`{v}`" for v in s.values), s.doc) for s in settings.declared().values()]
    return table(("setting", "values", "what it does"), rows)


def systems_table() -> str:
    """Every installed system with its recorded counts, and the engines that ran it."""
    found = load()
    engines = {name: row["engines"] for name, row in json.loads(COUNTS.read_text(encoding="utf-8")).items()}
    rows = []
    for name, pinned in sorted(found.pinned.items()):
        entry = found.systems[name]
        counts = (
            "" if n is None else f"{n:,}" for n in (pinned.distinct_states, pinned.generated_states, pinned.depth)
        )
        violated = ", ".join(f"`{v}`" for v in pinned.violated)
        about = name.split(".")[0]
        theorems = sum(1 for t in found.theorems.values() if t.subject.name.split(".")[0] == about)
        proved = [f"z3 ({theorems} of `{about}`)"] if theorems else []
        ran = ", ".join([*engines[name], *proved])
        rows.append((f"`{name}`", "yes" if entry.quick else "", entry.doc, *counts, violated, ran))
    heads = ("system", "quick", "story", "distinct", "generated", "depth", "violated, as expected", "engines")
    return table(heads, rows)


def properties_table() -> str:
    """Every property that is offered: for every cluster that it can speak of, or for a part alone."""
    found = load()
    rows = [(f"`{p.name}`", p.kind.value, "every cluster", p.sentence) for p in found.properties.values()]
    about: dict[str, list[str]] = {}
    special = {p.name: p for _, properties in sorted(found.parts.items()) for p in properties}
    for part, properties in sorted(found.parts.items()):
        for p in properties:
            about.setdefault(p.name, []).append(f"`{part}`")
    rows += [(f"`{n}`", p.kind.value, ", ".join(about[n]), p.sentence) for n, p in sorted(special.items())]
    return table(("property", "kind", "of", "what it claims"), rows)


def theorems_table() -> str:
    """Every theorem and false neighbour."""
    theorems: list[Theorem] = list(load().theorems.values())
    rows = [
        (f"`{t.subject.name}`", f"`{t.name}`", t.sentence, "" if t.neighbour_of is None else "false neighbour")
        for t in theorems
    ]
    return table(("about", "theorem", "what it claims", ""), rows)


def components_table() -> str:
    """What each component models and what it was tried against."""
    heads = ("component", "package", "facts followed", "not modelled", "vectors passed", "engines")
    return table(heads, components.rows((DOCS / "conformance.md").read_text(encoding="utf-8")))


def run_of(system: str) -> str:
    """One run of a system, as the command prints it."""
    import kspec
    from kspec.report.text import text

    return f"```text\n$ ./dev kspec check {system} --show-run\n{text(kspec.run_of(system))}\n```"


def counterexample_of(system: str, prop: str) -> str:
    """How a system breaks a property, as the command prints it."""
    import kspec
    from kspec.report.text import text

    trace = kspec.check(system, properties=[prop]).property(prop).trace
    assert trace is not None, f"{system} does not break {prop}"
    return f"```text\n$ ./dev kspec check {system} --property {prop}\n{text(kspec.story(trace))}\n```"


RUNS = {
    "deployment.handoffs": "hand-offs",
    "deployment.rolling": "a-rollout",
    "deployment.rollback": "a-rollout",
    "node.fails": "a-node-fails",
    "node.cut_off": "a-node-fails",
    "service.rollout": "a-service-through-a-rollout",
    "hpa.scale": "scale-by-load",
    "drain.budget": "a-drain",
    "namespace.deleted": "a-namespace",
    "storage.claim": "a-claim",
    "storage.race": "a-claim",
    "storage.recreated": "a-claim",
}
"""Systems of which a page of `docs/stories` shows one run."""

COUNTEREXAMPLES = {
    ("deployment.stuck", "a_rollout_completes"): "a-rollout",
    ("drain.blocked", "a_drain_completes"): "a-drain",
    ("namespace.stuck", "a_namespace_goes_away"): "a-namespace",
    ("service.rollout", "no_packet_reaches_a_pod_that_has_ended"): "a-service-through-a-rollout",
}
"""Systems of which a page shows how they break a property."""

TABLES: dict[str, tuple[Path, Callable[[], str]]] = {
    "settings": (SETTINGS, settings_table),
    "components": (DOCS / "reference" / "components.md", components_table),
    "systems": (SYSTEMS, systems_table),
    "properties": (SYSTEMS, properties_table),
    "theorems": (SYSTEMS, theorems_table),
    **{f"run {s}": (STORIES / f"{page}.md", partial(run_of, s)) for s, page in RUNS.items()},
    **{
        f"{p} of {s}": (STORIES / f"{page}.md", partial(counterexample_of, s, p))
        for (s, p), page in COUNTEREXAMPLES.items()
    },
}
"""Each generated part: the document, and what makes it."""


def block(name: str) -> re.Pattern[str]:
    """Where a table stands in its document."""
    return re.compile(rf"(?<=<!-- {re.escape(name)}: begin -->\n).*?(?=<!-- {re.escape(name)}: end -->)", re.DOTALL)


def recorded(name: str) -> str:
    """A table as its document has it."""
    found = block(name).search(TABLES[name][0].read_text(encoding="utf-8"))
    assert found is not None, f"{TABLES[name][0]}: there is no place for the table {name}"
    return found[0]


def picture() -> str:
    """The picture of the README, as its command draws it."""
    import kspec
    from kspec.report.graph import svg

    (result,) = kspec.check_manifests([str(MANIFEST)], changes=["rollout"], properties=["a_rollout_completes"])
    trace = result.property("a_rollout_completes").trace
    assert trace is not None
    return svg(kspec.story(trace))


def write() -> None:
    """Write every table into its document, and the picture."""
    PICTURE.write_text(picture(), encoding="utf-8")
    for name, (path, make) in TABLES.items():
        text = path.read_text(encoding="utf-8")
        before, _, rest = text.partition(f"<!-- {name}: begin -->\n")
        after = rest[rest.index(f"<!-- {name}: end -->") :]
        path.write_text(f"{before}<!-- {name}: begin -->\n{make()}\n{after}", encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:] == ["--print"]:
        print(json.dumps({name: make() for name, (_, make) in TABLES.items()}))
    else:
        write()
