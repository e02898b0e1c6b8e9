"""The tables and the picture of kube-proxy's rules in the documents are what the benchmark generates."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from benchmarks.line_chart import Series, line_chart, round_up
from benchmarks.proxy_rules import Measured, all_measured, iptables_table, ipvs_table, picture

DOCS = Path(__file__).parent.parent.parent / "docs"


@pytest.fixture(scope="module")
def runs() -> list[Measured]:
    return all_measured(services=2000, pods=10)


def test_two_thousand_node_port_services_with_ten_pods_have_more_than_20000_rules(runs: list[Measured]) -> None:
    assert runs[-1].services == 2000
    assert runs[-1].rules.nat >= 20_000


def test_the_walk_grows_with_the_services_and_the_lookup_does_not(runs: list[Measured]) -> None:
    first, last = runs[1], runs[-1]
    for of_first, of_last in zip(first.tried[1:], last.tried[1:], strict=True):
        assert of_last > 3.9 * of_first
    assert [(f.rules, f.lookups) for f in first.found] == [(f.rules, f.lookups) for f in last.found]


def test_the_documents_show_these_tables_and_this_picture(runs: list[Measured]) -> None:
    text = (DOCS / "measurements.md").read_text()
    assert f"<!-- iptables -->\n{iptables_table(runs)}\n<!-- end -->" in text
    assert f"<!-- ipvs -->\n{ipvs_table(runs)}\n<!-- end -->" in text
    assert (DOCS / "images" / "proxy-rules.svg").read_text() == picture(runs, 10)


def test_a_chart_is_xml_with_a_line_for_each_series_that_ends_where_its_last_point_is() -> None:
    chart = line_chart("a < b", "x", "y", [Series("up", ((0, 0), (10, 100))), Series("flat", ((0, 5), (10, 5)))])

    found = ET.fromstring(chart)
    name = "{http://www.w3.org/2000/svg}"
    assert found.findtext(f"{name}title") == "a < b"
    ends = [line.attrib["points"].split()[-1] for line in found.iter(f"{name}polyline")]
    heights = [float(end.split(",")[1]) for end in ends]
    assert len(heights) == 2 and heights[0] < heights[1]


@pytest.mark.parametrize(("number", "up"), [(1, 1), (3, 4), (17, 20), (6017, 8000), (8001, 10_000), (100, 100)])
def test_an_axis_ends_at_a_round_number(number: float, up: float) -> None:
    assert round_up(number) == up
