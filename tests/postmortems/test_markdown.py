from hypothesis import example, given
from hypothesis import strategies as st
from tests.postmortems.reading import markdown

from tocsin.postmortems.markdown import escaped, linked, quoted
from tocsin.postmortems.texts import one_line

PIECES = (
    "https://a.example/",
    "www.a.example",
    "&lt;",
    "&#124;",
    "\\|",
    "<b>",
    "<!--",
    "](",
    "===",
    "1. ",
    "@here",
)
SIGNS = "ab1 \n\t\\`*_{}[]()<>#+-=.!|~&$@:/;'\"\u202e"
NASTY = st.lists(st.sampled_from([*PIECES, *SIGNS]), max_size=20).map("".join)


@given(NASTY)
@example("https://a.example/b_c|d")
@example("&lt;b&gt; &#124; \\| \\\\|")
@example("<!-- --> <script>alert(1)</script>")
def test_any_text_in_a_cell_is_read_letter_by_letter(text: str) -> None:
    page = markdown(f"| head | tail |\n|---|---|\n| {escaped(text)} | end |\n")
    assert page.rows[1][0].replace("\u2060", "") == one_line(text)


@given(NASTY)
def test_no_text_in_a_cell_changes_the_table(text: str) -> None:
    page = markdown(f"| head | tail |\n|---|---|\n| {escaped(text)} | end |\n")
    assert [len(row) for row in page.rows] == [2, 2]


@given(NASTY)
@example("# heading")
@example("1. one")
@example("- - -")
@example("[x] task")
def test_a_text_in_a_list_opens_no_block_and_no_markup(text: str) -> None:
    page = markdown(f"- {escaped(text)}\n")
    assert set(page.tags) <= {"ul", "li", "a"}


@given(NASTY)
def test_every_link_a_text_can_make_shows_where_it_goes(text: str) -> None:
    page = markdown(f"- {escaped(text)}\n")
    assert all(address.startswith(("http://", "https://")) for address in page.addresses)


@given(NASTY)
@example("title\n===")
@example("```\ncode\n```")
@example("a\n\n    b")
def test_a_quote_stays_a_quote(text: str) -> None:
    page = markdown(f"before\n\n{quoted(text)}\n\nafter\n")
    assert set(page.tags) <= {"p", "blockquote", "br", "a"}


def test_a_quote_keeps_its_lines() -> None:
    assert markdown(quoted("one\ntwo")).tags == ["blockquote", "p", "br"]


def test_nobody_is_called_by_a_mention() -> None:
    assert "@channel" not in escaped("@channel look")


def test_an_email_address_is_left_as_it_is() -> None:
    assert escaped("ana@acme.example") == "ana@acme.example"


def test_an_address_with_underscores_stays_one_link() -> None:
    assert markdown(escaped("see https://a.example/b_c_d.")).addresses == ["https://a.example/b_c_d"]


def test_a_link_cannot_end_its_own_address() -> None:
    assert markdown(linked("https://a.example/> <b>|", "x](y) | z")).addresses == [
        "https://a.example/%3E%20%3Cb%3E%7C"
    ]
