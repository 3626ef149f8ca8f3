"""PostgreSQL announces what happens in the exchange, when it commits: one word on a channel, once a transaction."""

from sqlalchemy import DDL, event

from sigma_core.exchange.tables import conflict, delivery, knowledge

CHANNEL = "sigma_exchange"
_FUNCTION = f"""
CREATE OR REPLACE FUNCTION sigma_announce() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN PERFORM pg_notify('{CHANNEL}', ''); RETURN NULL; END $$
"""
_TRIGGERS = {
    knowledge: "AFTER INSERT OR UPDATE OF evidence_count ON knowledge_exchange FOR EACH STATEMENT",
    conflict: "AFTER INSERT OR UPDATE ON knowledge_conflict FOR EACH STATEMENT",
    delivery: "AFTER UPDATE OF state ON knowledge_delivery FOR EACH ROW "
    "WHEN (NEW.state = 'dead' OR OLD.state = 'dead')",
}

for table, when in _TRIGGERS.items():
    for statement in (_FUNCTION, f"CREATE TRIGGER sigma_announce {when} EXECUTE FUNCTION sigma_announce()"):
        event.listen(table, "after_create", DDL(statement).execute_if(dialect="postgresql"))  # type: ignore[no-untyped-call]
