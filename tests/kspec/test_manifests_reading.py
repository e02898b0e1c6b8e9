"""Files, folders and standard input in; entries, or one message with everything that is wrong, out."""

from __future__ import annotations

import errno
import io
import json
import os
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from kspec.kernel.errors import UsageError
from kspec.kube.manifests import MAX_PROBLEMS, Manifests, read_manifests
from kspec.kube.objects import Deployment, Node
from kspec.kube.sources import MAX_FILE

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: c, image: "nginx:1"}]
"""
CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {a: b}\n"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def read(text: str | bytes, name: str = "a.yaml") -> Manifests:
    Path(name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_manifests([name])


def refused(text: str | bytes, name: str = "a.yaml") -> list[str]:
    with pytest.raises(UsageError) as error:
        read(text, name)
    return str(error.value).split("\n")


def refusal(*paths: str) -> list[str]:
    with pytest.raises(UsageError) as error:
        read_manifests(paths)
    return str(error.value).split("\n")


def titles(manifests: Manifests) -> list[str]:
    return [entry.title for entry in manifests.objects]


# What is read.


def test_documents_become_entries_in_order_with_their_places() -> None:
    manifests = read(f"# comment\n---\n{CONFIG_MAP}---\n{DEPLOYMENT}")
    assert [(entry.title, entry.where) for entry in manifests.objects] == [
        ("ConfigMap settings", "a.yaml:3"),
        ("Deployment web", "a.yaml:8"),
    ]
    settings, web = manifests.objects
    assert settings.object is None
    assert settings.passive
    assert settings.known
    assert settings.mapping["data"] == {"a": "b"}
    assert isinstance(web.object, Deployment)
    assert web.object.replicas == 3
    assert not web.passive


def test_kinds_without_a_model_are_kept_and_custom_resources_too() -> None:
    stateful_set = DEPLOYMENT.replace("Deployment", "StatefulSet").replace(
        "spec:\n  rep", "spec:\n  serviceName: x\n  rep"
    )
    manifests = read(stateful_set + "---\napiVersion: acme.io/v1\nkind: Widget\nmetadata: {name: w}\nspec: {size: 3}\n")
    assert [(entry.title, entry.object, entry.known, entry.passive) for entry in manifests.objects] == [
        ("StatefulSet web", None, True, False),
        ("Widget w", None, False, False),
    ]


def test_a_namespace_is_default_unless_given_and_none_for_kinds_without() -> None:
    manifests = read(
        CONFIG_MAP
        + "---\n"
        + CONFIG_MAP.replace("name: settings", "name: settings, namespace: shop")
        + "---\napiVersion: v1\nkind: Node\nmetadata: {name: n1, namespace: ignored}\n"
    )
    assert [entry.namespace for entry in manifests.objects] == ["default", "shop", ""]
    assert titles(manifests) == ["ConfigMap settings", "ConfigMap shop/settings", "Node n1"]


def test_lists_are_opened_and_give_their_items_a_kind() -> None:
    text = """\
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: ConfigMap
  metadata: {name: a}
- apiVersion: v1
  kind: NodeList
  items:
  - metadata: {name: n1}
  - metadata: {name: n2}
"""
    manifests = read(text)
    assert [(entry.title, entry.line) for entry in manifests.objects] == [
        ("ConfigMap a", 4),
        ("Node n1", 10),
        ("Node n2", 11),
    ]
    assert isinstance(manifests.objects[2].object, Node)


def test_json_is_read() -> None:
    item = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}
    assert titles(read(json.dumps(item, indent="\t"), "a.json")) == ["ConfigMap a"]


def test_folders_are_read_recursively_and_sorted() -> None:
    for name in ("b.yaml", "a/z.yml", "a/y.json", ".git/x.yaml", "notes.txt"):
        Path("in", name).parent.mkdir(parents=True, exist_ok=True)
        Path("in", name).write_text(
            json.dumps({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": Path(name).stem}})
        )
    Path("in/empty.yaml").write_text("# nothing yet\n")
    manifests = read_manifests(["in", "in/b.yaml"])
    assert [entry.file for entry in manifests.objects] == ["in/a/y.json", "in/a/z.yml", "in/b.yaml"]


def test_standard_input_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(CONFIG_MAP.encode())))
    (entry,) = read_manifests(["-"]).objects
    assert entry.where == "<stdin>:1"


def test_what_kubectl_get_prints_can_be_read() -> None:
    exported = DEPLOYMENT.replace(
        "{name: web}",
        "{name: web, uid: 0-1, resourceVersion: '5', generation: 2, creationTimestamp: '2026-01-02T03:04:05Z'}",
    )
    manifests = read(exported + "status: {replicas: 3, observedGeneration: 2}\n")
    assert manifests.not_modelled == ()


def test_three_hundred_documents_are_read_fast() -> None:
    text = "---\n".join(DEPLOYMENT.replace("name: web}", f"name: web-{i}}}") for i in range(300))
    started = time.perf_counter()
    assert len(read(text).objects) == 300
    assert time.perf_counter() - started < 2.0


# What is refused.


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "a.yaml: no objects: it is empty, or has only comments or an empty List"),
        ("# only\n---\n", "a.yaml: no objects: it is empty, or has only comments or an empty List"),
        (b"\x00\x01\x02binary", "a.yaml:1: this is not text: it contains the control character U+0000"),
        (b"a: 1\nb: \xff\xfe\n", "a.yaml:2: this is not UTF-8 text (byte 0xff on line 2): save it as UTF-8"),
        (
            "- a\n- b\n",
            "a.yaml:1: a document must be one object, not a list; several objects go into documents separated by `---`,"
            " or into a List",
        ),
        (
            "hello\n",
            'a.yaml:1: a document must be one object, not the value "hello"; several objects go into documents '
            "separated by `---`, or into a List",
        ),
        ("a: 1\n", "a.yaml:1: this is no Kubernetes object: it has neither apiVersion nor kind"),
        ("apiVersion: v1\n", "a.yaml:1: kind is missing beside apiVersion: v1"),
        ("kind: Deployment\n", "a.yaml:1: apiVersion is missing in this Deployment: write `apiVersion: apps/v1`"),
        ("apiVersion: 1\nkind: Pod\n", "a.yaml:1: apiVersion: must be text, not 1"),
        (
            "apiVersion: a/b/v1\nkind: Pod\n",
            'a.yaml:1: apiVersion: "a/b/v1" must be GROUP/VERSION, such as apps/v1, or v1',
        ),
        ("apiVersion: v1\nkind: List\n", "a.yaml:1: this List has no items: they are a list under the key `items`"),
        ("apiVersion: v1\nkind: List\nitems:\n- x\n", 'a.yaml:4: an item of a List must be an object, not "x"'),
        (
            "apiVersion: apps/v1\nkind: Deploymnet\nmetadata:\n  name: x\n",
            "a.yaml:2: there is no kind Deploymnet in apps/v1; did you mean Deployment?",
        ),
        (
            'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: "Upper_Case"}\n',
            'a.yaml:3: ConfigMap Upper_Case: metadata.name: "Upper_Case" must consist of lower case letters, digits '
            "and `-`, and start and end with a letter or digit, such as `web-1` or `web.example.com` "
            "(RFC 1123 subdomain)",
        ),
        (
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {a: b}\ndata: {c: d}\n",
            'a.yaml:5: key "data" is given twice, first on line 4: remove or rename one',
        ),
        (
            "apiVersion: v1\nkind: List\nitems: &a [*a]\n",
            "a.yaml:3: anchor &a contains itself (*a): write the value out",
        ),
        (
            "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: x\n spec:\n  replicas: 1\n",
            "a.yaml:5: this is not YAML: this line is indented differently from its neighbours "
            "(while parsing a block mapping that starts on line 1)",
        ),
        (
            DEPLOYMENT.replace("replicas:", "replica:"),
            "a.yaml:5: Deployment web: spec.replica: unknown field; did you mean replicas?",
        ),
        (DEPLOYMENT.replace("3", "-1"), "a.yaml:5: Deployment web: spec.replicas: -1 must not be less than 0"),
        (
            DEPLOYMENT.replace("3", '"3"'),
            'a.yaml:5: Deployment web: spec.replicas: must be a whole number, not "3": remove the quotes',
        ),
        (
            DEPLOYMENT.replace("labels: {app: web}", "labels: {app: shop}"),
            "a.yaml:8: Deployment web: spec.template.metadata.labels: the selector (app=web) does not match the "
            "template's labels (app=shop): give both the same labels",
        ),
        (
            DEPLOYMENT.replace("  replicas: 3\n", "  strategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 0}}\n"),
            "a.yaml:5: Deployment web: spec.strategy.rollingUpdate.maxUnavailable: 0 must not be 0 when maxSurge is 0: "
            "a rollout could neither add nor remove a pod",
        ),
    ],
)
def test_one_line_says_where_and_what(text: str | bytes, message: str) -> None:
    assert refused(text) == [message]


def test_all_problems_of_a_file_come_together_in_the_order_of_lines() -> None:
    lines = refused(
        DEPLOYMENT.replace("replicas: 3", "replica: 3\n  hostPort: 1")
        + "---\nb: [\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n"
        + "  - {name: c, image: x, resources: {requests: {cpu: 1.5.0, memory: 12mb}}}\n"
    )
    assert [line.split(": ")[0] for line in lines] == ["a.yaml:5", "a.yaml:6", "a.yaml:13", "a.yaml:20", "a.yaml:20"]


def test_problems_of_several_files_come_together() -> None:
    Path("a.yaml").write_text("a: [")
    Path("b.yaml").write_text("")
    lines = refusal("a.yaml", "b.yaml", "missing.yaml")
    assert [line.split(":")[0] for line in lines] == ["a.yaml", "b.yaml", "missing.yaml"]


def test_a_long_list_of_problems_is_cut() -> None:
    lines = refused("".join("---\nkind: Pod\n" for _ in range(MAX_PROBLEMS + 7)))
    assert len(lines) == MAX_PROBLEMS + 1
    assert lines[-1] == "... and 7 more problems"


def test_a_missing_file_is_told_with_close_matches() -> None:
    Path("deploy.yaml").write_text(DEPLOYMENT)
    assert refusal("deplyo.yaml") == ["deplyo.yaml: no such file or folder; did you mean deploy.yaml?"]
    assert refusal("nowhere/x.yaml") == ["nowhere/x.yaml: no such file or folder"]


def test_a_folder_without_manifests_is_refused() -> None:
    Path("in").mkdir()
    Path("in/readme.md").write_text("x")
    assert refusal("in") == ["in: there is no *.yaml, *.yml or *.json file in this folder or below it"]


def test_a_folder_of_empty_files_has_no_objects() -> None:
    Path("in").mkdir()
    Path("in/a.yaml").write_text("# nothing\n")
    assert refusal("in") == ["in: no objects in any of the files"]


def test_no_path_is_refused() -> None:
    assert refusal() == ["no manifest is given: name a file, a folder, or - for standard input"]


def test_a_file_that_may_not_be_read_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    Path("a.yaml").write_text(DEPLOYMENT)
    monkeypatch.setattr(Path, "open", forbidden)
    assert refusal("a.yaml") == ["a.yaml: cannot be read: Permission denied"]


def test_a_huge_file_is_refused() -> None:
    with Path("a.yaml").open("wb") as file:
        file.truncate(MAX_FILE + 1)
    assert refusal("a.yaml") == ["a.yaml: longer than 16 MiB: give manifests in smaller files"]


def test_the_same_object_twice_is_refused_with_both_places() -> None:
    assert refused(f"{CONFIG_MAP}---\n{CONFIG_MAP}") == [
        "a.yaml:6: ConfigMap settings is given twice, first at a.yaml:1: keep one of them"
    ]


def test_the_same_name_in_another_namespace_or_kind_is_another_object() -> None:
    other = CONFIG_MAP.replace("settings", "settings, namespace: shop")
    assert (
        len(
            read(
                f"{CONFIG_MAP}---\n{other}---\n{CONFIG_MAP.replace('ConfigMap', 'Secret').replace('a: b', 'a: Yg==')}"
            ).objects
        )
        == 3
    )
