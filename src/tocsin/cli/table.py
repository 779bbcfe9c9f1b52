"""Every command there is: where it is written, and the line that lists it."""

from collections.abc import Mapping
from typing import NamedTuple


class Leaf(NamedTuple):
    """A command."""

    where: str
    """``module:function``; imported when the command is called."""
    help: str
    """The first line of the function's docstring."""


class Topic(NamedTuple):
    """Commands on one kind of thing."""

    help: str
    commands: Mapping[str, Leaf]


_RUNBOOK = {
    "lint": Leaf(
        "tocsin.cli.linting:lint", "Say everything that is wrong with runbook files, by line and column."
    ),
    "test": Leaf(
        "tocsin.cli.testing:try_out", "Live runs of runbooks in the worlds that their tests declare."
    ),
    "schema": Leaf(
        "tocsin.cli.schemas:schema", "Print the JSON Schema of runbook files, or the actions there are."
    ),
    "list": Leaf(
        "tocsin.cli.runbooks:list_published", "List the published runbooks, or those of another channel."
    ),
    "show": Leaf("tocsin.cli.runbooks:show", "Print a runbook as a checklist to follow by hand."),
    "graph": Leaf("tocsin.cli.drawing:graph", "Draw a runbook, as Mermaid or as SVG."),
    "permissions": Leaf(
        "tocsin.cli.permissions:permissions",
        "Print the rights that exactly these runbooks need of the systems they act on.",
    ),
    "diff": Leaf(
        "tocsin.cli.runbooks:diff",
        "Show what the change between two revisions means, and then what it is, line by line.",
    ),
    "history": Leaf(
        "tocsin.cli.runbooks:history",
        "List a runbook's revisions, the newest first: who wrote them, where, and which channels are there.",
    ),
    "publish": Leaf("tocsin.cli.publishing:publish", "Make a file or a recorded revision the one that runs."),
    "approve": Leaf(
        "tocsin.cli.publishing:approve",
        "Agree with a runbook's proposed revision; the last one who has to publishes it by that.",
    ),
    "reject": Leaf(
        "tocsin.cli.publishing:reject", "Refuse a runbook's proposed revision; what is published stays."
    ),
    "rearm": Leaf(
        "tocsin.cli.publishing:rearm",
        "Let a runbook's triggers act by themselves again, after it failed too often in a row.",
    ),
    "sync": Leaf(
        "tocsin.cli.syncing:sync",
        "Look at folders and repositories now, and take what they say: all of it or nothing.",
    ),
    "sources": Leaf(
        "tocsin.cli.syncing:sources", "List the places that runbooks are kept in, and what landed of them."
    ),
    "plan": Leaf("tocsin.cli.planning:plan", "Print what a run would change, and touch nothing."),
    "record": Leaf("tocsin.cli.recording:record", "Print a test that lives a run again as it was."),
    "run": Leaf("tocsin.cli.starting:run", "Start a run, and follow it with --wait."),
}
_RUN = {
    "list": Leaf("tocsin.cli.runs:list_newest", "List the newest runs."),
    "show": Leaf("tocsin.cli.runs:show", "Show a run: its steps, plans, approvals, and what it waits for."),
    "approve": Leaf("tocsin.cli.runs:approve", "Approve what a run asks for now."),
    "reject": Leaf("tocsin.cli.runs:reject", "Refuse what a run asks for now; the run is cancelled."),
    "cancel": Leaf("tocsin.cli.runs:cancel", "Stop a run after the step it is in."),
    "pause": Leaf("tocsin.cli.steering:pause", "Let a run begin nothing further until it is resumed."),
    "resume": Leaf("tocsin.cli.steering:resume", "Let a paused run go on."),
    "complete": Leaf("tocsin.cli.steering:complete", "Say that a manual step is done."),
    "refuse": Leaf(
        "tocsin.cli.steering:refuse", "Say that a manual step cannot be done; it has failed then."
    ),
    "rerun": Leaf(
        "tocsin.cli.steering:rerun",
        "Start a run that has ended again, on the same revision with the same inputs.",
    ),
    "break-glass": Leaf(
        "tocsin.cli.steering:break_glass",
        "Let a run change things in spite of a freeze. An admin does that.",
    ),
    "resolve-undo": Leaf(
        "tocsin.cli.steering:resolve_undo",
        "Say that a step whose undo failed was put back by hand, or let it be tried again.",
    ),
    "resolve-unknown": Leaf(
        "tocsin.cli.runs:resolve_unknown", "Say whether a step of unknown outcome happened; the run goes on."
    ),
}
_AUTOMATION = {
    "stop": Leaf("tocsin.cli.automation:stop", "Stop all automation: no run begins anything further."),
    "resume": Leaf("tocsin.cli.automation:resume", "Let automation go on: every run goes on where it was."),
    "status": Leaf(
        "tocsin.cli.automation:status",
        "Say whether all automation is stopped, since when, by whom and why.",
    ),
}
_INCIDENT = {
    "declare": Leaf("tocsin.cli.incidents:declare", "Declare an incident."),
    "list": Leaf("tocsin.cli.incidents:list_newest", "List the open incidents."),
    "show": Leaf("tocsin.cli.incidents:show", "Show an incident as it stands."),
    "update": Leaf("tocsin.cli.incidents:update", "Tell everybody where things stand."),
    "status": Leaf("tocsin.cli.incidents:status", "Move an incident to another status."),
    "severity": Leaf("tocsin.cli.incidents:severity", "Set an incident's severity."),
    "timeline": Leaf("tocsin.cli.incidents:show_timeline", "Print what happened, in order."),
    "resolve": Leaf("tocsin.cli.incidents:resolve", "End an incident."),
    "reopen": Leaf("tocsin.cli.incidents:reopen", "Take a resolved incident up again."),
}
_POSTMORTEM = {
    "draft": Leaf("tocsin.cli.postmortems:draft", "Write the draft of a resolved incident's postmortem."),
    "show": Leaf("tocsin.cli.postmortems:show", "Print a postmortem."),
    "export": Leaf("tocsin.cli.postmortems:export", "Write a postmortem to a file."),
}
COMMANDS: Mapping[str, Leaf | Topic] = {
    "serve": Leaf("tocsin.cli.serving:serve", "Answer HTTP and Slack, and do jobs."),
    "worker": Leaf("tocsin.cli.serving:worker", "Do jobs, beside whoever else does."),
    "demo": Leaf("tocsin.playground.demo:demo", "Practise: a whole town on this machine, with an incident."),
    "incident": Topic("Declare incidents, and bring them to an end.", _INCIDENT),
    "runbook": Topic("Check, publish, plan and run runbooks.", _RUNBOOK),
    "run": Topic("Look at runs, and decide on them.", _RUN),
    "automation": Topic("Stop everything at once, and let it go on.", _AUTOMATION),
    "postmortem": Topic("Draft and export postmortems.", _POSTMORTEM),
    "audit": Topic(
        "Check that nobody changed the log.",
        {"verify": Leaf("tocsin.cli.records:verify", "Walk the hash chain of every stream.")},
    ),
    "db": Topic(
        "Look after the database.",
        {
            "upgrade": Leaf("tocsin.cli.records:upgrade", "Bring the schema up to date."),
            "rebuild": Leaf("tocsin.cli.records:rebuild", "Fold every table again from the log."),
        },
    ),
    "slack": Topic(
        "Connect Slack.",
        {"manifest": Leaf("tocsin.cli.slack:print_manifest", "Print the manifest of the Slack app.")},
    ),
}
