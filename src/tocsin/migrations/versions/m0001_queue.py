"""The job queue's own tables."""

from alembic import op
from procrastinate.schema import SchemaManager

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create procrastinate's schema; its text has percent signs, so it goes straight to the driver."""
    driver = op.get_bind().connection.driver_connection
    assert driver is not None  # noqa: S101  # alembic is never offline here
    driver.execute(SchemaManager.get_schema())
