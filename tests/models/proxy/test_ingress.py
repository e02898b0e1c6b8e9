"""Which rule of an Ingress a request is for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kspec.kernel.values import Ref
from kspec.kube.networking import Ingress, IngressPath, PathType
from kspec_models.proxy.ingress import Route, backends, chosen, elements, matches, rules_of

A, B = Ref("pods", 0), Ref("pods", 1)


def prefix(path: str, service: str = "web", host: str = "") -> IngressPath:
    return IngressPath(path, service, host=host)


def exact(path: str, service: str = "exact", host: str = "") -> IngressPath:
    return IngressPath(path, service, path_type=PathType.EXACT, host=host)


@pytest.mark.parametrize(
    ("rule", "path", "found"),
    [
        (prefix("/"), "/", True),
        (prefix("/"), "/anything/else", True),
        (exact("/foo"), "/foo", True),
        (exact("/foo"), "/bar", False),
        (exact("/foo"), "/foo/", False),
        (exact("/foo/"), "/foo", False),
        (prefix("/foo"), "/foo", True),
        (prefix("/foo"), "/foo/", True),
        (prefix("/foo/"), "/foo", True),
        (prefix("/foo/"), "/foo/", True),
        (prefix("/aaa/bb"), "/aaa/bbb", False),
        (prefix("/aaa/bbb"), "/aaa/bbb", True),
        (prefix("/aaa/bbb/"), "/aaa/bbb", True),
        (prefix("/aaa/bbb"), "/aaa/bbb/", True),
        (prefix("/aaa/bbb"), "/aaa/bbb/ccc", True),
        (prefix("/aaa/bbb"), "/aaa/bbbxyz", False),
    ],
)
def test_paths_match_as_the_table_of_examples_of_the_documentation_says(
    rule: IngressPath, path: str, found: bool
) -> None:
    assert matches(rule, "shop.example", path) is found


def test_a_rule_with_a_host_is_for_that_host_alone_and_goes_before_one_without() -> None:
    here, anywhere = prefix("/", "here", "shop.example"), prefix("/long/path", "anywhere")
    assert not matches(here, "other.example", "/")
    assert chosen([anywhere, here], "shop.example", "/long/path") == here
    assert chosen([anywhere, here], "other.example", "/long/path") == anywhere


def test_the_longest_path_wins_and_an_exact_one_of_the_same_length() -> None:
    rules = [prefix("/", "root"), prefix("/foo", "foo"), prefix("/foo/bar", "bar"), exact("/foo")]
    found = {path: chosen(rules, "", path) for path in ("/", "/foo", "/foo/x", "/foo/bar/x")}
    assert {path: rule and rule.service for path, rule in found.items()} == {
        "/": "root",
        "/foo": "exact",
        "/foo/x": "foo",
        "/foo/bar/x": "bar",
    }


@given(st.lists(st.sampled_from(["", "a", "b", "ab"]), max_size=4), st.integers(0, 4))
def test_a_path_has_each_of_its_prefixes_of_whole_elements(parts: list[str], n: int) -> None:
    path = "/" + "/".join(parts)
    shorter = elements(path)[:n]
    assert matches(prefix("/" + "/".join(shorter)), "", path)


def test_the_default_backend_gets_what_no_rule_is_for() -> None:
    rules = rules_of(Ingress("shop", (prefix("/cart", "cart"),), default_service="front"))
    assert (chosen(rules, "", "/cart/1") or rules[1]).service == "cart"
    assert (chosen(rules, "", "/else") or rules[0]).service == "front"
    assert chosen(rules_of(Ingress("shop", (prefix("/cart"),))), "", "/else") is None


def test_a_request_goes_to_an_endpoint_of_the_rule_s_service_or_to_nobody() -> None:
    routes = frozenset({Route(prefix("/", "web"), frozenset({A})), Route(prefix("/api", "api"), frozenset({B}))})
    assert backends(routes, "shop.example", "/api/1") == {B}
    assert backends(routes, "shop.example", "/") == {A}
    assert backends(frozenset(), "shop.example", "/") == frozenset()
