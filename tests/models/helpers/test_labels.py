"""Label selectors: objects and strings mean the same, and what is not valid is refused in words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kspec.kube.objects import Labels, LabelSelector, Operator, Requirement, labels
from kspec_models.helpers.labels import (
    NOTHING,
    Selector,
    SelectorOperator,
    as_selector,
    includes,
    new_requirement,
    selector_matches,
    sorted_selector,
)
from kspec_models.helpers.selector_syntax import parse_selector

KEYS = st.sampled_from(["a", "in", "notin", "example.com/k"])
VALUES = st.sampled_from(["", "x", "y", "in", "7", "10"])
LABELS = st.dictionaries(KEYS, VALUES).map(lambda pairs: tuple(sorted(pairs.items())))
SETS = st.lists(VALUES, min_size=1, max_size=3, unique=True).map(tuple)
REQUIREMENTS = st.one_of(
    st.builds(new_requirement, KEYS, st.sampled_from([SelectorOperator.IN, SelectorOperator.NOT_IN]), SETS),
    st.builds(
        new_requirement, KEYS, st.sampled_from([SelectorOperator.EXISTS, SelectorOperator.DOES_NOT_EXIST]), st.just(())
    ),
    st.builds(new_requirement, KEYS, st.sampled_from(["=", "==", "!="]), VALUES.map(lambda v: (v,))),
    st.builds(new_requirement, KEYS, st.sampled_from(["gt", "lt"]), st.sampled_from([("7",), ("8",)])),
)
SELECTORS = st.lists(REQUIREMENTS, max_size=4).map(lambda parts: sorted_selector(tuple(parts)))


def test_no_selector_selects_nothing_and_an_empty_one_everything() -> None:
    assert not selector_matches(None, labels(a="b"))
    assert selector_matches(LabelSelector(), labels(a="b"))
    assert selector_matches(LabelSelector(), ())
    assert not NOTHING.empty
    assert as_selector(LabelSelector()).empty


def test_every_label_and_every_expression_must_match() -> None:
    selector = LabelSelector(labels(app="web"), (Requirement("tier", Operator.IN, ("front", "back")),))
    assert selector_matches(selector, labels(app="web", tier="back", more="too"))
    assert not selector_matches(selector, labels(app="web", tier="middle"))
    assert not selector_matches(selector, labels(tier="back"))


def test_not_in_holds_of_an_absent_key() -> None:
    selector = LabelSelector((), (Requirement("tier", Operator.NOT_IN, ("front",)),))
    assert selector_matches(selector, ())
    assert not selector_matches(selector, labels(tier="front"))


@pytest.mark.parametrize("operator", [Operator.GT, Operator.LT, Operator.EQUAL])
def test_operators_of_node_affinity_and_tolerations_are_not_those_of_label_selectors(operator: Operator) -> None:
    with pytest.raises(ValueError, match="not a valid label selector operator"):
        as_selector(LabelSelector((), (Requirement("x", operator, ("1",)),)))


def test_greater_and_less_compare_numbers_not_strings() -> None:
    assert parse_selector("x>9").matches(labels(x="10"))
    assert not parse_selector("x<9").matches(labels(x="10"))
    assert not parse_selector("x>9").matches(labels(x="ten"))
    assert not parse_selector("x>9").matches(())


def test_a_plain_set_of_labels_checks_no_syntax() -> None:
    assert includes((("-", "?"),), (("-", "?"),))
    assert not includes(labels(a="b"), labels(a="c"))
    assert includes(labels(a="b"), ())


@given(SELECTORS, LABELS)
def test_a_selector_that_is_printed_and_parsed_selects_the_same(selector: Selector, given_labels: Labels) -> None:
    again = parse_selector(str(selector))
    assert str(again) == str(selector)
    assert again.matches(given_labels) == selector.matches(given_labels)


@given(st.text(alphabet="ax(),=!<> inot\n", max_size=12))
def test_any_text_is_parsed_or_refused_with_the_text_in_the_message(text: str) -> None:
    try:
        selector = parse_selector(text)
    except ValueError as error:
        assert str(error)
    else:
        assert parse_selector(str(selector)) == selector


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a=b=c", "found '=' where ',' was expected"),
        ("a,", "found the end where a label key was expected"),
        ("a in (b", r"found the end where ',' or '\)' was expected"),
        ("a in b", r"found 'b' where '\(' was expected"),
        ("a nott b", "found 'nott' where one of in, notin"),
        ("x>a", "needs an integer, not 'a'"),
        ("-x", "label key '-x'"),
        ("x=-", "label value '-'"),
    ],
)
def test_a_refusal_says_what_was_expected(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_selector(text)


@pytest.mark.parametrize("key", ["", "a/", "A.com/x", "a/b/c", "x" * 64, "/x", "-"])
def test_label_keys_are_checked(key: str) -> None:
    with pytest.raises(ValueError, match="label key"):
        new_requirement(key, "exists", ())


def test_a_label_key_may_have_63_characters_after_a_dns_prefix() -> None:
    assert new_requirement("a.b-c.com/" + "x" * 63, "exists", ()).values == ()
