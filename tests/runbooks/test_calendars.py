"""When nothing may be changed, at the moments where calendars and clocks are tricky."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.runbooks.workshop import Workshop
from tests.runbooks.world import put, runbook
from tocsin.errors import BadSetting, Invalid
from tocsin.events import steering
from tocsin.freezes import Calendar
from tocsin.runbooks.almanac import calendars_of
from tocsin.runbooks.calendars import Calendars, Window

MOMENTS = st.integers(0, 365 * 24 * 60).map(
    lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
ICS = """\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Acme//Changes//EN
{}
END:VCALENDAR
"""
WEEKENDS = """\
BEGIN:VEVENT
UID:weekends@acme.example
SUMMARY:Nobody is at work
DTSTART;TZID=Europe/Berlin:20260102T180000
DTEND;TZID=Europe/Berlin:20260105T070000
RRULE:FREQ=WEEKLY;BYDAY=FR
EXDATE;TZID=Europe/Berlin:20260306T180000
END:VEVENT"""
CHRISTMAS = """\
BEGIN:VEVENT
UID:christmas@acme.example
SUMMARY:Christmas
DTSTART;VALUE=DATE:20261224
DTEND;VALUE=DATE:20261227
END:VEVENT"""
NOON = """\
BEGIN:VEVENT
UID:noon@acme.example
SUMMARY:Lunch
DTSTART:20260601T120000
DURATION:PT1H
END:VEVENT"""


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def calendars(**written: Any) -> Calendars:
    return calendars_of({"freeze": Calendar.model_validate(written)})


def is_closed(known: Calendars, now: str) -> bool:
    return known.closed(["calendar:freeze"], at(now)) is not None


Written = Callable[..., Calendars]


@pytest.fixture
def feed(tmp_path: Path) -> Written:
    """Returns the calendar of an iCalendar file with these events."""

    def write(*events: str, **more: Any) -> Calendars:
        path = tmp_path / "freeze.ics"
        path.write_text(ICS.format("\n".join(events)))
        return calendars(ics=path, **more)

    return write


@pytest.mark.parametrize(
    ("now", "closed"),
    [
        ("2026-12-19T22:59:59Z", False),
        ("2026-12-19T23:00:00Z", True),
        ("2027-01-02T22:59:59Z", True),
        ("2027-01-02T23:00:00Z", False),
    ],
)
def test_a_window_is_closed_from_its_first_moment_to_before_its_last(now: str, closed: bool) -> None:
    window = {"from": "2026-12-20T00:00:00+01:00", "to": "2027-01-03T00:00:00+01:00"}
    assert is_closed(calendars(windows=[window]), now) == closed


def test_who_asks_is_told_which_calendar_until_when_and_why() -> None:
    window = {"from": "2026-12-20T00:00:00Z", "to": "2026-12-27T00:00:00Z", "why": "year's end"}
    closed = calendars(windows=[window]).closed(["freeze"], at("2026-12-24T00:00:00Z"))
    assert closed is not None
    assert (closed.calendar, closed.until, closed.why) == ("freeze", at("2026-12-27T00:00:00Z"), "year's end")


def test_of_windows_that_overlap_the_one_that_lasts_longest_counts() -> None:
    short = {"from": "2026-12-20T00:00:00Z", "to": "2026-12-21T00:00:00Z"}
    long = {"from": "2026-12-20T00:00:00Z", "to": "2026-12-27T00:00:00Z"}
    closed = calendars(windows=[long, short]).closed(["freeze"], at("2026-12-20T12:00:00Z"))
    assert closed is not None
    assert closed.until == at("2026-12-27T00:00:00Z")


@pytest.mark.parametrize(
    ("now", "closed"),
    [
        ("2026-06-05T17:59:00+02:00", False),  # Friday
        ("2026-06-05T18:00:00+02:00", True),
        ("2026-06-06T06:59:00+02:00", True),
        ("2026-06-06T07:00:00+02:00", False),
        ("2026-06-06T20:00:00+02:00", False),
        ("2026-12-04T18:00:00+01:00", True),  # the same hour on the wall in winter
    ],
)
def test_hours_of_the_week_go_by_the_clock_on_the_wall_and_over_midnight(now: str, closed: bool) -> None:
    week = {"days": ["fri"], "from": "18:00", "to": "07:00", "timezone": "Europe/Berlin"}
    assert is_closed(calendars(weekly=[week]), now) == closed


@pytest.mark.parametrize("hours", [{}, {"from": "00:00", "to": "00:00"}])
def test_a_day_without_hours_is_closed_as_a_whole(hours: dict[str, str]) -> None:
    known = calendars(weekly=[{"days": ["sun"], **hours}])
    assert [is_closed(known, f"2026-06-0{day}T23:59:59Z") for day in (6, 7, 8)] == [False, True, False]


@pytest.mark.parametrize(
    "now",
    ["2026-10-25T02:15:00+02:00", "2026-10-25T02:45:00+02:00", "2026-10-25T02:15:00+01:00"],
)
def test_an_hour_that_comes_twice_is_closed_both_times_and_in_between(now: str) -> None:
    week = {"days": ["sun"], "from": "02:00", "to": "02:30", "timezone": "Europe/Berlin"}
    assert is_closed(calendars(weekly=[week]), now)


def test_hours_that_the_clock_skips_do_not_open_what_should_be_closed() -> None:
    week = {"days": ["sun"], "from": "01:00", "to": "02:30", "timezone": "Europe/Berlin"}
    assert is_closed(calendars(weekly=[week]), "2026-03-29T01:59:59+01:00")


HOURS = st.integers(0, 23).map(lambda hour: f"{hour:02}:00")


@given(
    now=MOMENTS,
    begin=HOURS,
    end=HOURS,
    zone=st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]),
)
def test_what_the_wall_shows_within_the_hours_is_closed(
    now: datetime, begin: str, end: str, zone: str
) -> None:
    days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    week = {"days": days, "from": begin, "to": end, "timezone": zone}
    shown = f"{now.astimezone(ZoneInfo(zone)):%H:%M}"
    within = begin <= shown < end if begin < end else shown >= begin or shown < end
    closed = calendars(weekly=[week]).closed(["freeze"], now)
    assert closed is not None or not within


@given(now=MOMENTS)
def test_what_is_closed_opens_later_and_within_a_day_and_an_hour(now: datetime) -> None:
    week = {"days": ["sat", "sun"], "from": "22:00", "to": "03:00", "timezone": "Europe/Berlin"}
    closed = calendars(weekly=[week]).closed(["freeze"], now)
    assert closed is None or now < closed.until <= now + timedelta(hours=6)


@pytest.mark.parametrize(
    ("now", "closed"),
    [
        ("2026-02-06T17:59:00+01:00", False),
        ("2026-02-06T18:00:00+01:00", True),
        ("2026-02-08T12:00:00+01:00", True),
        ("2026-03-07T12:00:00+01:00", False),  # left out by EXDATE
        ("2026-03-29T12:00:00+02:00", True),  # the clock changed in the middle of it
        ("2026-03-30T06:59:00+02:00", True),
        ("2026-03-30T07:00:00+02:00", False),
    ],
)
def test_events_of_a_file_come_again_as_their_rules_say(feed: Written, now: str, closed: bool) -> None:
    assert is_closed(feed(WEEKENDS), now) == closed


@pytest.mark.parametrize(
    ("now", "closed"),
    [("2026-12-23T23:00:00Z", True), ("2026-12-23T22:59:00Z", False), ("2026-12-26T23:00:00Z", False)],
)
def test_whole_days_of_a_file_are_days_of_the_calendars_zone(feed: Written, now: str, closed: bool) -> None:
    assert is_closed(feed(CHRISTMAS, timezone="Europe/Berlin"), now) == closed


def test_a_time_without_a_zone_is_in_the_calendars_zone(feed: Written) -> None:
    known = feed(NOON, timezone="America/New_York")
    assert is_closed(known, "2026-06-01T16:30:00Z")


def test_a_cancelled_event_closes_nothing(feed: Written) -> None:
    cancelled = CHRISTMAS.replace("SUMMARY", "STATUS:CANCELLED\nSUMMARY")
    assert not is_closed(feed(cancelled), "2026-12-25T12:00:00Z")


def test_an_event_says_why(feed: Written) -> None:
    closed = feed(CHRISTMAS).closed(["freeze"], at("2026-12-25T12:00:00Z"))
    assert closed is not None
    assert closed.why == "Christmas"


@pytest.mark.parametrize(
    ("event", "told"),
    [
        (CHRISTMAS.replace("DTSTART;VALUE=DATE:20261224\n", ""), "Christmas: DTSTART is missing"),
        (NOON.replace("20260601T120000", "soon"), "Lunch: DTSTART: "),
        (WEEKENDS.replace("FREQ=WEEKLY", "FREQ=NEVER"), "Nobody is at work: RRULE: "),
        ("nonsense", "is no calendar: "),
    ],
)
def test_a_file_with_a_mistake_stops_the_start_naming_itself_and_the_field(
    feed: Written, event: str, told: str
) -> None:
    with pytest.raises(BadSetting) as raised:
        feed(event)
    assert all(part in str(raised.value) for part in ("calendars.freeze.ics: ", "freeze.ics ", told))


def test_a_file_that_is_not_there_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match=r"calendars.freeze.ics: .*gone.ics cannot be read: No such file"):
        calendars(ics=tmp_path / "gone.ics")


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ({"weekly": [{"days": ["sat"], "timezone": "Europe/Atlantis"}]}, "is no time zone"),
        ({"weekly": [{"days": ["sat"], "to": "25:00"}]}, "pattern"),
        ({"weekly": [{"days": []}]}, "at least 1 item"),
        ({"windows": [{"from": "2026-12-20T00:00:00", "to": "2026-12-21T00:00:00Z"}]}, "timezone"),
        ({"windows": [{"from": "2026-12-21T00:00:00Z", "to": "2026-12-21T00:00:00Z"}]}, "after `from`"),
    ],
)
def test_a_calendar_that_cannot_be_meant_is_refused(written: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        Calendar.model_validate(written)


def test_a_calendar_that_holds_everywhere_holds_for_who_names_none() -> None:
    window = {"from": "2026-12-20T00:00:00Z", "to": "2026-12-21T00:00:00Z"}
    known = calendars(windows=[window], everywhere=True)
    assert known.closed(None, at("2026-12-20T12:00:00Z")) is not None


def test_a_calendar_that_does_not_hold_everywhere_holds_only_for_who_names_it() -> None:
    window = {"from": "2026-12-20T00:00:00Z", "to": "2026-12-21T00:00:00Z"}
    assert calendars(windows=[window]).closed(None, at("2026-12-20T12:00:00Z")) is None


def test_a_calendar_that_is_not_there_allows_nothing() -> None:
    closed = Calendars().closed(["calendar:gone"], at("2026-12-20T12:00:00Z"))
    assert closed is not None
    assert (closed.until, closed.why) == (at("2026-12-21T00:00:00Z"), "tocsin.yaml has no such calendar")


FROZEN = runbook(put("one", "a", 1), guardrails="{ freeze: [calendar:freeze] }")


async def test_a_runbook_whose_calendar_is_not_there_is_not_started(workshop: Workshop) -> None:
    with pytest.raises(Invalid, match=r"no calendar `freeze`.*tocsin.yaml"):
        await workshop.go(FROZEN)


class TestInAHouse:
    @pytest.fixture
    def organisation(self, organisation: str) -> str:
        return organisation + "calendars: { freeze: { weekly: [{ days: [{}] }] } }\n".replace(
            "{}", "mon, tue, wed, thu, fri, sat, sun"
        )

    async def test_a_run_waits_before_its_change_while_its_calendar_is_closed(
        self, workshop: Workshop
    ) -> None:
        state = await workshop.go(FROZEN)
        entries = await workshop.entries(state.id)
        held = [one.event.calendar for one in entries if isinstance(one.event, steering.FreezeHeld)]
        assert (held, workshop.world.boxes) == (["freeze"], {})


def test_a_window_of_its_own_is_a_rule() -> None:
    window = Window(at("2026-12-20T00:00:00Z"), at("2026-12-21T00:00:00Z"))
    assert Calendars({"x": (window,)}).closed(["x"], at("2026-12-20T00:00:00Z")) is not None
