import pytest

from tocsin.postmortems.texts import compact, one_line, plain, tidy

NAMES = {"U0BEN": "Ben"}


@pytest.mark.parametrize(
    ("mrkdwn", "read"),
    [
        ("<@U0BEN> look", "@Ben look"),
        ("<@U0WHO> look", "@U0WHO look"),
        ("<@U0WHO|who> look", "@who look"),
        ("<!channel> down", "@channel down"),
        ("<!subteam^S1|@sre> down", "@sre down"),
        ("in <#C1|general>", "in #general"),
        ("see <https://g.example/d|the graph>", "see the graph (https://g.example/d)"),
        ("see <https://g.example/d>", "see https://g.example/d"),
        ("<mailto:ana@acme.example|ana@acme.example>", "ana@acme.example"),
        ("1 &lt; 2 &amp;&amp; 3 &gt; 2", "1 < 2 && 3 > 2"),
        ("no markup at all", "no markup at all"),
    ],
)
def test_slack_markup_becomes_what_people_read(mrkdwn: str, read: str) -> None:
    assert plain(mrkdwn, lambda person: NAMES.get(person, person)) == read


def test_text_that_somebody_escaped_is_not_read_as_markup() -> None:
    assert plain("&lt;@U0BEN&gt;", NAMES.__getitem__) == "<@U0BEN>"


def test_characters_that_turn_the_reading_direction_are_dropped() -> None:
    assert tidy("a\u202eb\0c\u2066d\ne") == "abcd\ne"


def test_a_long_text_is_cut_with_an_ellipsis() -> None:
    assert one_line("one  two\nthree", longest=9) == "one two…"


def test_null_is_read_as_nothing() -> None:
    assert compact(None) == "nothing"


def test_a_map_is_read_with_sorted_keys() -> None:
    assert compact({"b": [1, "ü"], "a": True}) == '{"a": true, "b": [1, "ü"]}'
