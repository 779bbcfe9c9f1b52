"""The answers to POSTs that came with an Idempotency-Key."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Create the table. It is no projection: emptying it forgets which requests were answered."""
    op.execute(
        """
        create table idempotency (
            caller text not null,
            key text not null,
            request text not null,
            status integer not null,
            body text not null,
            created_at timestamptz not null,
            primary key (caller, key)
        )
        """
    )
    op.execute("create index idempotency_age on idempotency (created_at)")
