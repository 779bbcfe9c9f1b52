from datetime import datetime

import pytest

from tests.cli.shell import Shell


@pytest.fixture
def declared(tocsin: Shell) -> Shell:
    """A shell where INC-1 was declared."""
    tocsin.says("incident", "declare", "Checkout answers with 500", "--severity", "sev2")
    return tocsin


def test_a_declared_incident_has_a_ref(tocsin: Shell) -> None:
    assert tocsin.json("incident", "declare", "Checkout answers with 500")["ref"] == "INC-1"


def test_an_incident_has_the_severity_of_its_service(tocsin: Shell) -> None:
    assert tocsin.json("incident", "declare", "Slow", "--service", "checkout")["severity"] == "sev2"


def test_an_empty_title_is_refused(tocsin: Shell) -> None:
    result = tocsin("incident", "declare", "")
    assert result.exit_code == 1
    assert "tocsin: title: " in result.stderr


def test_an_unknown_severity_is_answered_with_the_known_ones(tocsin: Shell) -> None:
    result = tocsin("incident", "declare", "Slow", "--severity", "sev9")
    said = "tocsin: there is no severity 'sev9'; the severities are sev1, sev2, sev3, sev4\n"
    assert (result.exit_code, result.stderr) == (1, said)


def test_the_list_shows_open_incidents(declared: Shell) -> None:
    assert [one["ref"] for one in declared.json("incident", "list")] == ["INC-1"]


def test_a_resolved_incident_is_listed_only_with_all(declared: Shell) -> None:
    declared.says("incident", "resolve", "INC-1")
    assert declared.json("incident", "list") == []
    assert [one["ref"] for one in declared.json("incident", "list", "--all")] == ["INC-1"]


def test_a_private_incident_is_not_listed(tocsin: Shell) -> None:
    tocsin.says("incident", "declare", "Secret", "--private")
    assert tocsin.json("incident", "list") == []


def test_an_empty_list_says_what_to_do(tocsin: Shell) -> None:
    result = tocsin("incident", "list")
    assert "no incident; `tocsin incident declare TITLE` declares one" in result.stderr


def test_a_limited_list_says_how_many_more_there_are(declared: Shell) -> None:
    declared.says("incident", "declare", "Another one")
    assert "… 1 more" in declared("incident", "list", "--limit", "1").stderr


def test_times_stand_with_date_and_zone(declared: Shell) -> None:
    said = declared.says("incident", "show", "INC-1")
    opened_at = datetime.fromisoformat(declared.json("incident", "show", "INC-1")["opened_at"]).astimezone()
    assert f"opened: {opened_at:%Y-%m-%d %H:%M:%S %Z} by " in said


@pytest.mark.parametrize(
    ("words", "field", "value"),
    [
        (("update", "INC-1", "Rolled back"), "update", "Rolled back"),
        (("status", "INC-1", "monitoring"), "status", "monitoring"),
        (("severity", "INC-1", "sev1", "--reason", "all regions"), "severity", "sev1"),
        (("resolve", "INC-1", "--reason", "rolled back"), "status", "resolved"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else str(value),
)
def test_a_change_is_seen_afterwards(declared: Shell, words: tuple[str, ...], field: str, value: str) -> None:
    declared.says("incident", *words)
    assert declared.json("incident", "show", "INC-1")[field] == value


def test_a_resolved_incident_can_be_taken_up_again(declared: Shell) -> None:
    declared.says("incident", "resolve", "INC-1")
    declared.says("incident", "reopen", "INC-1")
    assert declared.json("incident", "show", "1")["status"] == "investigating"


def test_what_changes_nothing_is_refused(declared: Shell) -> None:
    result = declared("incident", "severity", "INC-1", "sev2")
    said = "tocsin: INC-1 already is sev2; nothing was changed\n"
    assert (result.exit_code, result.stderr) == (1, said)


def test_an_incident_that_is_not_there_is_not_found(tocsin: Shell) -> None:
    result = tocsin("incident", "show", "INC-7")
    assert (result.exit_code, result.stderr) == (1, "tocsin: there is no incident INC-7\n")


def test_the_timeline_tells_what_happened_in_order(declared: Shell) -> None:
    declared.says("incident", "update", "INC-1", "Rolled back")
    told = [row["text"] for row in declared.json("incident", "timeline", "INC-1")]
    assert told == ["Incident opened as sev2: Checkout answers with 500", "Rolled back"]


def test_a_title_cannot_steer_the_terminal(tocsin: Shell) -> None:
    said = tocsin.says("incident", "declare", "\x1b[2Jgone [red]?[/red]")
    assert said == "INC-1 declared: [2Jgone [red]?[/red] (sev3, investigating)\n"
