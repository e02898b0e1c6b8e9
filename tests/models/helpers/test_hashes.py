"""Short hashes of templates: equal templates have one, and a field that is not set says nothing."""

from __future__ import annotations

import attrs

from kspec.kube.objects import Container, PodSpec, PodTemplate, labels
from kspec_models.helpers.hashes import short_hash, what_is_set

WEB = PodTemplate(labels(app="web"), PodSpec((Container("web", "web:1"),)))


def test_equal_templates_have_one_hash_and_others_another() -> None:
    other = attrs.evolve(WEB, spec=PodSpec((Container("web", "web:2"),)))
    assert short_hash(WEB) == short_hash(attrs.evolve(WEB)) != short_hash(other)
    assert short_hash(WEB) != short_hash(attrs.evolve(WEB, labels=labels(app="other")))


def test_a_hash_has_five_letters_that_spell_no_word() -> None:
    assert len(short_hash(WEB)) == 5 and not set(short_hash(WEB)) & set("aeiou")


def test_a_field_with_its_default_makes_no_difference() -> None:
    assert short_hash(WEB) == short_hash(attrs.evolve(WEB, spec=attrs.evolve(WEB.spec, priority=0)))
    assert "priority" not in repr(what_is_set(WEB)) and "web:1" in repr(what_is_set(WEB))
