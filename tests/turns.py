"""Which tests one process does together, when several share the work."""

import pytest
from xdist.scheduler import LoadFileScheduling

TOGETHER = ("tests/playground/cluster/",)
"""Folders whose files share what takes long to start; elsewhere the tests of a file go together."""


class Turns(LoadFileScheduling):  # type: ignore[misc]  # it has no types
    """Gives out whole files, and some folders whole."""

    def _split_scope(self, nodeid: str) -> str:
        return next(
            (folder for folder in TOGETHER if nodeid.startswith(folder)), super()._split_scope(nodeid)
        )


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Turns:
    return Turns(config, log)
