"""AWS Fault Injection Service: start an experiment, and stop one."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from pydantic import AliasPath, Field, JsonValue

from tocsin.actions.aws.client import Account, Answer, account_of, arn, read
from tocsin.actions.aws.desired import Lasting
from tocsin.actions.aws.verbs import Named, OnAws, refused
from tocsin.actions.base import Change, Effect, Frozen, Plan, Risk, Verdict
from tocsin.connections import AwsConnection

ON_PURPOSE = "this breaks things on purpose"
NO_STOP = "nothing but people stops it: the template has no alarm as a stop condition"

_ID = r"^[A-Za-z0-9]{8,64}$"
_GOING_ON = ("pending", "initiating", "running")


class TemplateNamed(Named):
    """A template of experiments."""

    template: str = Field(pattern=_ID, description="Its id: `EXT…`")
    without_stop_condition: bool = Field(
        default=False, description="Start it though no alarm of the template would stop it"
    )

    @property
    def path(self) -> str:
        return f"fis/{self.template}"


class ExperimentPlan(Plan):
    """The experiments of the template that there were: undo stops what came since."""

    known: tuple[str, ...]


class ExperimentStarted(Frozen):
    """The experiment, as far as FIS has accepted it; ``verify`` waits until it runs or has ended."""

    experiment: str
    template: str


class _Experiment(Answer):
    id: str
    template: str = Field(default="", validation_alias="experimentTemplateId")
    status: str = Field(validation_alias=AliasPath("state", "status"))
    reason: str = Field(default="", validation_alias=AliasPath("state", "reason"))

    @property
    def state(self) -> str:
        return f"the experiment {self.id} is {self.status}. {self.reason}".strip()


class StartExperiment(OnAws[TemplateNamed, ExperimentPlan, ExperimentStarted]):
    """Start an experiment. Undo stops it, and FIS takes its faults back as far as it can.

    Refused where the template has no alarm that stops it, unless the runbook says otherwise.
    """

    name = "fis.start"
    risk = Risk.HIGH
    effect = Effect.KEYED
    settle = timedelta(minutes=10)

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        return f"aws fis start-experiment --experiment-template-id {given.get('template')}"

    def rights(self, at: AwsConnection, want: TemplateNamed) -> Iterable[tuple[str, str]]:
        template = arn(at, "fis", f"experiment-template/{want.template}")
        experiments = arn(at, "fis", "experiment/*")
        return (
            ("fis:GetExperimentTemplate", template),
            ("fis:ListExperiments", "*"),
            ("fis:StartExperiment", template),
            ("fis:StartExperiment", experiments),
            ("fis:StopExperiment", experiments),
        )

    def plan(self, want: TemplateNamed) -> ExperimentPlan:
        account = account_of(self.connections, want)
        found: dict[str, Any] = account.call("fis", "get_experiment_template", id=want.template)[
            "experimentTemplate"
        ]
        stops = any(one["source"] != "none" for one in found["stopConditions"])
        if not (stops or want.without_stop_condition):
            raise refused(
                f"no alarm stops {want.template}",
                "Give it a stop condition, or set `without_stop_condition`.",
            )
        deeds = ", ".join(sorted({one["actionId"] for one in found["actions"].values()}))
        change = Change(resource=want.resource, field="experiment", before=None, after="a new one")
        return ExperimentPlan(
            summary=f"Start {want.template}: {found.get('description', '')} ({deeds})",
            changes=(change,),
            warnings=(ON_PURPOSE,) if stops else (ON_PURPOSE, NO_STOP),
            known=tuple(one.id for one in _experiments(account, want)),
        )

    def run(self, want: TemplateNamed, plan: ExperimentPlan, key: str) -> ExperimentStarted:
        answer = account_of(self.connections, want).call(
            "fis",
            "start_experiment",
            experimentTemplateId=want.template,
            clientToken=str(uuid5(NAMESPACE_URL, f"tocsin:{key}")),
        )
        return ExperimentStarted(experiment=answer["experiment"]["id"], template=want.template)

    def verify(self, want: TemplateNamed, plan: ExperimentPlan) -> Verdict:
        since = _since(account_of(self.connections, want), want, plan)
        told = "; ".join(one.state for one in since) or "no experiment was started since the plan"
        if any(one.status in ("failed", "cancelled") for one in since):
            return Verdict(state="failed", reason=told)
        begun = since and all(one.status not in ("pending", "initiating") for one in since)
        return Verdict(state="ok" if begun else "waiting", reason=told)

    def undo(self, want: TemplateNamed, plan: ExperimentPlan) -> None:
        account = account_of(self.connections, want)
        for one in _since(account, want, plan):
            if one.status in _GOING_ON:
                account.call("fis", "stop_experiment", id=one.id)


class ExperimentNamed(Named):
    """An experiment."""

    experiment: str = Field(pattern=_ID, description="Its id: `EXP…`")

    @property
    def path(self) -> str:
        return f"fis/{self.experiment}"


class Running(Frozen):
    """Whether an experiment goes on."""

    running: bool


class StopExperiment(Lasting[ExperimentNamed, Running]):
    """Stop an experiment, which takes its faults back as far as FIS can. There is no undo."""

    name = "fis.stop"
    risk = Risk.LOW
    settle = timedelta(minutes=15)

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        return f"aws fis stop-experiment --id {given.get('experiment')}"

    def rights(self, at: AwsConnection, want: ExperimentNamed) -> Iterable[tuple[str, str]]:
        experiment = arn(at, "fis", f"experiment/{want.experiment}")
        return ("fis:GetExperiment", experiment), ("fis:StopExperiment", experiment)

    def look(self, account: Account, want: ExperimentNamed) -> Running:
        return Running(running=_experiment(account, want).status in _GOING_ON)

    def goal(self, account: Account, want: ExperimentNamed, now: Running) -> Running:
        return Running(running=False)

    def told(self, want: ExperimentNamed, now: Running, goal: Running) -> str:
        return f"Stop the experiment {want.experiment}"

    def put(self, account: Account, want: ExperimentNamed, now: Running, goal: Running) -> None:
        account.call("fis", "stop_experiment", id=want.experiment)

    def settled(self, account: Account, want: ExperimentNamed, goal: Running) -> Verdict:
        found = _experiment(account, want)
        return Verdict(state="waiting" if found.status == "stopping" else "ok", reason=found.state)


def _experiment(account: Account, want: ExperimentNamed) -> _Experiment:
    return read(_Experiment, account.call("fis", "get_experiment", id=want.experiment)["experiment"])


def _experiments(account: Account, want: TemplateNamed) -> list[_Experiment]:
    """Return the experiments of a template, of the last months."""
    answer = account.call("fis", "list_experiments", experimentTemplateId=want.template, maxResults=100)
    return [read(_Experiment, one) for one in answer["experiments"]]


def _since(account: Account, want: TemplateNamed, plan: ExperimentPlan) -> list[_Experiment]:
    return [one for one in _experiments(account, want) if one.id not in plan.known]
