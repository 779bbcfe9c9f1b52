"""A run that a trigger suggests: what it is, why, and the button that starts it."""

import json

from tocsin.bot.names import ActionId
from tocsin.bot.office import Links
from tocsin.bot.speech import Words
from tocsin.bot.views.text import actions, ago, button, clamp, clamp_lines, context, esc, link, section
from tocsin.runbooks.model import Runbook
from tocsin.runbooks.tables import Suggestion

_INPUTS = 1500
"""Characters of what the run would be given."""


def suggested(found: Suggestion, runbook: Runbook, links: Links) -> Words:
    """Return the message: with the button while nobody has taken it up, with who did after that."""
    title, description = esc(clamp(runbook.title, 150)), esc(clamp(runbook.description, 500))
    blocks = [section(f":bulb: *Run {title}?*\n{description}")]
    given = [_given(name, value) for name, value in found.inputs.items()]
    blocks += [section(f"```{clamp_lines(given, _INPUTS)}```")] if given else []
    blocks.append(context(f"`{found.runbook}` · suggested {ago(found.suggested_at)} by {esc(found.trigger)}"))
    if found.run_id is None:
        blocks.append(actions(button(ActionId.RUN_SUGGESTED, f"Run {runbook.title}", found.id, "primary")))
    else:
        started = f"started run {link(links.run(found.run_id), found.run_id[:8])}"
        blocks.append(section(f":arrow_forward: {esc(found.taken_by or '')} {started}"))
    return Words(f"Suggested: {title}", tuple(blocks))


def _given(name: str, value: object) -> str:
    shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return esc(f"{name} = {clamp(shown, 80)}").replace("`", "'").replace("\n", "⏎")
