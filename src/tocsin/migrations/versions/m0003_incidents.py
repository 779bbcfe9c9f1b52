"""The projections of incidents. They can be dropped and folded again from the log."""

from alembic import op

revision = "0003"
down_revision = "0002"

_TABLES = """
create sequence incident_number;

create table incident (
    id text primary key,
    number integer not null unique,
    title text not null,
    severity text not null,
    status text not null,
    summary text not null,
    service text,
    private boolean not null,
    opened_by text not null,
    opened_by_id text not null,
    opened_at timestamptz not null,
    resolved_at timestamptz,
    changed_at timestamptz not null,
    update text not null,
    channel text unique,
    channel_name text,
    people text[] not null
);
create index incident_open on incident (service, opened_at) where resolved_at is null;

create table page (
    source text not null,
    dedup_key text not null,
    incident_id text not null,
    title text not null,
    status text not null,
    url text not null,
    changed_at timestamptz not null,
    resolved_by_us boolean not null,
    primary key (source, dedup_key)
);
create index page_incident on page (incident_id);

create table delivery (
    source text not null,
    event_id text not null,
    event_type text not null,
    subject text,
    change text,
    position bigint not null,
    primary key (source, event_id)
);
create index delivery_subject on delivery (source, subject);

create table kept (
    incident_id text not null,
    artefact text not null,
    channel text not null,
    ts text not null,
    permalink text not null,
    primary key (incident_id, artefact)
);

create table assignment (
    incident_id text not null,
    role text not null,
    person text not null,
    person_name text not null,
    primary key (incident_id, role)
)
"""


def upgrade() -> None:
    """Create the tables."""
    for statement in _TABLES.split(";"):
        op.execute(statement)
