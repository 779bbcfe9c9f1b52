"""Which tests one process does together, when several share the work."""

import pytest
from xdist.scheduler import LoadFileScheduling

TOGETHER = (
    (
        "tests/actions/kubernetes/",
        "tests/actions/test_every_action.py",
        "tests/cli/test_permissions.py",
        "tests/cli/test_planning.py",
        "tests/runbooks/test_canary_runs.py",
        "tests/runbooks/test_examples_rollback.py",
        "tests/runbooks/test_library_runs.py",
    ),
    ("tests/playground/cluster/",),
)
"""Files and folders that share a control plane, which takes long to start and its part of a core to keep.
Elsewhere the tests of a file go together."""


class Turns(LoadFileScheduling):  # type: ignore[misc]  # it has no types
    """Gives out whole files, and some of them together."""

    def _split_scope(self, nodeid: str) -> str:
        file, _, _ = nodeid.partition("::")
        return next((group[0] for group in TOGETHER if file.startswith(group)), file)


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Turns:
    return Turns(config, log)
