"""Lets the tests import ``docs``, which is no part of the package and lies at the root."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2]))
