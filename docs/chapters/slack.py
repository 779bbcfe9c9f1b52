"""``slack.md``: the words, and what the app may do in a workspace."""

from collections.abc import Iterator, Mapping

from docs.reading import cell
from tocsin.bot.app import COMMANDS
from tocsin.bot.hearing import EVENTS
from tocsin.bot.manifest import EVENT_SCOPES, METHODS, scopes
from tocsin.bot.names import NOTED, PINS

INTRO = f"""\
# Slack

`tocsin slack manifest` prints the app's manifest: it asks for what is listed here and nothing else.

{" or ".join(f"`:{name}:`" for name in sorted(PINS))} on a message of an incident's channel, or Slack's
own pin, puts it on the timeline at the message's own time; Tocsin answers with `:{NOTED}:`. Taking the pin
away hides it.
"""


def slack() -> str:
    """Return the page."""
    return "\n".join([INTRO, *_words(), *_scopes(), *_events()])


def _words() -> Iterator[str]:
    for command, words in COMMANDS.items():
        yield from (f"## `{command}`", "", "| Say | | Also |", "|---|---|---|")
        for word in words:
            also = ", ".join(f"`{alias}`" for alias in word.aliases)
            yield f"| `{command} {cell(word.example)}` | {cell(word.help)} | {also} |"
        yield ""


def _scopes() -> Iterator[str]:
    yield from ("## Scopes", "", "| Scope | For |", "|---|---|")
    for scope in scopes():
        uses = [*_using(scope, METHODS), *_using(scope, EVENT_SCOPES)]
        yield f"| `{scope}` | {', '.join(uses) or 'the slash commands'} |"
    yield ""


def _using(scope: str, table: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    yield from (
        f"`{name.replace('_', '.', 1)}`" if table is METHODS else f"event `{name}`"
        for name, needed in table.items()
        if scope in needed
    )


def _events() -> Iterator[str]:
    yield from ("## Events", "", "The app subscribes to:", "")
    yield from (f"* `{name}`" for name in sorted(EVENTS))
    yield ""
