"""Manifests against the recorded answers of a real API server (1.36.2)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from kspec.kube import defaults, formats, schema, validation
from kspec.kube.located import path_text

VECTORS = Path(os.environ.get("KSPEC_VECTORS", Path(__file__).parents[2] / ".." / "shared" / "vectors"))
RECORDS = {
    "Deployment": "apps.v1.Deployment",
    "ReplicaSet": "apps.v1.ReplicaSet",
    "Pod": "core.v1.Pod",
    "Node": "core.v1.Node",
}
FORBIDDEN = 403
"""Admission plugins and the authoriser refuse with this code: they are not part of reading a manifest."""

needs_vectors = pytest.mark.skipif(
    not VECTORS.is_dir(), reason=f"the recorded answers are not at {VECTORS}: set KSPEC_VECTORS"
)


def cases(topic: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = YAML(typ="safe", pure=True).load((VECTORS / f"{topic}.yaml").read_text())["cases"]
    return found


def creations() -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Case, object and answer of each request that creates an object of a modelled kind in these topics."""
    for topic in ("server-manifests", "server-validation", "server-admission"):
        for case in cases(topic):
            for request, answer in zip(case["given"]["requests"], case["expect"]["responses"], strict=True):
                body = request.get("body")
                if request.get("verb") == "post" and isinstance(body, dict) and body.get("kind") in RECORDS:
                    yield f"{case['id']} {body['metadata'].get('name')}", body, answer


@needs_vectors
def test_the_api_server_accepts_and_refuses_the_same_manifests() -> None:
    seen = 0
    for case, body, answer in creations():
        if answer["code"] == FORBIDDEN:
            continue
        seen += 1
        broken = schema.decoding_problems(RECORDS[body["kind"]], body)
        if broken:
            assert answer["code"] == 400, f"{case}: {broken}"
            continue
        defaults.set_defaults(body["kind"], body)
        paths = {path_text(problem.path) for problem in validation.problems(body["apiVersion"], body["kind"], body)}
        causes = {cause["field"] for cause in answer.get("causes", [])}
        assert answer["code"] == (422 if paths else 201), f"{case}: {paths}"
        # Ours may be more exact: the key of the label, the type of the strategy.
        assert len(paths) == len(causes), f"{case}: {paths} but {causes}"
        assert all(any(path.startswith(cause) for path in paths) for cause in causes), f"{case}: {paths} but {causes}"
    assert seen > 40


@needs_vectors
def test_defaults_are_those_of_the_api_server() -> None:
    seen = 0
    for case, body, answer in creations():
        if body["kind"] == "Deployment" and "object" in answer:
            seen += 1
            defaults.set_defaults("Deployment", body)
            assert body["spec"] == answer["object"]["spec"], case
    assert seen >= 2


@needs_vectors
def test_names_labels_and_ports_have_upstreams_formats() -> None:
    checks = {
        "dns1123label": formats.dns1123_label,
        "dns1123subdomain": formats.dns1123_subdomain,
        "dns1035label": formats.dns1035_label,
        "labelValue": formats.label_value,
        "qualifiedName": formats.qualified_name,
        "portName": formats.port_name,
        "portNumber": formats.port_number,
        "percent": formats.percent,
        "wildcardSubdomain": formats.wildcard_subdomain,
    }
    found = cases("object-names")
    for case in found:
        kind, text, expected = case["given"]["kind"], case["given"]["text"], case["expect"]
        if kind == "generate-prefix":
            got = {
                "subdomain": formats.generate_prefix(text, label=False) is None,
                "label": formats.generate_prefix(text, label=True) is None,
            }
        elif kind == "all":
            got = {name: checks[name](text) is None for name in expected}  # type: ignore[operator]  # text or number
        else:
            got = {"valid": checks[kind](text) is None}  # type: ignore[operator]  # text or number
        assert got == expected, case["id"]
    assert len(found) >= 190
