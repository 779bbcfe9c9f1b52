"""What triggers count, what they suggest, and how far each schedule has come."""

from alembic import op

revision = "0008"
down_revision = "0006"

_STATEMENTS = """
alter table run add column fired_by text;
create index run_fired_by on run (fired_by, requested_at) where fired_by is not null;
create table suggestion (
    id text primary key,
    runbook text not null,
    inputs jsonb not null,
    trigger text not null,
    fired_by text not null,
    dedupe_key text,
    incident_id text,
    position bigint not null,
    suggested_at timestamptz not null,
    run_id text,
    taken_by text
);
create index suggestion_fired_by on suggestion (fired_by, suggested_at);
create index suggestion_incident on suggestion (incident_id) where run_id is null;
create table tick (
    trigger text primary key,
    last timestamptz not null
)
"""


def upgrade() -> None:
    """Add the column and the tables."""
    for statement in _STATEMENTS.split(";"):
        op.execute(statement)
