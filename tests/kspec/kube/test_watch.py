"""Views: what late observers have yet to see of an object, merged where they cannot tell; pins; learned fields."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from kspec.kernel.errors import Grew
from kspec.kernel.values import Ref
from kspec.kube.lenses import (
    Coming,
    Forgotten,
    Latest,
    LatestField,
    Pending,
    Pinned,
    ReadOwnWrites,
    Seen,
    SeenFields,
    SeenWhere,
    UpToDate,
)
from kspec.kube.watch import RESOURCE_VERSION, Assume, Deliver, Entry, Kind, Learned, Obj, Pin, Put, Relist, Unpin


@attrs.frozen
class Lamp:
    """Something with fields."""

    color: str = "red"
    watts: int = 10
    room: Ref | None = None


def kind(*, views: bool = True, late: tuple[str, ...] = ("ann", "bob"), **more: Any) -> Kind:
    """A kind of which ann ever asks for the color and the room, and bob also for the version."""
    learned = Learned({"ann": {"color", "room"}, "bob": {"color", RESOURCE_VERSION}, "eve": {"color"}})
    return Kind(Lamp, "lamps", late, learned, views, **more)


def after(obj: Obj, *updates: Any) -> Obj:
    for update in updates:
        obj = update(obj)
    return obj


def lens(question: Any, obj: Obj) -> Any:
    return question(obj)


# ---- views and their merging


def test_a_view_holds_only_the_fields_that_its_observer_ever_asked_for() -> None:
    lamps = kind()
    assert lamps.view("ann", Lamp()) == ("red", None)
    assert lamps.view("bob", Lamp()) == ("red",)
    assert lamps.view("ann", None) is None
    assert kind(views=False).view("ann", Lamp()) == Lamp()


def test_a_commit_gives_every_late_observer_one_more_view_and_the_others_the_latest() -> None:
    lamps = kind()
    obj = after(lamps.object(Lamp()), Put(lamps, Lamp("blue")))
    assert lens(Seen(lamps, "ann"), obj) == ("red", None) and lens(Seen(lamps, "bob"), obj) == ("red",)
    assert lens(Seen(lamps, "eve"), obj) == ("blue",)
    assert lens(Latest(), obj) == Lamp("blue") and lens(LatestField("watts"), obj) == 10
    assert lens(Pending(lamps, "ann"), obj) == lens(Pending(lamps, "bob"), obj) == 1
    assert lens(Coming(lamps, "ann", 1), obj) == (("red", None), ("blue", None))


def test_equal_neighbours_are_merged_where_nobody_compares_versions() -> None:
    lamps = kind(late=("ann",))
    dimmed = [Put(lamps, Lamp(watts=n)) for n in (9, 8, 7)]
    obj = after(lamps.object(Lamp()), *dimmed)
    assert lens(Pending(lamps, "ann"), obj) == 0 and obj.latest == Lamp(watts=7)
    obj = after(obj, Put(lamps, Lamp("blue")), Put(lamps, Lamp("blue", 1)), Put(lamps, Lamp("red")))
    assert [entry.view[0] for entry in lamps.queue(obj, "ann")] == ["red", "blue", "red"]


def test_an_observer_that_compares_versions_keeps_one_trailing_not_the_latest() -> None:
    lamps = kind(late=("bob",))
    obj = lamps.object(Lamp())
    assert lens(UpToDate(lamps, "bob"), obj)
    for watts in (9, 8, 7):
        obj = after(obj, Put(lamps, Lamp(watts=watts)))
        assert lens(Pending(lamps, "bob"), obj) == 1
        assert not lens(UpToDate(lamps, "bob"), obj)
    assert lens(UpToDate(lamps, "bob"), after(obj, Deliver(lamps, "bob")))


def test_with_views_off_every_version_is_a_view() -> None:
    lamps = kind(views=False, late=("ann",))
    obj = after(lamps.object(Lamp()), *[Put(lamps, Lamp(watts=n)) for n in (9, 8, 8)])
    assert [entry.view.watts for entry in lamps.queue(obj, "ann")] == [10, 9, 8, 8]
    gone = after(lamps.object(None), Put(lamps, None))
    assert lens(Pending(lamps, "ann"), gone) == 0


def test_a_deletion_and_a_new_object_of_the_same_name_are_two_events() -> None:
    lamps = kind(late=("ann",))
    obj = after(lamps.object(Lamp()), Put(lamps, None), Put(lamps, Lamp()))
    assert [entry.view for entry in lamps.queue(obj, "ann")] == [("red", None), None, ("red", None)]


def test_what_a_watch_does_not_select_does_not_exist_for_it() -> None:
    lamps = kind(late=("ann",), filters={"ann": lambda lamp: lamp.room is not None})
    obj = after(lamps.object(Lamp()), Put(lamps, Lamp("blue")))
    assert lens(Seen(lamps, "ann"), obj) is None and lens(Pending(lamps, "ann"), obj) == 0
    obj = after(obj, Put(lamps, Lamp("blue", room=Ref("rooms", 1))))
    assert lens(Coming(lamps, "ann", 1), obj) == (None, ("blue", Ref("rooms", 1)))
    assert lens(Pending(lamps, "ann"), after(obj, Put(lamps, None))) == 2


# ---- deliveries


def test_events_are_delivered_one_by_one_several_at_once_or_all() -> None:
    lamps = kind(late=("ann",))
    obj = after(lamps.object(Lamp()), *[Put(lamps, Lamp(c)) for c in ("blue", "green", "white")])
    assert lens(Seen(lamps, "ann"), after(obj, Deliver(lamps, "ann")))[0] == "blue"
    assert lens(Seen(lamps, "ann"), after(obj, Deliver(lamps, "ann", 2)))[0] == "green"
    for jump in (Deliver(lamps, "ann", 99), Relist(lamps, "ann")):
        assert lens(Seen(lamps, "ann"), after(obj, jump))[0] == "white"
        assert lens(Pending(lamps, "ann"), after(obj, jump)) == 0


def test_a_delivery_to_one_observer_is_none_to_another() -> None:
    lamps = kind()
    obj = after(lamps.object(Lamp()), Put(lamps, Lamp("blue")), Deliver(lamps, "bob"))
    assert lens(Seen(lamps, "bob"), obj) == ("blue",) and lens(Seen(lamps, "ann"), obj) == ("red", None)


def test_an_object_is_forgotten_when_it_is_gone_and_everybody_has_seen_it_go() -> None:
    lamps = kind()
    obj = after(lamps.object(Lamp()), Put(lamps, None))
    assert not lens(Forgotten(lamps), obj)
    assert not lens(Forgotten(lamps), after(obj, Deliver(lamps, "ann")))
    assert lens(Forgotten(lamps), after(obj, Deliver(lamps, "ann"), Deliver(lamps, "bob")))
    assert not lens(Forgotten(lamps), lamps.object(Lamp()))


# ---- own writes (W02)


def test_an_observer_has_read_its_own_write_once_it_is_delivered() -> None:
    lamps = kind()
    obj = after(lamps.object(Lamp()), Put(lamps, Lamp("blue"), by="ann"))
    assert not lens(ReadOwnWrites(lamps, "ann"), obj)
    assert lens(ReadOwnWrites(lamps, "bob"), obj) and lens(ReadOwnWrites(lamps, "eve"), obj)
    obj = after(obj, Deliver(lamps, "ann"))
    assert lens(ReadOwnWrites(lamps, "ann"), obj) and obj == after(
        lamps.object(Lamp()), Put(lamps, Lamp("blue")), Deliver(lamps, "ann")
    )


def test_an_own_write_that_looks_like_the_event_before_it_is_still_to_be_read() -> None:
    lamps = kind(late=("ann",))
    obj = after(lamps.object(Lamp()), Put(lamps, Lamp("blue")), Put(lamps, Lamp("blue", 5), by="ann"))
    assert lens(Pending(lamps, "ann"), obj) == 1 and not lens(ReadOwnWrites(lamps, "ann"), obj)


def test_an_own_write_is_read_although_later_events_are_on_their_way() -> None:
    lamps = kind(late=("ann",))
    obj = after(lamps.object(Lamp()), Put(lamps, Lamp("blue"), by="ann"), Put(lamps, Lamp("green")))
    assert lens(ReadOwnWrites(lamps, "ann"), after(obj, Deliver(lamps, "ann")))


# ---- pins


@pytest.mark.parametrize("version", [Lamp("blue"), Lamp(watts=1), None])
def test_any_commit_clears_every_pin(version: Lamp | None) -> None:
    lamps = kind()
    obj = after(lamps.object(Lamp()), Pin("ann/a"), Pin("bob/b"))
    assert lens(Pinned("ann/a"), obj) and lens(Pinned("bob/b"), obj)
    obj = after(obj, Put(lamps, version, by="ann"))
    assert not lens(Pinned("ann/a"), obj) and not lens(Pinned("bob/b"), obj)


def test_deliveries_keep_pins_and_a_reader_takes_back_only_its_own() -> None:
    lamps = kind()
    obj = after(lamps.object(Lamp()), Put(lamps, Lamp("blue")), Pin("ann/a"), Pin("bob/b"))
    for kept in (Deliver(lamps, "ann"), Relist(lamps, "bob"), Assume(lamps, "ann", "room", Ref("rooms", 0))):
        assert after(obj, kept).pins == {"ann/a", "bob/b"}
    assert after(obj, Unpin("ann/a")).pins == {"bob/b"}


# ---- assumed fields (C09)


def test_an_assumed_field_is_seen_in_every_view_that_has_none_yet() -> None:
    lamps = kind(late=("ann",))
    here = Ref("rooms", 0)
    obj = after(lamps.object(Lamp()), Put(lamps, Lamp("blue")), Assume(lamps, "ann", "room", here))
    assert [entry.view for entry in lamps.queue(obj, "ann")] == [("red", here), ("blue", here)]
    assert obj.latest == Lamp("blue")


def test_an_assumed_field_replaces_no_other_and_appears_in_no_absence() -> None:
    lamps = kind(late=("ann",))
    here, there = Ref("rooms", 0), Ref("rooms", 1)
    obj = after(lamps.object(Lamp(room=there)), Put(lamps, None), Assume(lamps, "ann", "room", here))
    assert [entry.view for entry in lamps.queue(obj, "ann")] == [("red", there), None]


@pytest.mark.parametrize("views", [True, False])
def test_what_an_assumption_makes_equal_is_one_view(views: bool) -> None:
    lamps = kind(late=("ann",), views=views)
    here = Ref("rooms", 0)
    obj = after(lamps.object(Lamp()), Put(lamps, Lamp(room=here)), Assume(lamps, "ann", "room", here))
    assert lens(Pending(lamps, "ann"), obj) == 0
    assert lens(SeenFields(lamps, "ann", ("room",)), obj) == (here,)


def test_an_assumption_does_not_read_an_own_write() -> None:
    lamps = kind(late=("ann",))
    here = Ref("rooms", 0)
    obj = after(lamps.object(Lamp()), Put(lamps, Lamp(room=here), by="ann"), Assume(lamps, "ann", "room", here))
    assert lamps.queue(obj, "ann")[1:] == (Entry(("red", here), own=True),)


# ---- learned fields and names


def test_the_first_question_about_a_field_lays_the_world_out_anew() -> None:
    lamps = kind()
    with pytest.raises(Grew):
        lens(SeenFields(lamps, "bob", ("watts",)), lamps.object(Lamp()))
    assert lamps.fields("bob") == ("color",)
    anew = attrs.evolve(lamps)
    assert anew.fields("bob") == ("color", "watts") and anew.fields("ann") == ("color", "room")
    assert lens(SeenFields(anew, "bob", ("watts",)), anew.object(Lamp())) == (10,)


@pytest.mark.parametrize("observer", ["ann", "eve"])
def test_the_first_comparison_of_versions_lays_the_world_out_anew(observer: str) -> None:
    lamps = kind()
    with pytest.raises(Grew):
        lens(UpToDate(lamps, observer), lamps.object(Lamp()))
    anew = attrs.evolve(lamps)
    assert anew.compares(observer) and lens(UpToDate(anew, observer), anew.object(Lamp()))


def test_the_first_mention_of_a_name_lays_the_world_out_anew() -> None:
    lamps = kind()
    for name in ("hall", "attic"):
        with pytest.raises(Grew):
            lamps.variable(name)
    anew = attrs.evolve(lamps)
    assert anew.names == ("attic", "hall") and anew.variable("hall") == "lamps/hall"


def test_with_views_off_nothing_has_to_be_learned() -> None:
    lamps = kind(views=False)
    assert lens(SeenFields(lamps, "ann", ("watts",)), lamps.object(Lamp())) == (10,)


def test_only_what_has_a_certain_field_is_seen_by_a_selecting_question() -> None:
    lamps = kind()
    obj = after(lamps.object(Lamp()), Put(lamps, Lamp("blue")))
    assert lens(SeenWhere(lamps, "ann", "color", frozenset({"red", "green"})), obj) == ("red", None)
    assert lens(SeenWhere(lamps, "ann", "color", frozenset({"blue"})), obj) is None
    assert lens(SeenWhere(lamps, "ann", "color", frozenset({"red"})), lamps.object(None)) is None
