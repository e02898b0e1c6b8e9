"""The library's front door: what the command line does, in three lines of Python."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

import kspec
from kspec.kernel import settings
from kspec.report.fold import fold
from kspec.run import run_of
from kspec.targets import laid_out, pairs, quick_targets, target_of, targets, under
from tests.kspec.cli_runner import COUNTERS, LOST_UPDATE, counter, store

SURE = "updates_of_one_version_never_both_succeed"


def up(see: kspec.Reader) -> Iterable[kspec.Step]:
    """Count to three."""
    if see("n") < 3:
        yield kspec.Step([("n", kspec.Set(see("n") + 1))])


@kspec.invariant()
def the_count_stays_small(see: kspec.Reader) -> bool:
    """The count stays below four."""
    return bool(see("n") < 4)


def counting() -> kspec.System:
    """A system of this test."""
    return kspec.System("counting", {"n": 0}, [kspec.Action("counter", "up", up)], [the_count_stays_small])


def test_every_public_name_is_there_and_is_what_its_module_defines() -> None:
    for name in kspec.__all__:
        assert getattr(kspec, name) is not None
        assert name in dir(kspec)
    with pytest.raises(AttributeError):
        _ = kspec.no_such_name


@pytest.mark.parametrize("engine", ["explicit", "reference"])
def test_a_system_is_checked_by_value_by_function_and_by_name(engine: str) -> None:
    for thing in (counting(), counting, counter("finite")):
        result = kspec.check(thing, engine=engine)
        assert result.verdict is kspec.Verdict.HOLDS
        assert (result.distinct_states, result.generated_states, result.depth) == (4, 3, 3)


def test_a_file_is_checked_system_by_system() -> None:
    found = {result.name: result.verdict for result in kspec.check_file(LOST_UPDATE)}
    assert found == {
        "demo.cas": kspec.Verdict.HOLDS,
        "demo.known-bug": kspec.Verdict.VIOLATED,
        "demo.cured-bug": kspec.Verdict.HOLDS,
    }


def test_settings_last_as_long_as_the_run_and_are_kept_in_result_and_trace() -> None:
    result = kspec.check(store("cas"), settings={"demo.compare": "off"})
    assert result.settings["demo.compare"] == "off"
    trace = result.property(SURE).trace
    assert trace is not None
    assert trace.how["settings"] == {"demo.compare": "off"}
    assert settings.current("demo.compare") == "real"
    assert kspec.check(store("cas")).verdict is kspec.Verdict.HOLDS


def test_a_system_may_choose_a_setting_which_what_is_given_overrules() -> None:
    assert kspec.check(store("known-bug")).verdict is kspec.Verdict.VIOLATED
    assert kspec.check(store("known-bug"), settings={"demo.compare": "real"}).verdict is kspec.Verdict.HOLDS


def test_a_counterexample_is_replayed_told_and_written_by_the_library(tmp_path: Path) -> None:
    result = kspec.check(counter("too-far"))
    trace = result.properties[0].trace
    assert trace is not None
    assert kspec.replay(trace).verdict is kspec.Verdict.REPRODUCED
    assert [step.action for step in kspec.story(trace).steps] == ["up", "up", "up"]
    (files,) = kspec.write_traces(result, tmp_path / "reports", kspec.story).values()
    assert kspec.replay(files.trace).verdict is kspec.Verdict.REPRODUCED


def test_fuzz_finds_what_check_finds() -> None:
    result = kspec.fuzz(store("cas"), settings={"demo.compare": "off"}, seed=1)
    assert result.property(SURE).verdict is kspec.Verdict.VIOLATED
    trace = result.property(SURE).trace
    assert trace is not None
    assert len(trace.steps) == 4
    assert kspec.fuzz(store("cas"), examples=20).verdict is kspec.Verdict.SAMPLED


def test_limits_are_said_in_the_result() -> None:
    result = kspec.check(counter("endless"), limits=kspec.Limits(states=10))
    assert (result.verdict, result.complete, result.limits) == (kspec.Verdict.INCONCLUSIVE, False, ("states: 10",))


def test_an_impure_action_is_named() -> None:
    with pytest.raises(kspec.ImpureError, match=r"counter\.jump"):
        kspec.check(counter("impure"))


@pytest.mark.parametrize(
    ("call", "word"),
    [
        (lambda: kspec.check("no.such.system"), "no.such.system"),
        (lambda: kspec.check(counting, properties=["the_count_stays_smal"]), "the_count_stays_small"),
        (lambda: kspec.check(counting, settings={"demo.compar": "off"}), "demo.compare"),
        (lambda: kspec.check(counting, engine="explict"), "reference"),
        (lambda: kspec.check(COUNTERS), "kspec.check_file"),
        (lambda: kspec.replay("nowhere.itf.json"), "nowhere.itf.json"),
        (lambda: target_of("deployment.yaml"), "-f deployment.yaml"),
        (lambda: targets([f"{LOST_UPDATE}::demo.nothing"]), "demo.cas"),
        (lambda: targets(["no.system.*"]), "no.system.*"),
        (lambda: pairs(["a.b"]), "NAME=VALUE"),
        (lambda: pairs(["a.b=1", "a.b=2"]), "given twice"),
    ],
)
def test_what_cannot_be_used_is_refused_by_name(call: object, word: str) -> None:
    assert callable(call)
    target_of(store("cas"))  # declares the setting that the messages mention
    with pytest.raises(kspec.UsageError) as found:
        call()
    assert word in str(found.value)


def test_an_expected_violation_of_no_property_is_a_fault_of_the_spec() -> None:
    def wrong() -> kspec.System:
        return kspec.System("wrong", {"n": 0}, [], [the_count_stays_small], expected=("the_count_stays_large",))

    with pytest.raises(kspec.SpecError, match="the_count_stays_large"):
        kspec.check(wrong)


def test_what_is_no_system_is_a_fault_of_the_spec() -> None:
    with pytest.raises(kspec.SpecError, match="no System"):
        laid_out(lambda: 3)  # type: ignore[arg-type, return-value] # it is the point


def test_names_globs_and_files_are_each_taken_once() -> None:
    found = [target.name for target in targets([f"{LOST_UPDATE}::cas", LOST_UPDATE, store("cas")])]
    assert found == ["demo.cas", "demo.known-bug", "demo.cured-bug"]
    assert {"demo.cas", "demo.known-bug"} < {target.name for target in targets(["demo.*"])}


def test_how_is_plain_data_from_which_the_system_is_found_again() -> None:
    target = target_of(store("cas"))
    with under(target, {"demo.compare": "off"}) as (system, chosen):
        how = target.how(chosen, system.scope)
    assert how["system"] == "demo.cas"
    assert how["settings"] == {"demo.compare": "off"}
    assert how["scope"] == {"clients": "2"}
    assert Path(how["file"]).name == "spec_lost_update.py"


def test_quick_systems_are_installed() -> None:
    assert "store.cas" in {target.name for target in quick_targets()}


# ---- one run, to be read


def test_one_run_of_a_system_goes_on_until_all_is_quiet_and_is_told_whole() -> None:
    told = run_of("deployment.rolling")
    assert told.kind == "run" and told.steps[0].number == 1
    assert [step.actor for step in told.steps].count("user") == 2
    assert sum("Running, Ready" in line for line in told.objects) == 2
    assert fold(told) == told


def test_users_act_when_all_is_quiet_and_faults_come_last() -> None:
    def once(name: str, role: kspec.Role) -> kspec.Action:
        def act(see: kspec.Reader) -> Iterable[kspec.Step]:
            if name not in see("done"):
                yield kspec.Step([("done", kspec.Set((*see("done"), name)))])

        return kspec.Action(name, "act", act, role=role)

    roles = {"fault": kspec.Role.FAULT, "user": kspec.Role.USER, "worker": kspec.Role.COMPONENT}
    system = kspec.System("order", {"done": ()}, [once(name, role) for name, role in roles.items()])
    assert [step.actor for step in run_of(system).steps] == ["worker", "user", "fault"]


def test_a_run_that_would_go_round_for_ever_ends_where_it_has_been() -> None:
    def turn(see: kspec.Reader) -> Iterable[kspec.Step]:
        yield kspec.Step([("n", kspec.Set((see("n") + 1) % 3))])

    system = kspec.System("round", {"n": 0}, [kspec.Action("wheel", "turn", turn)])
    assert len(run_of(system).steps) == 2
