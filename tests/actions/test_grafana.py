"""grafana.annotate and grafana.panel_png: what is marked, what is found again, what is no picture."""

import hashlib
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.actions.graphs import Graphs, png
from tests.actions.kube import CANARY
from tests.actions.servers import Site
from tocsin.actions.grafana.annotate import Annotate, AnnotateGraphs
from tocsin.actions.grafana.panel import Photograph, PhotographPanel
from tocsin.connections import Connections
from tocsin.errors import ActionFailed, ErrorClass

ROLLBACK = Annotate(text="Rolled back", tags=("rollback",))


@pytest.fixture
def graphs(site: Site) -> Graphs:
    return Graphs(site)


@pytest.fixture
def annotate(graphs: Graphs) -> AnnotateGraphs:
    return AnnotateGraphs(Connections({"grafana:main": graphs.connection()}))


@pytest.fixture
def photograph(graphs: Graphs) -> PhotographPanel:
    return PhotographPanel(Connections({"grafana:main": graphs.connection()}))


def test_an_annotation_carries_the_key_of_its_step(annotate: AnnotateGraphs, graphs: Graphs) -> None:
    annotate.run(ROLLBACK, annotate.plan(ROLLBACK), "step-1")
    assert graphs.annotations[0]["tags"] == ["rollback", "tocsin", "tocsin:step-1"]


def test_another_step_that_says_the_same_makes_its_own(annotate: AnnotateGraphs, graphs: Graphs) -> None:
    made = [annotate.run(ROLLBACK, annotate.plan(ROLLBACK), key) for key in ("step-1", "step-2", "step-2")]
    assert [(one.id, one.annotated) for one in made] == [(1, True), (2, True), (2, False)]


def test_undo_leaves_what_an_earlier_run_has_marked(annotate: AnnotateGraphs, graphs: Graphs) -> None:
    annotate.run(ROLLBACK, annotate.plan(ROLLBACK), "yesterday")
    plan = annotate.plan(ROLLBACK)
    annotate.run(ROLLBACK, plan, "today")
    annotate.undo(ROLLBACK, plan)
    assert [one["tags"][-1] for one in graphs.annotations] == ["tocsin:yesterday"]


def test_undo_leaves_what_people_have_marked(annotate: AnnotateGraphs, graphs: Graphs) -> None:
    plan = annotate.plan(ROLLBACK)
    graphs.annotations.append({"id": 77, "text": ROLLBACK.text, "tags": ["rollback"]})
    annotate.run(ROLLBACK, plan, "step-1")
    annotate.undo(ROLLBACK, plan)
    assert [one["id"] for one in graphs.annotations] == [77]


def test_a_plan_says_the_same_while_nothing_changes(annotate: AnnotateGraphs, graphs: Graphs) -> None:
    assert annotate.plan(ROLLBACK).digest == annotate.plan(ROLLBACK).digest


@pytest.mark.parametrize(
    ("place", "where"),
    [
        ({}, "every dashboard that shows rollback and tocsin"),
        ({"dashboard": "svc-red"}, "the dashboard Service RED"),
        ({"dashboard": "svc-red", "panel": 4}, "panel 4 of the dashboard Service RED"),
    ],
)
def test_the_plan_says_where_it_will_be_seen(
    annotate: AnnotateGraphs, place: dict[str, object], where: str
) -> None:
    assert annotate.plan(ROLLBACK.model_copy(update=place)).summary == f"Mark this moment on {where}"


def test_only_what_says_the_same_in_the_same_place_waits_in_line(annotate: AnnotateGraphs) -> None:
    others = [ROLLBACK.model_copy(update=change) for change in ({"text": "Other"}, {"dashboard": "svc-red"})]
    assert len({annotate.resources(one)[0] for one in (ROLLBACK, ROLLBACK.model_copy(), *others)}) == 3


def test_a_panel_needs_its_dashboard() -> None:
    with pytest.raises(ValueError, match="give the `dashboard`"):
        Annotate(text="x", panel=4)


@pytest.mark.parametrize(
    "plan",
    [
        lambda graphs: AnnotateGraphs(graphs).plan(Annotate(text="x", dashboard="svc-red", panel=9)),
        lambda graphs: PhotographPanel(graphs).plan(Photograph(dashboard="svc-red", panel=9)),
    ],
)
def test_a_panel_that_is_not_there_is_missing(graphs: Graphs, plan: Callable[[Connections], object]) -> None:
    with pytest.raises(ActionFailed, match="has no panel 9") as caught:
        plan(Connections({"grafana:main": graphs.connection()}))
    assert caught.value.kind is ErrorClass.MISSING


def test_a_refusal_is_told_in_grafanas_words(graphs: Graphs) -> None:
    action = AnnotateGraphs(Connections({"grafana:main": graphs.connection("wrong")}))
    with pytest.raises(ActionFailed, match="answered 401, not 2xx: Unauthorized"):
        action.plan(ROLLBACK)


def test_what_is_no_grafana_is_recognised(annotate: AnnotateGraphs, site: Site) -> None:
    site.answers("/api/annotations", body=b"<html>", content_type="text/html")
    with pytest.raises(ActionFailed, match="Correct the base URL"):
        annotate.plan(ROLLBACK)


def test_a_picture_is_told_by_its_size_and_digest(photograph: PhotographPanel) -> None:
    want = Photograph(dashboard="svc-red", panel=4, width=200, height=100)
    picture, drawn = photograph.run(want, photograph.plan(want), ""), png(200, 100)
    assert (picture.size, picture.sha256) == (len(drawn), hashlib.sha256(drawn).hexdigest())


def test_a_picture_is_of_the_time_and_the_variables_asked_for(
    photograph: PhotographPanel, site: Site
) -> None:
    want = Photograph(dashboard="svc-red", panel=4, window=600, vars={"service": "a b"})
    picture = photograph.run(want, photograph.plan(want), "")
    asked = parse_qs(urlsplit(site.seen[-1].path).query)
    assert int(asked["to"][0]) - int(asked["from"][0]) == 600_000
    assert asked["var-service"] == ["a b"]
    assert (picture.end - picture.start).total_seconds() == 600


def test_the_addresses_show_that_time_for_ever(photograph: PhotographPanel, site: Site) -> None:
    want = Photograph(dashboard="svc-red", panel=4)
    picture = photograph.run(want, photograph.plan(want), "")
    times = f"from={int(picture.start.timestamp())}000&to={int(picture.end.timestamp())}000"
    assert picture.panel_url == f"{site.url}/d/svc-red?{times}&viewPanel=4"
    assert picture.image_url.startswith(f"{site.url}/render/d-solo/svc-red?{times}&panelId=4&width=1000")


def test_without_a_renderer_it_is_refused_when_planning(photograph: PhotographPanel, graphs: Graphs) -> None:
    graphs.renderer = False
    with pytest.raises(ActionFailed, match="no image renderer") as caught:
        photograph.plan(Photograph(dashboard="svc-red", panel=4))
    assert caught.value.kind is ErrorClass.INVALID


def test_a_picture_that_says_that_there_is_none_is_a_failure(
    photograph: PhotographPanel, graphs: Graphs
) -> None:
    graphs.busy = True
    want = Photograph(dashboard="svc-red", panel=4)
    with pytest.raises(ActionFailed, match="did not draw the panel") as caught:
        photograph.run(want, photograph.plan(want), "")
    assert caught.value.retryable


def test_no_token_is_in_the_addresses(photograph: PhotographPanel) -> None:
    want = Photograph(dashboard="svc-red", panel=4)
    assert CANARY not in photograph.run(want, photograph.plan(want), "").model_dump_json()
