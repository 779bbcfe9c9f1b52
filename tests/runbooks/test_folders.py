"""Folders of runbooks, read when a server starts."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.runbooks.houses import ADMIN, entries, house_with, published, text
from tocsin.events import runbook as events
from tocsin.main import House

PAY, LATER = text("pay"), text("pay", "look", "rest")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "runbooks").mkdir()
    (tmp_path / "runbooks" / "pay.yaml").write_text(PAY)
    return tmp_path / "runbooks"


@asynccontextmanager
async def started(database_url: str, folder: Path) -> AsyncIterator[House]:
    """Start a server whose TOCSIN_RUNBOOKS names the folder."""
    home, named = folder.parent / "house", str(folder)
    async with house_with(database_url, home, "", serving=True, TOCSIN_RUNBOOKS=named) as house:
        yield house


async def test_a_changed_file_is_published(database_url: str, folder: Path) -> None:
    async with started(database_url, folder) as house:
        assert await published(house, "pay") == PAY
    (folder / "pay.yaml").write_text(LATER)
    async with started(database_url, folder) as house:
        assert await published(house, "pay") == LATER


async def test_what_a_person_chose_is_not_moved_by_a_changed_file(database_url: str, folder: Path) -> None:
    async with started(database_url, folder) as house, house.database.transaction() as session:
        await house.proposals.publish(session, ADMIN, "pay")
    (folder / "pay.yaml").write_text(LATER)
    async with started(database_url, folder) as house:
        assert await published(house, "pay") == PAY


async def test_a_file_with_a_mistake_keeps_no_server_from_starting(database_url: str, folder: Path) -> None:
    async with started(database_url, folder):
        pass
    (folder / "pay.yaml").write_text("- 1\n")
    async with started(database_url, folder) as house:
        refused = [one.event for one in await entries(house, "system")][-1]
        assert await published(house, "pay") == PAY
    assert isinstance(refused, events.SourceRefused)
    assert refused.problems[0].startswith(f"{folder}/pay.yaml:1:1: ")


async def test_a_file_that_is_gone_is_published_no_more(database_url: str, folder: Path) -> None:
    async with started(database_url, folder):
        pass
    (folder / "pay.yaml").unlink()
    async with started(database_url, folder) as house:
        assert await published(house, "pay") is None


async def test_what_a_person_chose_outlives_its_file(database_url: str, folder: Path) -> None:
    async with started(database_url, folder) as house, house.database.transaction() as session:
        await house.proposals.publish(session, ADMIN, "pay")
    (folder / "pay.yaml").unlink()
    async with started(database_url, folder) as house:
        assert await published(house, "pay") == PAY


async def test_a_folder_that_is_not_there_takes_nothing_away(database_url: str, folder: Path) -> None:
    async with started(database_url, folder):
        pass
    shutil.move(folder, f"{folder}-away")
    async with started(database_url, folder) as house:
        assert await published(house, "pay") == PAY


async def test_a_mounted_config_map_is_read(database_url: str, folder: Path) -> None:
    (folder / "..2026_11_25").mkdir()
    (folder / "pay.yaml").rename(folder / "..2026_11_25" / "pay.yaml")
    (folder / "..data").symlink_to("..2026_11_25")
    (folder / "pay.yaml").symlink_to("..data/pay.yaml")
    async with started(database_url, folder) as house:
        assert await published(house, "pay") == PAY


async def test_a_link_that_leads_out_of_the_folder_is_refused(database_url: str, folder: Path) -> None:
    (folder / "passwd.yaml").symlink_to("/etc/passwd")
    async with started(database_url, folder) as house:
        refused = [one.event for one in await entries(house, "system")][-1]
    assert isinstance(refused, events.SourceRefused)
    assert refused.problems == (
        f"{folder}/passwd.yaml:1:1: is a link that leads out of the folder; put the file itself here",
    )
