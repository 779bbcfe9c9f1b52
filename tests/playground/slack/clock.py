"""The time of the practice workspace in tests."""


class Clock:
    """A clock that goes only when told to."""

    def __init__(self) -> None:
        self.time = 1_800_000_000.0

    def __call__(self) -> float:
        return self.time
