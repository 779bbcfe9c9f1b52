"""A run as people see it: every step at its place, and of a thousand items those that matter."""

from tests.runbooks.life import Life, is_asking, nobody
from tests.runbooks.test_flow import beside, each
from tests.runbooks.world import World, put, runbook
from tocsin.errors import ErrorClass
from tocsin.runbooks.overview import SHOWN, Fold, Row, Tally, folded, rows, title

MANY = "[" + ", ".join(f"h{number}" for number in range(40)) + "]"
WITH_END = runbook(put("one", "a", 1), **{"finally": f"[{put('last', 'z', 1)}]"})
SUB = runbook(put("scale", "a", 1), put("check", "b", 2)).replace("name: boxes", "name: sub")


def shown(life: Life, *, every: bool = False) -> list[tuple[int, str, str]]:
    return [(row.depth, row.address, row.status) for row in rows(life.program, life.state, every=every)]


def of(life: Life, address: str) -> Row:
    return next(row for row in rows(life.program, life.state) if row.address == address)


def test_branches_stand_inside_their_step() -> None:
    life = Life(runbook(beside("both", put("one", "a", 1), put("two", "b", 2)), put("last", "c", 3)), World())
    assert [(depth, address) for depth, address, _ in shown(life)] == [
        (0, "both"), (1, "one"), (1, "two"), (0, "last"),
    ]  # fmt: skip


def test_the_steps_of_another_runbook_stand_inside_the_one_that_calls_it() -> None:
    life = Life(runbook("{ id: deploy, runbook: sub }"), World(), subs={"sub": SUB}).live()
    assert shown(life) == [
        (0, "deploy", "succeeded"), (1, "deploy/scale", "succeeded"), (1, "deploy/check", "succeeded"),
    ]  # fmt: skip


def test_a_few_items_have_a_row_each() -> None:
    life = Life(runbook(each("hosts", "[web, db]")), World()).live()
    assert [row.title for row in rows(life.program, life.state)] == ["hosts", "web", "db"]


def test_of_many_items_those_that_failed_and_those_at_work_have_rows() -> None:
    world = World(broken={("run", "h3"): ErrorClass.DENIED})
    life = Life(runbook(each("hosts", MANY, fail_fast="false")), world).live()
    assert [row.address for row in rows(life.program, life.state)] == ["hosts", "hosts[3]"]


def test_many_items_are_counted() -> None:
    world = World(broken={("run", "h3"): ErrorClass.DENIED})
    life = Life(runbook(each("hosts", MANY)), world).live()
    assert of(life, "hosts").tally == Tally(total=40, done=3, failed=1, running=0)


def test_what_has_not_begun_is_to_come() -> None:
    life = Life(runbook(each("hosts", MANY)), World(broken={("run", "h3"): ErrorClass.DENIED})).live()
    tally = of(life, "hosts").tally
    assert tally is not None
    assert tally.to_come == 36


def test_no_more_items_than_fit_have_rows_however_many_failed() -> None:
    world = World(broken={("run", f"h{number}"): ErrorClass.DENIED for number in range(40)})
    life = Life(runbook(each("hosts", MANY, fail_fast="false")), world).live()
    assert (len(rows(life.program, life.state)), of(life, "hosts").left_out) == (1 + SHOWN, 40 - SHOWN)


def test_all_items_are_there_for_who_asks() -> None:
    life = Life(runbook(each("hosts", MANY)), World()).live()
    assert len(rows(life.program, life.state, every=True)) == 41


def test_a_group_in_which_something_is_done_is_running() -> None:
    life = Life(runbook(each("hosts", "[h0, h1]")), World())
    life.live(until=lambda one: one.state.step("hosts[0]").status == "succeeded")
    assert of(life, "hosts").status == "running"


def test_a_group_that_is_only_planned_is_not_running() -> None:
    text = runbook(each("hosts", "[h0, h1]", approve="{ from: ['group:sre'] }"))
    life = Life(text, World(), people=nobody).live(until=is_asking)
    assert shown(life) == [
        (0, "hosts", "awaiting_approval"), (1, "hosts[0]", "planned"), (1, "hosts[1]", "planned"),
    ]  # fmt: skip


def test_what_is_run_only_at_the_end_has_no_rows_before() -> None:
    assert [address for _, address, _ in shown(Life(WITH_END, World()))] == ["one"]


def test_what_is_run_at_the_end_says_why_it_is_there() -> None:
    life = Life(WITH_END, World()).live()
    assert (of(life, "last").role, of(life, "one").role) == ("finally", "")


def test_a_handler_stands_below_the_step_that_failed() -> None:
    broken = World(broken={("run", "a"): ErrorClass.DENIED})
    text = runbook(put("one", "a", 1, on_failure="[" + put("mend", "b", 1) + "]"))
    life = Life(text, broken).live()
    assert [(row.depth, row.address, row.role) for row in rows(life.program, life.state)] == [
        (0, "one", ""), (1, "mend", "on_failure"),
    ]  # fmt: skip


def test_steps_that_undo_stand_below_what_they_undo() -> None:
    broken = World(broken={("run", "b"): ErrorClass.DENIED})
    own = "{ steps: [" + put("back", "a", 7) + "] }"
    text = runbook(put("one", "a", 1, undo=own), put("two", "b", 2), on_failure="{ compensate: true }")
    life = Life(text, broken).live()
    assert [(row.address, row.role) for row in rows(life.program, life.state)] == [
        ("one", ""), ("back", "undo"), ("two", ""),
    ]  # fmt: skip


def test_an_item_is_called_by_its_name() -> None:
    items = "[{ name: web-1, zone: a }, { zone: b }]"
    text = runbook(each("hosts", items).replace("${{ item }}", "${{ item.zone }}"))
    life = Life(text, World()).live()
    assert [row.title for row in rows(life.program, life.state)][1:] == ["web-1", '{"zone": "b"}']


def test_a_step_far_inside_is_called_with_what_is_around_it() -> None:
    text = runbook("{ id: all, name: Everywhere, runbook: sub, foreach: { items: [eu, us] } }")
    life = Life(text, World(), subs={"sub": SUB}).live()
    assert title(life.program, life.state, "all[1]/scale") == "Everywhere · us › scale"


def test_rows_that_fit_are_not_folded() -> None:
    life = Life(runbook(*(put(f"s{number}", "a", 1) for number in range(5))), World())
    assert len(folded(rows(life.program, life.state), 5)) == 5


def test_neighbours_that_say_nothing_new_are_one_line() -> None:
    world = World(broken={("run", "s"): ErrorClass.DENIED})
    text = runbook(*(put(f"s{number}", "s" if number == 20 else "a", 1) for number in range(50)))
    life = Life(text, world).live()
    lines = folded(rows(life.program, life.state), 30)
    assert [line if isinstance(line, Fold) else line.address for line in lines] == [
        Fold(20, 0, done=True), "s20", Fold(29, 0, done=False),
    ]  # fmt: skip
