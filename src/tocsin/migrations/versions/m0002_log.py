"""The event log, which cannot be changed, only added to."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the log, its look-ups, and the trigger that refuses every change of it."""
    op.execute(
        """
        create table event (
            position bigserial primary key,
            stream text not null,
            version integer not null,
            type text not null,
            data jsonb not null,
            actor jsonb not null,
            source text not null,
            source_ref text,
            incident_id text,
            run_id text,
            occurred_at timestamptz not null,
            recorded_at timestamptz not null,
            prev_hash text not null,
            hash text not null,
            unique (stream, version)
        )
        """
    )
    op.execute(
        "create unique index event_source_ref on event (stream, source_ref) where source_ref is not null"
    )
    op.execute("create index event_incident on event (incident_id, position) where incident_id is not null")
    op.execute("create index event_type on event (type, position)")
    op.execute(
        """
        create function refuse_change_of_event() returns trigger language plpgsql as $$
        begin
            raise exception 'the event log is append-only: % refused', tg_op;
        end $$
        """
    )
    op.execute(
        """
        create trigger event_is_append_only before update or delete or truncate on event
        for each statement execute function refuse_change_of_event()
        """
    )
