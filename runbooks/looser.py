"""Whether a changed value lets more happen than before. Every rule answers None when it does not."""

from collections.abc import Callable, Iterable, Mapping

from pydantic import JsonValue

from tocsin.runbooks.model import parse_duration

Rule = Callable[[JsonValue, JsonValue], str | None]
"""Returns what the change from the first value to the second one lets happen."""

EVERYBODY = "*"
_HARMLESS = frozenset({"role:admin"})
"""Whoever may do everything anyway."""


def gone(before: JsonValue, after: JsonValue) -> str | None:
    """Tell of a limit that is not there any more."""
    return "is taken away" if before and not after else None


def another(before: JsonValue, after: JsonValue) -> str | None:
    """Tell of a limit that is gone or another one; whether that holds less back, a reviewer decides."""
    return gone(before, after) or ("is another one" if before and before != after else None)


def longer(before: JsonValue, after: JsonValue) -> str | None:
    """Tell of a longer span of time."""
    if before is None or after is None:
        return gone(before, after)
    return "is longer" if parse_duration(after) > parse_duration(before) else None


def shorter(before: JsonValue, after: JsonValue) -> str | None:
    """Tell of a shorter span of time, or of none any more."""
    if before is None or after is None:
        return gone(before, after)
    return "is shorter" if parse_duration(after) < parse_duration(before) else None


def higher(before: JsonValue, after: JsonValue) -> str | None:
    """Tell of a higher upper limit."""
    if not isinstance(before, int | float) or not isinstance(after, int | float):
        return "is taken away" if before is not None and after is None else None
    return "is higher" if after > before else None


def lower(before: JsonValue, after: JsonValue) -> str | None:
    """Tell of a lower lower limit."""
    if not isinstance(before, int | float) or not isinstance(after, int | float):
        return "is taken away" if before is not None and after is None else None
    return "is lower" if after < before else None


def turned_on(before: JsonValue, after: JsonValue) -> str | None:
    """Tell of what was not allowed before."""
    return "is allowed" if after and not before else None


def turned_off(before: JsonValue, after: JsonValue) -> str | None:
    """Tell of a precaution that is not taken any more."""
    return "is dropped" if before and not after else None


def longer_list(before: JsonValue, after: JsonValue) -> str | None:
    """Tell of further choices."""
    if not isinstance(before, list):
        return None
    if not isinstance(after, list):
        return "is taken away"
    more = [one for one in after if one not in before]
    return f"also allows {', '.join(map(str, more))}" if more else None


def shorter_list(before: JsonValue, after: JsonValue) -> str | None:
    """Tell of precautions that are not among the others any more."""
    kept = after if isinstance(after, list) else []
    if not isinstance(before, list) or all(one in kept for one in before):
        return None
    return "is another one" if kept else "is taken away"


def unfrozen(before: JsonValue, after: JsonValue) -> str | None:
    """Tell of calendars that do not hold any more. None: those that hold for everybody."""
    if after == "none":
        return "is dropped" if before != "none" else None
    return "is another one" if before != after and before != "none" else None


def down(*order: str) -> Rule:
    """Return a rule: the value went down in ``order``, which begins with the most careful one."""

    def rule(before: JsonValue, after: JsonValue) -> str | None:
        known = before in order and after in order
        went = known and order.index(str(after)) > order.index(str(before))
        return "is less careful" if went else None

    return rule


def unverified(before: JsonValue, after: JsonValue) -> str | None:
    """Tell of fewer looks afterwards. None: the action looks itself; an empty list: nobody does."""
    if after == [] and before != []:
        return "is not looked at any more"
    fewer = isinstance(before, list) and isinstance(after, list) and len(after) < len(before)
    return "is looked at less" if fewer else None


def wider(before: Iterable[str], after: Iterable[str]) -> list[str]:
    """Return the principals who may what they might not before."""
    known = set(before)
    if EVERYBODY in known:
        return []
    return sorted(set(after) - known - _HARMLESS)


GUARDRAILS: Mapping[str, Rule] = {
    "timeout": longer,
    "lock": shorter_list,
    "max_targets": higher,
    "rate_limit.max": higher,
    "rate_limit.per": shorter,
    "cooldown.window": shorter,
    "cooldown.then": down("refuse", "propose"),
    "freeze": unfrozen,
}
"""What is not listed is looser as soon as it is another one: a reviewer decides."""
INPUT: Mapping[str, Rule] = {
    "pattern": another,
    "enum": longer_list,
    "max": higher,
    "max_length": higher,
    "min": lower,
    "min_length": lower,
}
ENVIRONMENT: Rule = down("deny", "propose", "auto")
"""Of one entry of ``guardrails.environments``."""
STEP: Mapping[str, Rule] = {
    "if": gone,
    "assert": shorter_list,
    "runbook": another,
    "foreach.fail_fast": turned_off,
    "foreach.max_parallel": higher,
    "foreach.stop_when": another,
    "foreach.waves": another,
    "manual": gone,
    "manual.checklist": shorter_list,
    "approve": gone,
    "approve.count": lower,
    "approve.self": turned_on,
    "approve.editor": turned_on,
    "approve.confirm": gone,
    "approve.expires": longer,
    "approve.on_expiry": down("cancel", "compensate", "skip"),
    "verify": unverified,
    "undo": down("auto", "none"),
    "point_of_no_return": turned_on,
    "on_failure.then": down("compensate", "fail", "continue"),
}
TRIGGER: Mapping[str, Rule] = {
    "mode": down("suggest", "propose", "auto"),
    "when": gone,
    "dedupe": gone,
    "dedupe.window": shorter,
    "cooldown": shorter,
    "storm": gone,
    "storm.max": higher,
    "storm.per": shorter,
    "storm.then": down("drop", "propose"),
    "max_age": longer,
}
