"""Slash commands, buttons and windows, as people in the workspace use them."""

import time
from urllib.parse import urlencode

import httpx2
import pytest

from tests.bot.stage import SECRET, Stage, declare
from tocsin.playground.slack.delivery import sign


async def say(stage: Stage, words: str, user: str = "ana", channel: str = "#general") -> str:
    """Give a command and return what is said back."""
    answer = await stage.play(stage.player.command, user, channel, words)
    ack = answer["ack"]
    return str(ack.get("text", "")) if isinstance(ack, dict) else str(ack)


async def test_declaring_says_that_it_is_stored(stage: Stage) -> None:
    assert "*INC-1 Checkout is slow* is declared (sev3)" in await say(
        stage, "/incident declare Checkout is slow"
    )


async def test_an_unknown_word_gets_the_nearest_one(stage: Stage) -> None:
    assert "Did you mean `/incident declare`?" in await say(stage, "/incident delcare Checkout")


async def test_help_shows_every_word(stage: Stage) -> None:
    told = await say(stage, "/incident help")
    assert [line.split()[1].strip("`") for line in told.splitlines()] == [
        "declare", "status", "update", "severity", "role", "resolve", "reopen", "list", "help",
    ]  # fmt: skip


async def test_the_bare_command_is_a_tray(stage: Stage) -> None:
    await say(stage, "/incident")
    tray = await stage.play(stage.player.wait_for_message, "#general", "Declare an incident", seen_by="U0ANA")
    assert tray["ephemeral_to"] == "U0ANA"


async def test_the_trays_button_opens_the_window(stage: Stage) -> None:
    await say(stage, "/incident")
    tray = await stage.play(stage.player.wait_for_message, "#general", "Declare an incident", seen_by="U0ANA")
    await stage.play(stage.player.press, "ana", tray, "tray_declare")
    assert await stage.play(stage.player.wait_for_view, "ana", "Declare")


async def test_the_window_declares_with_everything_it_asks_for(stage: Stage) -> None:
    await say(stage, "/incident declare")
    view = await stage.play(stage.player.wait_for_view, "ana", "Declare")
    filled = {
        "title": "A leak",
        "severity": "sev1",
        "service": "checkout",
        "summary": "Logs",
        "private": ["yes"],
    }
    await stage.play(stage.player.submit, "ana", view, filled)
    incident = await stage.incident()
    found = (incident.title, incident.severity, incident.service, incident.summary, incident.private)
    assert found == ("A leak", "sev1", "checkout", "Logs", True)


async def test_the_shortcut_opens_the_window(stage: Stage) -> None:
    await stage.play(stage.player.shortcut, "bo", "declare_shortcut")
    assert await stage.play(stage.player.wait_for_view, "bo", "Declare")


async def test_a_title_that_is_only_blanks_is_refused_in_the_window(stage: Stage) -> None:
    await say(stage, "/incident declare")
    view = await stage.play(stage.player.wait_for_view, "ana", "Declare")
    done = await stage.play(stage.player.submit, "ana", view, {"title": "   "})
    assert "Nothing was declared" in str(done["errors"])


async def test_status_moves_the_incident_of_the_channel(stage: Stage) -> None:
    incident = await stage.declared()
    await say(stage, "/incident status identified bad deploy", channel=incident.channel or "")
    assert (await stage.incident()).status == "identified"


async def test_an_incident_can_be_named_from_anywhere(stage: Stage) -> None:
    await declare(stage, title="Checkout is slow")
    assert await say(stage, "/incident severity INC-1 sev1") == "INC-1 is sev1 now."


async def test_elsewhere_a_command_without_a_name_says_how_to_name_one(stage: Stage) -> None:
    assert "name the incident" in await say(stage, "/incident resolve")


async def test_a_role_is_given_by_part_of_its_name(stage: Stage) -> None:
    incident = await stage.declared()
    told = await say(stage, "/incident role commander @bo", channel=incident.channel or "")
    assert told == "<@U0BO> is incident commander of INC-1 now."


async def test_resolving_from_the_summarys_button_asks_what_fixed_it(stage: Stage) -> None:
    incident = await stage.declared()
    summary = await stage.play(stage.player.wait_for_message, incident.channel or "", "opened")
    await stage.play(stage.player.press, "ana", summary, "incident_resolve")
    view = await stage.play(stage.player.wait_for_view, "ana", "Resolve INC-1")
    await stage.play(stage.player.submit, "ana", view, {"reason": "rolled back"})
    assert (await stage.incident()).status == "resolved"


async def test_a_resolved_incidents_summary_has_no_buttons(stage: Stage) -> None:
    incident = await stage.declared()
    await say(stage, "/incident resolve", channel=incident.channel or "")
    summary = await stage.play(stage.player.wait_for_message, incident.channel or "", "lasted")
    assert "actions" not in [block["type"] for block in summary["blocks"]]  # type: ignore[attr-defined]


async def test_resolving_twice_changes_nothing_and_says_so(stage: Stage) -> None:
    incident = await stage.declared()
    await say(stage, "/incident resolve", channel=incident.channel or "")
    assert "already" in await say(stage, "/incident resolve", channel=incident.channel or "")


async def test_the_list_names_open_incidents_and_no_private_one(stage: Stage) -> None:
    await declare(stage, title="Seen by all")
    await declare(stage, title="Hidden", private=True)
    told = await say(stage, "/incident list")
    assert ("Seen by all" in told, "Hidden" in told) == (True, False)


async def test_a_bot_cannot_give_commands(stage: Stage) -> None:
    assert "cannot give commands" in await say(stage, "/incident declare Spam", user="slackbot")


async def test_a_private_incident_is_unknown_to_others(stage: Stage) -> None:
    await declare(stage, title="A leak", private=True)
    assert "There is no incident INC-1" in await say(stage, "/incident status INC-1", user="dee")


async def test_whoever_is_brought_into_a_private_channel_knows_the_incident(stage: Stage) -> None:
    await declare(stage, title="A leak", private=True)
    room = await stage.play(stage.player.wait_for_channel, "inc-1-a-leak")
    await stage.artefact((await stage.incident()).id, "summary")
    await stage.play(stage.player.join, "dee", str(room["id"]))

    async def known() -> bool:
        return "U0DEE" in (await stage.incident()).people

    await stage.until(known)
    assert "INC-1 A leak" in await say(stage, "/incident status INC-1", user="dee")


async def test_somebody_elses_title_pings_nobody(stage: Stage) -> None:
    await declare(stage, title="<!channel> is down & out")
    told = await say(stage, "/incident list")
    assert "&lt;!channel&gt; is down &amp; out" in told


async def test_a_bug_is_answered_with_a_reference(stage: Stage) -> None:
    async with stage.office.database.transaction() as session:
        connection = await session.connection()
        await connection.exec_driver_sql("drop table assignment")
    await declare(stage, title="Checkout is slow")
    assert "reference `" in await say(stage, "/incident status INC-1")


def request(text: str, trigger: str = "1.2.abc") -> str:
    """Write a slash command down as Slack posts it."""
    return urlencode(
        {
            "command": "/incident",
            "text": text,
            "user_id": "U0ANA",
            "channel_id": "C0GENERAL",
            "team_id": "T0ACME",
            "trigger_id": trigger,
            "response_url": "http://127.0.0.1:9/none",
        }
    )


async def post(stage: Stage, body: str, *, secret: str = SECRET, age: int = 0, retry: str = "") -> int:
    """Post a signed request and return the status."""
    at = str(int(time.time()) - age)
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Slack-Request-Timestamp": at,
        "X-Slack-Signature": sign(secret, at, body),
    } | ({"X-Slack-Retry-Num": retry} if retry else {})
    async with httpx2.AsyncClient(trust_env=False) as client:
        return (await client.post(stage.door, content=body, headers=headers)).status_code


async def test_a_request_sent_again_does_nothing_twice(stage: Stage) -> None:
    first = await post(stage, request("declare Once"))
    again = await post(stage, request("declare Once"), retry="1")
    assert (first, again, (await stage.incident()).number) == (200, 200, 1)


@pytest.mark.parametrize(("secret", "age"), [("another secret", 0), (SECRET, 301)])
async def test_a_wrong_signature_and_an_old_one_are_refused(stage: Stage, secret: str, age: int) -> None:
    assert await post(stage, request("declare Forged"), secret=secret, age=age) == 401


async def test_a_signature_of_four_minutes_ago_is_good(stage: Stage) -> None:
    assert await post(stage, request("list"), age=240) == 200
