"""Every command there is: where it is written, and the line that lists it."""

from collections.abc import Mapping
from typing import NamedTuple


class Leaf(NamedTuple):
    """A command."""

    where: str
    """``module:function``, the module in this package unless it has a dot; imported when called."""
    help: str
    """The first line of the function's docstring."""


class Topic(NamedTuple):
    """Commands on one kind of thing."""

    help: str
    commands: Mapping[str, Leaf]


_RUNBOOK = {
    "lint": Leaf("linting:lint", "Say everything that is wrong with runbook files, by line and column."),
    "schema": Leaf("schemas:schema", "Print the JSON Schema of runbook files, or the actions there are."),
    "list": Leaf("runbooks:list_published", "List the published runbooks."),
    "show": Leaf("runbooks:show", "Print a runbook as a checklist to follow by hand."),
    "diff": Leaf("runbooks:diff", "Show what changed between two revisions of a runbook."),
    "publish": Leaf("runbooks:publish", "Make a file or a recorded revision the one that runs."),
    "plan": Leaf("planning:plan", "Print what a run would change, and touch nothing."),
    "run": Leaf("starting:run", "Start a run, and follow it with --wait."),
}
_RUN = {
    "list": Leaf("runs:list_newest", "List the newest runs."),
    "show": Leaf("runs:show", "Show a run: its steps, plans, approvals and errors."),
    "approve": Leaf("runs:approve", "Approve what a run asks for now."),
    "reject": Leaf("runs:reject", "Refuse what a run asks for now; the run is cancelled."),
    "cancel": Leaf("runs:cancel", "Stop a run after the step it is in."),
    "resolve-unknown": Leaf(
        "runs:resolve_unknown", "Say whether a step of unknown outcome happened; the run goes on."
    ),
}
_INCIDENT = {
    "declare": Leaf("incidents:declare", "Declare an incident."),
    "list": Leaf("incidents:list_newest", "List the open incidents."),
    "show": Leaf("incidents:show", "Show an incident as it stands."),
    "update": Leaf("incidents:update", "Tell everybody where things stand."),
    "status": Leaf("incidents:status", "Move an incident to another status."),
    "severity": Leaf("incidents:severity", "Set an incident's severity."),
    "timeline": Leaf("incidents:show_timeline", "Print what happened, in order."),
    "resolve": Leaf("incidents:resolve", "End an incident."),
    "reopen": Leaf("incidents:reopen", "Take a resolved incident up again."),
}
_POSTMORTEM = {
    "draft": Leaf("postmortems:draft", "Write the draft of a resolved incident's postmortem."),
    "show": Leaf("postmortems:show", "Print a postmortem."),
    "export": Leaf("postmortems:export", "Write a postmortem to a file."),
}
COMMANDS: Mapping[str, Leaf | Topic] = {
    "serve": Leaf("serving:serve", "Answer HTTP and Slack, and do jobs."),
    "worker": Leaf("serving:worker", "Do jobs, beside whoever else does."),
    "demo": Leaf("tocsin.playground.demo:demo", "Practise: a whole town on this machine, with an incident."),
    "incident": Topic("Declare incidents, and bring them to an end.", _INCIDENT),
    "runbook": Topic("Check, publish, plan and run runbooks.", _RUNBOOK),
    "run": Topic("Look at runs, and decide on them.", _RUN),
    "postmortem": Topic("Draft and export postmortems.", _POSTMORTEM),
    "audit": Topic(
        "Check that nobody changed the log.",
        {"verify": Leaf("records:verify", "Walk the hash chain of every stream.")},
    ),
    "db": Topic(
        "Look after the database.",
        {
            "upgrade": Leaf("records:upgrade", "Bring the schema up to date."),
            "rebuild": Leaf("records:rebuild", "Fold every table again from the log."),
        },
    ),
    "slack": Topic(
        "Connect Slack.", {"manifest": Leaf("slack:print_manifest", "Print the manifest of the Slack app.")}
    ),
}
