import psycopg

from tests.cli.shell import Shell


def _change(tocsin: Shell, *statements: str) -> None:
    with psycopg.connect(tocsin.environment["TOCSIN_DATABASE_URL"], autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def test_an_untouched_log_matches_its_hashes(tocsin: Shell) -> None:
    tocsin.says("incident", "declare", "Checkout answers with 500")
    assert "streams match their hashes" in tocsin.says("audit", "verify")


def test_a_changed_event_is_found_by_its_position(tocsin: Shell) -> None:
    tocsin.says("incident", "declare", "Checkout answers with 500")
    _change(
        tocsin,
        "alter table event disable trigger event_is_append_only",
        """update event set data = jsonb_set(data, '{title}', '"Nothing"') where type = 'incident_opened'""",
    )
    result = tocsin("audit", "verify")
    assert result.exit_code == 1
    assert "(version 1 of incident/" in result.stderr
    assert "does not match its hash" in result.stderr


def test_tables_that_were_lost_are_folded_again(tocsin: Shell) -> None:
    tocsin.says("incident", "declare", "Checkout answers with 500")
    _change(tocsin, "delete from incident")
    tocsin.says("db", "rebuild")
    assert tocsin.json("incident", "show", "INC-1")["title"] == "Checkout answers with 500"


def test_the_schema_of_an_empty_database_is_brought_up_to_date(tocsin: Shell) -> None:
    _change(tocsin, "drop schema public cascade", "create schema public")
    assert "which is the newest" in tocsin.says("db", "upgrade")
