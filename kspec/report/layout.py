"""Running a layout program: `graphviz-pure` from PyPI, else the system's `dot`. Both give the same layout."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

from kspec.kernel.errors import UsageError

PROGRAMS = ("graphviz-pure", "dot")
"""In this order: the first is pinned with kspec, and has no part that a user's machine could lack."""

INSTALL = "pip install graphviz-pure"

SECONDS = 60
"""After which a layout is given up (a picture of 30 steps takes less than one)."""

FAMILY = "Helvetica, Arial, 'Liberation Sans', Arimo, 'Nimbus Sans', sans-serif"
"""Fonts of one width, so that what was measured fits on any machine."""

SCREEN = (960.0, 600.0)
"""Points of 1280 × 800 pixels."""

SMALLEST = 0.7
"""The smallest scale that can still be read."""

_SIZE = re.compile(r'width="([\d.]+)pt" height="([\d.]+)pt"')


def svg(source: str, *, on_one_screen: bool = False) -> str:
    """Lay dot source out; `on_one_screen`: scaled down to fit one, if that can still be read.

    Raises UsageError where no layout program is installed, or it fails.
    """
    program = find()
    try:
        done = subprocess.run(
            [program, "-Kdot", "-q", "-Tsvg"],
            input=source.encode("utf-8"),
            capture_output=True,
            timeout=SECONDS,
            check=True,
        )
    except subprocess.TimeoutExpired:
        raise UsageError(f"{program} did not lay the picture out in {SECONDS} s") from None
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode("utf-8", "replace").strip().splitlines()
        raise UsageError(f"{program} could not draw the picture: {said[-1] if said else error.returncode}") from None
    except OSError as error:
        raise UsageError(f"{program} could not be run: {error.strerror}; install it anew: {INSTALL}") from None
    drawn = re.sub(r'font-family="[^"]*"', f'font-family="{FAMILY}"', done.stdout.decode("utf-8"))
    name, end, rest = drawn.partition("</title>")
    drawn = name + end + re.sub(r"<title>[^<]*</title>\n?", "", rest)  # of boxes: a browser shows them under the mouse
    return _SIZE.sub(_fitted, drawn, count=1) if on_one_screen else drawn


def find() -> str:
    """The path of a layout program. Raises UsageError with what to install where there is none."""
    folders = [sysconfig.get_path("scripts"), str(Path(sys.executable).parent)]
    for program in PROGRAMS:
        found = shutil.which(program, path=os.pathsep.join(folders)) if program == PROGRAMS[0] else None
        found = found or shutil.which(program)
        if found is not None:
            return found
    raise UsageError(f"no layout program is installed for pictures: {INSTALL} (or install graphviz, for its `dot`)")


def _fitted(size: re.Match[str]) -> str:
    """The size of a picture, scaled down to one screen if it can still be read; the view box stays."""
    width, height = float(size[1]), float(size[2])
    scale = max(SMALLEST, min(1.0, SCREEN[0] / width, SCREEN[1] / height))
    return f'width="{width * scale:.0f}pt" height="{height * scale:.0f}pt"'
