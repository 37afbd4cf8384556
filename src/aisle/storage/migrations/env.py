"""What Alembic runs before the migrations: they go through the connection that `upgrade` holds."""

from alembic import context

from aisle.storage.migrations import VERSION_TABLE
from aisle.storage.tables import metadata

context.configure(
    connection=context.config.attributes["connection"], target_metadata=metadata, version_table=VERSION_TABLE
)
with context.begin_transaction():
    context.run_migrations()
