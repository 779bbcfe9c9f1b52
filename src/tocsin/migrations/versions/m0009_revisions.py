"""Channels, proposals and sources of runbooks, and who wrote a revision where."""

from alembic import op

revision = "0009"
down_revision = "0008"

_CHANGES = """
alter table revision add column author jsonb;
alter table revision add column source text;
alter table revision add column repository text;
alter table revision add column commit text;
alter table revision add column published_at timestamptz;
update revision set author = event.actor from event
    where event.type = 'revision_recorded'
    and event.data ->> 'runbook' = revision.runbook and event.data ->> 'digest' = revision.digest;
alter table revision alter column author set not null;
update revision set published_at = first.at from (
    select data ->> 'runbook' as runbook, data ->> 'digest' as digest, min(recorded_at) as at
    from event where type = 'revision_published' group by 1, 2
) as first where first.runbook = revision.runbook and first.digest = revision.digest;

create table pointer (
    runbook text not null,
    channel text not null,
    digest text not null,
    previous text,
    by_person boolean not null,
    primary key (runbook, channel)
);
insert into pointer (runbook, channel, digest, previous, by_person)
    select published.runbook, 'published', published.digest, (
        select event.data ->> 'previous' from event
        where event.type = 'revision_published' and event.data ->> 'runbook' = published.runbook
        order by event.position desc limit 1
    ), published.by_person from published;
drop table published;

create table proposal (
    runbook text primary key,
    digest text not null,
    against text,
    proposed_by text not null,
    proposed_at timestamptz not null,
    reviewers jsonb not null
);

create table source (
    name text primary key,
    commit text not null,
    landed_at timestamptz,
    refused_commit text not null,
    problems jsonb not null,
    refused_at timestamptz
);

create table source_file (
    source text not null,
    path text not null,
    runbook text not null,
    digest text not null,
    primary key (source, path)
);
create index source_file_runbook on source_file (runbook);

create table source_look (
    name text primary key,
    at timestamptz not null,
    error text not null
);

create table standing (
    runbook text primary key,
    failures integer not null,
    demoted boolean not null
)
"""


def upgrade() -> None:
    """Change the tables, filling from the log what it knows of the past."""
    for statement in _CHANGES.split(";"):
        op.execute(statement)
