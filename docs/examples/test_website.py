"""The same as tests: every behaviour of one scope, and random runs of it."""

from patient import crash, patient

import kspec
from kspec.machine import machine


def test_a_patient_controller_keeps_its_promises():
    assert kspec.check(patient).verdict is kspec.Verdict.HOLDS


TestRandomRuns = machine(crash()).TestCase
