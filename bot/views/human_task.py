"""What a run asks a person to do or to look at, and after that, what they said."""

from dataclasses import dataclass

from tocsin.bot.human_tasks import HumanTask
from tocsin.bot.names import ActionId
from tocsin.bot.speech import Words
from tocsin.bot.views.run import Card
from tocsin.bot.views.text import (
    Block,
    actions,
    button,
    clamp,
    clamp_lines,
    context,
    esc,
    link,
    section,
    when,
    who,
)
from tocsin.events import run as events
from tocsin.events import steering
from tocsin.log import Entry
from tocsin.runbooks.overview import title
from tocsin.runbooks.standing import ABORT, ANSWERS, Answer, Doubt, Stuck, stuck

_TEXT = 2000


@dataclass(frozen=True)
class TaskCard:
    """A human task, and the run that waits for it."""

    task: HumanTask
    card: Card

    @property
    def value(self) -> str:
        """Return what the buttons carry."""
        return f"{self.card.state.id}:{self.task.step}"

    @property
    def title(self) -> str:
        """Return what people call the step."""
        return clamp(title(self.card.program, self.card.state, self.task.step), 300)


def shown(one: TaskCard) -> Words:
    """Return the message: with buttons while it is open, with the answer after that."""
    asked = one.task.asked.event
    if isinstance(asked, steering.ManualRequested):
        head, body, row = f"To do by hand: {one.title}", _to_do(asked), _hands(one)
    else:
        found = _stuck(one)
        head, body = f"Needs a look: {one.title}", _doubt(asked, found)
        row = _answers(one, found.doubt) if found is not None else []
    end = one.task.end
    sign = ":raising_hand:" if end is None else ":ballot_box_with_check:"
    blocks = [section(f"{sign} *{esc(head)}*"), section(body), context(_terms(one))]
    blocks += row if end is None else [section(_ending(end))]
    return Words(esc(f"{head} ({one.card.title})"), tuple(blocks))


def _to_do(asked: steering.ManualRequested) -> str:
    lines = [f"• {esc(entry)}" for entry in asked.checklist]
    text = clamp(asked.instructions, _TEXT)
    return "\n".join([esc(text), clamp_lines(lines, 900)]).strip() or "Do it, then say that it is done."


def _hands(one: TaskCard) -> list[Block]:
    done = button(ActionId.COMPLETE, "Mark done…", one.value, "primary")
    return [actions(done, button(ActionId.REFUSE, "Cannot be done…", one.value, "danger"))]


def _stuck(one: TaskCard) -> Stuck | None:
    found = stuck(one.card.program, one.card.state)
    return next((each for each in found if each.step == one.task.step), None)


def _doubt(asked: object, found: Stuck | None) -> str:
    told = found.told if found is not None else _known(asked)
    question = ANSWERS[found.doubt].question if found is not None else ""
    return (
        "\n".join(part for part in (question, f">{esc(clamp(told, _TEXT))}" if told else "") if part) or "…"
    )


def _known(asked: object) -> str:
    match asked:
        case steering.VerificationUnclear(reason=reason):
            return reason
        case events.UndoFailed(mend=mend):
            return mend
        case _:
            return "Nobody could tell whether it happened."


def _answers(one: TaskCard, doubt: Doubt) -> list[Block]:
    answers, value = ANSWERS[doubt], f"{doubt}:{one.value}"
    row = [
        _button(ActionId.DOUBT_YES, answers.yes, value),
        _button(ActionId.DOUBT_NO, answers.no, value),
        _button(ActionId.ABORT_RUN, ABORT, one.card.state.id) | {"style": "danger"},
    ]
    return [actions(*row)]


def _button(action: ActionId, answer: Answer, value: str) -> Block:
    confirm = {
        "title": {"type": "plain_text", "text": "Sure?"},
        "text": {"type": "plain_text", "text": clamp(f"{answer.label}: {answer.effect}.", 300)},
        "confirm": {"type": "plain_text", "text": "Yes"},
        "deny": {"type": "plain_text", "text": "Not yet"},
    }
    return button(action, answer.label, value) | {"confirm": confirm}


def _terms(one: TaskCard) -> str:
    asked, card = one.task.asked.event, one.card
    parts = [link(card.url, f"run {card.state.id[:8]}"), f"asked by {who(card.state.requested_by)}"]
    if isinstance(asked, steering.ManualRequested):
        parts.append(f"for {esc(asked.assignee or 'every responder')}")
        parts += [f"expires {when(asked.expires_at)}"] if one.task.end is None else []
    return " · ".join(parts)


def _ending(end: Entry) -> str:
    at = when(end.occurred_at, "{time}")
    match end.event:
        case steering.ManualCompleted():
            return f":white_check_mark: Done by {who(end.actor)} {at}"
        case steering.ManualRefused(reason=reason):
            return f":no_entry: {who(end.actor)} {at}: it cannot be done\n>{esc(clamp(reason, _TEXT))}"
        case events.UnknownResolved(happened=happened):
            return f":white_check_mark: {who(end.actor)} looked {at}: it {'is' if happened else 'is not'} so"
        case steering.UndoResolved(undone=undone):
            did = "put it back by hand" if undone else "lets the undo be tried again"
            return f":white_check_mark: {who(end.actor)} {did} {at}"
        case events.StepFailed(error=error):
            return f":x: Nobody did {at}: {esc(clamp(error, 600))}"
        case events.UndoStarted():
            return f":leftwards_arrow_with_hook: It is undone ({at})."
        case _:
            return f":black_square_for_stop: The run ended {at}."
