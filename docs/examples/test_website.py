"""The same as tests: every behaviour of one scope, and random runs of another."""

from patient import crash, patient

from kspec.machine import machine


def test_a_patient_controller_keeps_its_promises(kspec_check):
    kspec_check(patient)


TestRandomRuns = machine(crash()).TestCase
