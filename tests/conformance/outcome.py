"""What became of the cases of a topic."""

from __future__ import annotations

import attrs

from tests.conformance.interface import Case


@attrs.frozen
class Outcome:
    """What became of one case: `why` is empty if it passed."""

    case: Case
    skipped: bool = False
    why: str = ""

    @property
    def failed(self) -> bool:
        """Whether the model says something else than upstream."""
        return bool(self.why) and not self.skipped


@attrs.frozen
class TopicResult:
    """The outcomes of a topic's cases, in the order of the file."""

    topic: str
    outcomes: tuple[Outcome, ...]
    has_adapter: bool = True

    @property
    def failed(self) -> tuple[Outcome, ...]:
        """The cases in which the model disagrees."""
        return tuple(o for o in self.outcomes if o.failed)

    @property
    def skipped(self) -> tuple[Outcome, ...]:
        """The cases of which the model said nothing."""
        return tuple(o for o in self.outcomes if o.skipped)

    @property
    def passed(self) -> int:
        """The number of cases in which the model agrees."""
        return len(self.outcomes) - len(self.failed) - len(self.skipped)
