"""Every job of Slack's by its name; main registers them with the queue."""

from collections.abc import Awaitable, Callable, Mapping

from tocsin.bot.alarms import Alarms
from tocsin.bot.office import Office
from tocsin.bot.pins import Pins
from tocsin.bot.run_tasks import RunTasks
from tocsin.bot.runs import RunMessages
from tocsin.bot.suggestions import SuggestionMessages
from tocsin.bot.telling import Telling
from tocsin.bot.upkeep import Upkeep

Task = Callable[..., Awaitable[None]]


def tasks(office: Office) -> Mapping[str, Task]:
    """Return the functions of the jobs that ``reactions`` and the listeners defer."""
    upkeep, runs, telling, pins = Upkeep(office), RunMessages(office), Telling(office), Pins(office)
    suggestions, run_tasks, alarms = SuggestionMessages(office), RunTasks(office), Alarms(office)
    return {
        "bot.open_channel": upkeep.open_channel,
        "bot.set_topic": upkeep.set_topic,
        "bot.pin_summary": upkeep.pin_summary,
        "bot.announce": upkeep.announce,
        "bot.invite": upkeep.invite,
        "bot.refresh": upkeep.refresh,
        "bot.show_run": runs.show_run,
        "bot.show_runs": runs.show_all,
        "bot.ask_approval": runs.ask_approval,
        "bot.show_decision": runs.show_decision,
        "bot.show_tasks": run_tasks.show,
        "bot.show_suggestion": suggestions.show,
        "bot.show_suggestions": suggestions.show_all,
        "bot.say": telling.say,
        "bot.alarm": alarms.sound,
        "bot.share_postmortem": telling.share_postmortem,
        "bot.show_plan": telling.show_plan,
        "bot.keep_pin": pins.keep,
    }
