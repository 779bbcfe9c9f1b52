"""The same listeners over Socket Mode."""

from pathlib import Path

from tests.bot.stage import opened
from tests.bot.test_commands import say


async def test_a_command_is_answered_over_socket_mode(database_url: str, tmp_path: Path) -> None:
    async with opened(database_url, tmp_path, by_socket=True) as stage:
        await stage.play(stage.player.wait_for, lambda: stage.player.calls("apps.connections.open"))
        told = await say(stage, "/incident declare Checkout is slow")
        sent = await stage.play(stage.player.deliveries)
    assert "INC-1" in told
    assert all(attempt["status"] == 200 for one in sent for attempt in one["attempts"])  # type: ignore[attr-defined]
