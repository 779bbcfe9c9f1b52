"""The practice page draws every shortcode that Tocsin writes."""

import re
from pathlib import Path

from tocsin import bot
from tocsin.playground.slack import page

DRAWN = (Path(page.__path__[0]) / "static" / "emoji.js").read_text(encoding="utf-8")


def test_every_shortcode_of_the_bot_is_drawn() -> None:
    sources = [path.read_text(encoding="utf-8") for path in Path(bot.__path__[0]).rglob("*.py")]
    written = set(
        re.findall(r"(?<![a-z]):([a-z_]{3,}):(?!:)", "\n".join(re.findall(r'"[^"\n]*"', "\n".join(sources))))
    )
    missing = sorted(name for name in written if f"{name}: " not in DRAWN)
    assert (missing, "warning" in written) == ([], True)
