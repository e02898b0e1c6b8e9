"""A store for tests of the API server: the objects that it is made of, and nothing else."""

from __future__ import annotations

from typing import Any


class Store:
    """What the API server finds when it looks."""

    def __init__(self, *things: Any) -> None:
        self.things = things

    def uses(self, cls: type) -> bool:
        return any(type(thing) is cls for thing in self.things)

    def get(self, cls: type, name: str) -> Any:
        return next((t for t in self.all(cls) if t.name == name), None)

    def all(self, cls: type, *fields: str) -> tuple[Any, ...]:
        found = [thing for thing in self.things if type(thing) is cls]
        if not fields:
            return tuple(found)
        rows = [tuple([getattr(thing, field) for field in fields]) for thing in found]
        return tuple([row[0] for row in rows]) if len(fields) == 1 else tuple(rows)
