"""The words of a slash command: one table each, from which help, tray and the nearest word come."""

import difflib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from sqlmodel.ext.asyncio.session import AsyncSession

from tocsin.bot.office import Ask, Office, Reply

Handler = Callable[[Office, AsyncSession, Ask], Awaitable[Reply]]
"""Does what was asked, in the caller's transaction; raises TocsinError with the sentence to be said."""


@dataclass(frozen=True)
class Word:
    """One verb."""

    name: str
    handler: Handler
    help: str
    example: str
    """What to type after the command."""
    aliases: tuple[str, ...] = ()


def find(words: Sequence[Word], typed: str) -> Word | None:
    """Return the word that was typed, by its name or another name of it."""
    return next((word for word in words if typed.lower() in (word.name, *word.aliases)), None)


def nearest(command: str, words: Sequence[Word], typed: str) -> str:
    """Return what to say about a word that does not exist."""
    names = [name for word in words for name in (word.name, *word.aliases)]
    close = difflib.get_close_matches(typed.lower(), names, n=1, cutoff=0.5)
    meant = f" Did you mean `{command} {close[0]}`?" if close else ""
    shown = typed.replace("`", "'").replace("<", "&lt;").replace(">", "&gt;")[:40]
    return f"There is no `{command} {shown}`.{meant} `{command} help` shows every word."


def help_text(command: str, words: Sequence[Word]) -> str:
    """Return every word with an example."""
    return "\n".join(f"`{command} {word.example}`  {word.help}" for word in words)


def hint(words: Sequence[Word]) -> str:
    """Return the words for the command's usage hint."""
    return f"[{' | '.join(word.name for word in words)}]"
