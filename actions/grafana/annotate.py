"""Mark a moment on Grafana's graphs."""

import hashlib
from typing import Annotated, Self

from pydantic import Field, JsonValue, model_validator

from tocsin.actions.base import Action, Change, Effect, Frozen, Permission, Plan, Risk, Verdict
from tocsin.actions.grafana.client import CONNECTION, Annotation, Grafana, Uid

_OURS = "tocsin"
"""Tag of every annotation made here. Beside it stands ``tocsin:<key of the step>``, which finds it again."""


class Annotate(Frozen):
    """What to mark, and where: on a panel, on a dashboard, or on every one that shows the tags."""

    connection: str = Field(default="grafana:main", description=CONNECTION)
    text: str = Field(min_length=1, max_length=4096)
    tags: tuple[Annotated[str, Field(min_length=1, max_length=100)], ...] = Field(default=(), max_length=20)
    dashboard: Uid | None = Field(default=None, description="Its uid, as in its URL")
    panel: int | None = Field(default=None, ge=1, description="Its id; needs `dashboard`")

    @model_validator(mode="after")
    def _panel_of_a_dashboard(self) -> Self:
        if self.panel is not None and self.dashboard is None:
            raise ValueError("give the `dashboard` that the `panel` is on")
        return self

    @property
    def place(self) -> dict[str, str | int]:
        """Return where it goes, in the words of the API; empty for everywhere."""
        place = {"dashboardUID": self.dashboard, "panelId": self.panel}
        return {name: value for name, value in place.items() if value is not None}

    @property
    def resource(self) -> str:
        """Return the canonical name: two annotations that say the same in the same place share it."""
        said = self.model_dump_json(exclude={"connection"})
        return f"{self.connection}/annotation/{hashlib.sha256(said.encode()).hexdigest()[:12]}"


class AnnotationPlan(Plan):
    """What was there before."""

    newest: int
    """Id of the newest annotation that says the same in the same place; 0 where there is none."""


class AnnotationMade(Frozen):
    """The annotation."""

    id: int
    annotated: bool
    """False when an earlier try had made it already."""


class AnnotateGraphs(Action[Annotate, AnnotationPlan, AnnotationMade]):
    """Mark this moment on graphs, once per step however often it is tried. Undo takes the mark away."""

    name = "grafana.annotate"
    risk = Risk.LOW
    effect = Effect.KEYED

    def resources(self, want: Annotate) -> list[str]:
        return [want.resource]

    def permissions(self, want: Annotate) -> list[Permission]:
        scope = f"dashboards:uid:{want.dashboard}" if want.dashboard else "annotations:type:organization"
        verbs = [f"annotations:{verb}" for verb in ("read", "create", "delete")]
        verbs += ["dashboards:read"] if want.dashboard else []
        return [Permission(system="grafana", verb=verb, resource=scope) for verb in verbs]

    def plan(self, want: Annotate) -> AnnotationPlan:
        grafana = Grafana(self.connections, want.connection)
        everywhere = f"every dashboard that shows {' and '.join((*want.tags, _OURS))}"
        where = grafana.place(want.dashboard, want.panel) if want.dashboard else everywhere
        change = Change(resource=want.resource, field="annotation", before=None, after=want.text)
        newest = max((one.id for one in _same(grafana, want)), default=0)
        return AnnotationPlan(summary=f"Mark this moment on {where}", changes=(change,), newest=newest)

    def run(self, want: Annotate, plan: AnnotationPlan, key: str) -> AnnotationMade:
        grafana = Grafana(self.connections, want.connection)
        mine = f"{_OURS}:{key}"
        earlier = next((one for one in grafana.annotations({"tags": mine}) if mine in one.tags), None)
        if earlier is not None:
            return AnnotationMade(id=earlier.id, annotated=False)
        tags: list[JsonValue] = [*want.tags, _OURS, mine]
        made = grafana.annotate({**want.place, "text": want.text, "tags": tags})
        return AnnotationMade(id=made, annotated=True)

    def verify(self, want: Annotate, plan: AnnotationPlan) -> Verdict:
        if self._made(want, plan):
            return Verdict(state="ok", reason="the annotation is there")
        return Verdict(state="waiting", reason="the annotation is not there")

    def undo(self, want: Annotate, plan: AnnotationPlan) -> None:
        for one in self._made(want, plan):
            Grafana(self.connections, want.connection).delete_annotation(one.id)

    def _made(self, want: Annotate, plan: AnnotationPlan) -> list[Annotation]:
        """Return what was made since the plan. The run holds the lock, so that nobody else made it."""
        found = _same(Grafana(self.connections, want.connection), want)
        return [one for one in found if one.id > plan.newest]


def _same(grafana: Grafana, want: Annotate) -> list[Annotation]:
    found = grafana.annotations({**want.place, "tags": (*want.tags, _OURS)})
    return [one for one in found if one.text == want.text and _OURS in one.tags]
