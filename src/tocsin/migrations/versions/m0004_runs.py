"""The projections of runs and runbooks. They can be dropped and folded again from the log."""

from alembic import op

revision = "0004"
down_revision = "0003"

_TABLES = """
create table run (
    id text primary key,
    runbook text not null,
    revision text not null,
    status text not null,
    mode text not null,
    trigger text not null,
    incident_id text,
    requested_by text not null,
    requested_at timestamptz not null,
    finished_at timestamptz,
    summary text not null,
    dedupe_key text
);
create index run_newest on run (requested_at desc);
create index run_incident on run (incident_id) where incident_id is not null;
create index run_dedupe on run (runbook, dedupe_key, requested_at) where dedupe_key is not null;

create table lock (
    resource text not null,
    run_id text not null,
    position bigint not null,
    held boolean not null,
    primary key (resource, run_id)
);
create index lock_line on lock (resource, position);

create table revision (
    runbook text not null,
    digest text not null,
    number integer not null,
    content jsonb not null,
    text text not null,
    origin text not null,
    recorded_at timestamptz not null,
    primary key (runbook, digest),
    unique (runbook, number)
);

create table published (
    runbook text primary key,
    digest text not null,
    by_person boolean not null
)
"""


def upgrade() -> None:
    """Create the tables."""
    for statement in _TABLES.split(";"):
        op.execute(statement)
