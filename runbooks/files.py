"""Which YAML file is what, by its name."""

from pathlib import PurePath

TESTS = (".test.yaml", ".test.yml")
"""How the names of files end that hold a runbook's tests, and stand beside it."""


def is_test(path: PurePath) -> bool:
    """Say whether a file holds tests of a runbook, and is none itself."""
    return path.name.endswith(TESTS)
