"""What everybody is told of at once."""

from tocsin.bot.names import RUNBOOK
from tocsin.bot.office import Links
from tocsin.bot.views.incident import note
from tocsin.bot.views.text import link, quoted, who
from tocsin.events import run as events
from tocsin.events import steering
from tocsin.log import Entry


def alarm(entry: Entry, links: Links) -> str:
    """Return what happened, who did it, and what anybody can do about it."""
    by = who(entry.actor)
    match entry.event:
        case steering.AutomationStopped(reason=reason):
            return (
                f":octagonal_sign: *{by} stopped all automation.* No run begins anything further; what is at "
                f"work comes to its end.\n{quoted(reason)}\nAn admin lets it go on: `{RUNBOOK} resume-all`"
            )
        case steering.AutomationResumed():
            return f":arrow_forward: {by} lets automation go on: every run goes on where it was."
        case steering.GlassBroken(reason=reason) | events.RunRequested(break_glass=reason):
            run = link(links.run(entry.run_id or ""), (entry.run_id or "")[:8])
            return (
                f":fire_extinguisher: *{by} broke the glass* for run {run}: no freeze holds for it.\n"
                f"{quoted(reason)}\nTo be reviewed afterwards: was it right, and does the calendar or the "
                "runbook have to change?"
            )
        case _:
            return note(entry)
