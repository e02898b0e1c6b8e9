"""Settings: what real Kubernetes has as flags and gates, and broken twins of decisions, chosen by `--set NAME=VALUE`.

A setting is declared once, beside the component that it belongs to. Some values *replace* a decision by a broken twin
(a mutant): the replacement is put in place of the module's function while the run lasts, so that every engine meets it
and the model's text stays free of switches.
"""

from __future__ import annotations

import contextlib
import difflib
import importlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import attrs

from kspec.kernel.errors import UsageError


@attrs.frozen
class Twin:
    """A broken twin: what stands in for `module:function` when its value is chosen."""

    target: str
    replacement: Callable[..., Any]


@attrs.frozen
class Setting:
    """One setting: `name` is `component.setting`; the first of `values` counts where nothing is set.

    It is what real Kubernetes does by default, or includes that: who looks at more than happens misses nothing.
    """

    name: str
    values: tuple[str, ...]
    doc: str
    twins: Mapping[str, Twin] = attrs.field(factory=dict)

    @property
    def default(self) -> str:
        """The value when nothing is set."""
        return self.values[0]


_declared: dict[str, Setting] = {}
_active: dict[str, str] = {}


def declare(name: str, values: tuple[str, ...], doc: str, *, twins: Mapping[str, Twin] | None = None) -> Setting:
    """Declare a setting (again: replaced, so that a module may be loaded twice)."""
    setting = _declared[name] = Setting(name, values, doc, dict(twins or {}))
    return setting


def broken_twin(name: str, value: str, target: str, doc: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare the decorated function as a broken twin of `target` (`module:function`), chosen by `name=value`."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        old = _declared.get(name)
        values = (*(old.values if old else ("real",)),) + (() if old and value in old.values else (value,))
        twins = {**(old.twins if old else {}), value: Twin(target, function)}
        text = f"{old.doc}; {value}: {doc}" if old and value not in old.values else f"{value}: {doc}"
        declare(name, values, text, twins=twins)
        return function

    return decorate


def declared() -> Mapping[str, Setting]:
    """Every declared setting, by name."""
    return dict(sorted(_declared.items()))


def active() -> dict[str, str]:
    """What is set in this run."""
    return dict(_active)


def current(name: str) -> str:
    """The value of a setting in this run."""
    return _active.get(name, _declared[name].default)


def on(name: str) -> bool:
    """Whether a setting with the values `on` and `off` is on in this run."""
    return current(name) == "on"


def resolve(given: Mapping[str, str]) -> dict[str, str]:
    """The given settings, checked. Raises UsageError naming close matches."""
    for name, value in given.items():
        if name not in _declared:
            close = difflib.get_close_matches(name, _declared, n=3)
            hint = f"; did you mean {' or '.join(close)}?" if close else "; see `kspec list settings`"
            raise UsageError(f"unknown setting {name}{hint}")
        if value not in _declared[name].values:
            raise UsageError(f"{name}={value}: the values of {name} are {', '.join(_declared[name].values)}")
    return dict(given)


@contextlib.contextmanager
def applied(given: Mapping[str, str]) -> Iterator[None]:
    """Run the body under these settings. Raises UsageError if one does not exist."""
    given = resolve(given)
    before = dict(_active)
    patched: list[tuple[Any, str, Any]] = []
    try:
        _active.update(given)
        for name, value in given.items():
            twin = _declared[name].twins.get(value)
            if twin is not None:
                module_name, attribute = twin.target.split(":")
                module = importlib.import_module(module_name)
                patched.append((module, attribute, getattr(module, attribute)))
                setattr(module, attribute, twin.replacement)
        yield
    finally:
        for module, attribute, original in reversed(patched):
            setattr(module, attribute, original)
        _active.clear()
        _active.update(before)
