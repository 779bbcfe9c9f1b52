from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from tocsin.postmortems.clock import elapsed, length, moment

LATE_IN_THE_EVENING = datetime(2026, 3, 2, 23, 30, 5, 999_999, tzinfo=UTC)


def test_a_moment_has_its_date_and_zone() -> None:
    assert moment(LATE_IN_THE_EVENING, UTC) == "2026-03-02 23:30:05 UTC"


def test_a_moment_in_another_zone_may_be_another_day() -> None:
    assert moment(LATE_IN_THE_EVENING, ZoneInfo("Europe/Berlin")) == "2026-03-03 00:30:05 CET"


def test_a_zone_knows_its_summer_time() -> None:
    assert moment(datetime(2026, 7, 1, 12, tzinfo=UTC), ZoneInfo("America/New_York")) == (
        "2026-07-01 08:00:00 EDT"
    )


def test_a_duration_over_a_day_tells_its_days() -> None:
    assert length(timedelta(days=1, hours=2, minutes=3, seconds=4)) == "1d 02:03:04"


def test_a_duration_of_exactly_a_day_is_not_zero() -> None:
    assert length(timedelta(days=1)) == "1d 00:00:00"


def test_what_came_before_the_opening_has_a_minus() -> None:
    assert elapsed(timedelta(days=-1, minutes=-3)) == "-1d 00:03:00"


def test_what_came_after_the_opening_has_a_plus() -> None:
    assert elapsed(timedelta(minutes=12, seconds=4)) == "+00:12:04"
