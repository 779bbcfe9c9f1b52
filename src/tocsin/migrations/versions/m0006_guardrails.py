"""What limits count runs by, and the switch that stops everything."""

from alembic import op

revision = "0006"
down_revision = "0005"

_STATEMENTS = """
alter table run add column rate_key text;
alter table run add column cooldown_key text;
alter table run add column rerun_of text;
create index run_rate on run (runbook, rate_key, requested_at) where rate_key is not null;
create index run_cooldown on run (runbook, cooldown_key, finished_at) where cooldown_key is not null;
create table stop (
    id integer primary key,
    reason text not null,
    stopped_by text not null,
    stopped_at timestamptz not null
)
"""


def upgrade() -> None:
    """Add the columns and the table."""
    for statement in _STATEMENTS.split(";"):
        op.execute(statement)
