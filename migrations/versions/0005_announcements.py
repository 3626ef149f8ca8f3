"""PostgreSQL announces what happens in the exchange, so that who watches need not ask."""

from collections.abc import Sequence

from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TRIGGERS = {
    "knowledge_exchange": "AFTER INSERT OR UPDATE OF evidence_count ON knowledge_exchange FOR EACH STATEMENT",
    "knowledge_conflict": "AFTER INSERT OR UPDATE ON knowledge_conflict FOR EACH STATEMENT",
    "knowledge_delivery": "AFTER UPDATE OF state ON knowledge_delivery FOR EACH ROW "
    "WHEN (NEW.state = 'dead' OR OLD.state = 'dead')",
}


def upgrade() -> None:
    if op.get_context().dialect.name != "postgresql":
        return
    op.execute(
        "CREATE OR REPLACE FUNCTION sigma_announce() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN PERFORM pg_notify('sigma_exchange', ''); RETURN NULL; END $$"
    )
    for when in TRIGGERS.values():
        op.execute(f"CREATE TRIGGER sigma_announce {when} EXECUTE FUNCTION sigma_announce()")


def downgrade() -> None:
    if op.get_context().dialect.name != "postgresql":
        return
    for table in TRIGGERS:
        op.execute(f"DROP TRIGGER sigma_announce ON {table}")
    op.execute("DROP FUNCTION sigma_announce()")
