"""Lets the examples import each other, as in a folder of their own."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
