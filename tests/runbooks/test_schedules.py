"""The times of a schedule, where clocks are put forward and back."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.runbooks.model import Schedule
from tocsin.runbooks.schedules import newest

ZONES = ["UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu"]
CRONS = ["30 2 * * *", "15 1-3 * * *", "0 * * * *", "*/7 * * * *", "5 */2 * * *", "45 1 * * 0"]
SPRING = "2026-03-29T{}+00:00"  # in Berlin 01:59:59 is followed by 03:00:00, at 01:00 UTC
AUTUMN = "2026-10-25T{}+00:00"  # in Berlin 02:59:59 is followed by 02:00:00, at 01:00 UTC


def ticks(schedule: Schedule, since: datetime, now: datetime) -> list[datetime]:
    """Return every time that somebody sees who looks once a minute."""
    found: list[datetime] = []
    last = since
    while since < now:
        since += timedelta(minutes=1)
        tick = newest(schedule, last, since)
        if tick is not None:
            found.append(tick)
            last = tick
    return found


def times(cron: str, day: str) -> list[str]:
    """Return the times of a day in Berlin, as UTC shows them."""
    schedule = Schedule(cron=cron, timezone="Europe/Berlin")
    begin = datetime.fromisoformat(day.format("00:00:00")) - timedelta(hours=2)
    return [f"{tick:%H:%M}" for tick in ticks(schedule, begin, begin + timedelta(hours=7))]


@pytest.mark.parametrize(
    ("cron", "day", "expected"),
    [
        ("30 2 * * *", SPRING, ["01:00"]),
        ("30 2 * * *", AUTUMN, ["00:30"]),
        ("0 2-3 * * *", AUTUMN, ["00:00", "02:00"]),
        ("0 * * * *", SPRING, ["23:00", "00:00", "01:00", "02:00", "03:00", "04:00", "05:00"]),
        ("0 * * * *", AUTUMN, ["23:00", "00:00", "01:00", "02:00", "03:00", "04:00", "05:00"]),
    ],
)
def test_a_skipped_time_is_made_up_for_and_a_doubled_one_counts_once(
    cron: str, day: str, expected: list[str]
) -> None:
    assert times(cron, day) == expected


def test_a_time_goes_by_the_clock_on_the_wall() -> None:
    schedule = Schedule(cron="0 4 * * *", timezone="Europe/Berlin")
    summer, winter = (datetime(2026, month, 2, 12, tzinfo=UTC) for month in (7, 12))
    found = [newest(schedule, day - timedelta(days=1), day) for day in (summer, winter)]
    assert [one and one.hour for one in found] == [2, 3]


def test_of_times_that_were_missed_the_newest_counts() -> None:
    now = datetime(2026, 6, 1, 12, 7, tzinfo=UTC)
    assert newest(Schedule(cron="*/5 * * * *"), now - timedelta(days=200), now) == now.replace(minute=5)


def test_a_time_that_comes_once_a_year_is_found() -> None:
    now = datetime(2026, 12, 31, tzinfo=UTC)
    found = newest(Schedule(cron="0 0 1 2 *"), now - timedelta(days=365), now)
    assert found == datetime(2026, 2, 1, tzinfo=UTC)


def test_the_time_itself_counts_once() -> None:
    tick = datetime(2026, 6, 1, 12, tzinfo=UTC)
    schedule = Schedule(cron="0 12 * * *")
    before = tick - timedelta(minutes=1)
    assert [newest(schedule, before, tick), newest(schedule, tick, tick + timedelta(minutes=1))] == [
        tick,
        None,
    ]


MOMENTS = st.builds(
    lambda base, minutes: datetime.fromisoformat(base) + timedelta(minutes=minutes),
    st.sampled_from(
        # Around these the clocks of the zones change.
        [
            SPRING.format("01:00:00"),
            AUTUMN.format("01:00:00"),
            "2026-11-01T04:30:00+00:00",
            "2026-04-04T15:00+00:00",
        ]
    ),
    st.integers(-200, 200),
)


@settings(max_examples=150, deadline=None)
@given(cron=st.sampled_from(CRONS), zone=st.sampled_from(ZONES), now=MOMENTS, back=st.integers(1, 600))
def test_it_does_not_matter_from_when_on_somebody_looks(
    cron: str, zone: str, now: datetime, back: int
) -> None:
    schedule = Schedule(cron=cron, timezone=zone)
    far = newest(schedule, now - timedelta(days=20), now)
    since = now - timedelta(minutes=back)
    assert newest(schedule, since, now) == (far if far is not None and far > since else None)


@settings(max_examples=30, deadline=None)
@given(cron=st.sampled_from(CRONS), zone=st.sampled_from(ZONES), begin=MOMENTS)
def test_whoever_looks_every_minute_sees_each_time_once_and_in_order(
    cron: str, zone: str, begin: datetime
) -> None:
    seen = ticks(Schedule(cron=cron, timezone=zone), begin, begin + timedelta(hours=4))
    assert seen == sorted(set(seen))


@settings(max_examples=30, deadline=None)
@given(zone=st.sampled_from(ZONES), days=st.integers(0, 364), hour=st.integers(0, 23))
def test_a_daily_time_comes_once_on_every_day(zone: str, days: int, hour: int) -> None:
    midnight = datetime(2026, 1, 1, tzinfo=ZoneInfo(zone)) + timedelta(days=days)
    begin, end = (
        at.astimezone(UTC) - timedelta(minutes=1) for at in (midnight, midnight + timedelta(days=1))
    )
    assert len(ticks(Schedule(cron=f"30 {hour} * * *", timezone=zone), begin, end)) == 1
