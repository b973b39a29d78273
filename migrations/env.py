"""Runs the migrations on the connection that the caller passes in `config.attributes`."""

from alembic import context

from portal import schema

OURS = set(schema.metadata.tables)


def _ours(obj, name, type_, reflected, compare_to):
    """Leave the tables of the job queue to the package that owns them."""
    table = name if type_ == "table" else getattr(getattr(obj, "table", None), "name", None)
    return table is None or table in OURS


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=schema.metadata,
    include_object=_ours,
    compare_type=True,
    compare_server_default=True,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
