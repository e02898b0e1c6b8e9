"""Why the collector makes a call, in words."""

from __future__ import annotations

from kspec_models.controllers.garbage_collector.attempt import Attempt
from kspec_models.controllers.garbage_collector.graph import FOREGROUND, Identity, Metadata
from kspec_models.controllers.garbage_collector.worker import Call, Verb


def why(attempt: Attempt, call: Call) -> str:
    """Why an attempt comes to this call."""
    here = attempt.identity
    mine = here is not None and (call.name == here.name)
    if call.verb is Verb.GET:
        if not attempt.answers:
            return f"is {told(here)} there, and whose is it?"
        return "what became of it?" if mine else f"is the owner of {told(here)} there?"
    if call.finalizer == FOREGROUND:
        return "none of its dependents is left"
    if call.finalizer:
        return "all its dependents are released"
    if call.verb is Verb.PATCH:
        return f"{told(here)} is deleted as Orphan" if attempt.orphans else "its other owners go on"
    owner = attempt.answers[-1]
    if isinstance(owner, Metadata) and owner.waits_with(FOREGROUND):
        return f"its owner {told(owner.identity)} waits for it to go"
    found = attempt.answers[0]
    gone = found.owners[0] if isinstance(found, Metadata) and found.owners else None
    return f"its owner {gone.kind} {gone.name} is gone" if gone is not None else "nobody owns it"


def passed_over(attempt: Attempt) -> str:
    """Why an attempt needs no call."""
    return f"nothing is to be done about {told(attempt.identity)}"


def told(place: Identity | None) -> str:
    """What an object is called."""
    if place is None:
        return "a node that is gone"
    return f"{place.kind} {place.name}"
