"""The first schema."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from sigma_core.database import PortableJSON, UTCDateTime

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:

    op.create_table(
        "audit_log",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("object", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.String(length=2000), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
    )
    with op.batch_alter_table("audit_log", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_log_created_at"), ["created_at"], unique=False)

    op.create_table(
        "console_visit",
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("since", UTCDateTime(), nullable=False),
        sa.Column("seen_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("actor", name=op.f("pk_console_visit")),
    )
    op.create_table(
        "executor",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("host", sa.String(length=200), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("started_at", UTCDateTime(), nullable=False),
        sa.Column("seen_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_executor")),
    )
    with op.batch_alter_table("executor", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_executor_seen_at"), ["seen_at"], unique=False)

    op.create_table(
        "graph_outbox",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("origin", sa.String(length=20), nullable=False),
        sa.Column("origin_id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=60), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", UTCDateTime(), nullable=True),
        sa.Column("token", sa.String(length=40), nullable=True),
        sa.Column("error", sa.String(length=2000), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_graph_outbox")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("graph_outbox", schema=None) as batch_op:
        batch_op.create_index(
            "ix_graph_outbox_blocking",
            ["subject"],
            unique=False,
            sqlite_where=sa.text("state = 'leased' OR (state = 'pending' AND attempts > 0)"),
            postgresql_where=sa.text("state = 'leased' OR (state = 'pending' AND attempts > 0)"),
        )
        batch_op.create_index(
            "uq_graph_outbox_pending",
            ["origin", "origin_id"],
            unique=True,
            sqlite_where=sa.text("state = 'pending'"),
            postgresql_where=sa.text("state = 'pending'"),
        )

    op.create_table(
        "graph_updates",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("written", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("paused_until", UTCDateTime(), nullable=True),
        sa.Column("last_written_at", UTCDateTime(), nullable=True),
        sa.Column("last_error", sa.String(length=2000), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_graph_updates")),
    )
    op.create_table(
        "job",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("every_s", sa.Integer(), nullable=False),
        sa.Column("every_set_by", sa.String(length=200), nullable=True),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("next_at", UTCDateTime(), nullable=False),
        sa.Column("last_enqueued_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_job")),
    )
    op.create_table(
        "project",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("path", sa.String(length=4096), nullable=False),
        sa.Column("head", sa.String(length=64), nullable=False),
        sa.Column("test_command", sa.String(length=2000), nullable=True),
        sa.Column("python", sa.String(length=4096), nullable=True),
        sa.Column("reduced_sandbox", sa.Boolean(), nullable=False),
        sa.Column("trusted", sa.Boolean(), nullable=False),
        sa.Column("model_allowed", sa.Boolean(), nullable=False),
        sa.Column("autonomy", sa.String(length=10), nullable=True),
        sa.Column("unready", sa.String(length=2000), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("removed_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project")),
        sa.UniqueConstraint("name", name=op.f("uq_project_name")),
    )
    op.create_table(
        "prompt_usage",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.String(length=40), nullable=False),
        sa.Column("prompt", sa.String(length=120), nullable=False),
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column("worker", sa.String(length=40), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=True),
        sa.Column("project_id", sa.Integer(), nullable=True),
        sa.Column("model", sa.String(length=120), nullable=False),
        sa.Column("input_tokens", sa.Integer(), nullable=True),
        sa.Column("output_tokens", sa.Integer(), nullable=True),
        sa.Column("cached_tokens", sa.Integer(), nullable=True),
        sa.Column("cost_nano_usd", sa.Integer(), nullable=True),
        sa.Column("latency_ms", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("success", sa.Boolean(), nullable=False),
        sa.Column("error", sa.String(length=2000), nullable=True),
        sa.Column("context", PortableJSON(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prompt_usage")),
        sa.UniqueConstraint("call_id", name=op.f("uq_prompt_usage_call_id")),
    )
    with op.batch_alter_table("prompt_usage", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_prompt_usage_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_prompt_usage_day"), ["day"], unique=False)
        batch_op.create_index(batch_op.f("ix_prompt_usage_run_id"), ["run_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_prompt_usage_worker"), ["worker"], unique=False)

    op.create_table(
        "recall_document",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("key", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=True),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("words", sa.Integer(), nullable=False),
        sa.Column("stamp", UTCDateTime(), nullable=False),
        sa.Column("recorded_at", UTCDateTime(), nullable=False),
        sa.Column("decay_s", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recall_document")),
        sa.UniqueConstraint("kind", "key", name=op.f("uq_recall_document_kind_key")),
    )
    with op.batch_alter_table("recall_document", schema=None) as batch_op:
        batch_op.create_index("ix_recall_document_kind_stamp", ["kind", "stamp"], unique=False)
        batch_op.create_index(batch_op.f("ix_recall_document_project_id"), ["project_id"], unique=False)

    op.create_table(
        "worker_knowledge_state",
        sa.Column("worker", sa.String(length=40), nullable=False),
        sa.Column("snapshot", PortableJSON(), nullable=False),
        sa.Column("last_exchange_at", UTCDateTime(), nullable=True),
        sa.Column("published", sa.Integer(), nullable=False),
        sa.Column("received", sa.Integer(), nullable=False),
        sa.Column("acknowledged", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("worker", name=op.f("pk_worker_knowledge_state")),
    )
    op.create_table(
        "worker_memory",
        sa.Column("worker", sa.String(length=40), nullable=False),
        sa.Column("memory", PortableJSON(), nullable=False),
        sa.Column("changed_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("worker", name=op.f("pk_worker_memory")),
    )
    op.create_table(
        "code_snapshot",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("commit", sa.String(length=64), nullable=False),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("complexity", PortableJSON(), nullable=False),
        sa.Column("issue_counts", PortableJSON(), nullable=False),
        sa.Column("skipped", PortableJSON(), nullable=False),
        sa.Column("detectors", sa.String(length=64), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_code_snapshot_project_id_project")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_code_snapshot")),
        sa.UniqueConstraint("project_id", "commit", name=op.f("uq_code_snapshot_project_id_commit")),
    )
    op.create_table(
        "cycle_report",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("worker", sa.String(length=40), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=True),
        sa.Column("duration_ms", sa.Integer(), nullable=False),
        sa.Column("produced", sa.Integer(), nullable=False),
        sa.Column("published", sa.Integer(), nullable=False),
        sa.Column("received", sa.Integer(), nullable=False),
        sa.Column("figures", PortableJSON(), nullable=False),
        sa.Column("finished_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_cycle_report_project_id_project")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cycle_report")),
        sa.UniqueConstraint("run_id", name=op.f("uq_cycle_report_run_id")),
    )
    with op.batch_alter_table("cycle_report", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_cycle_report_worker"), ["worker"], unique=False)

    op.create_table(
        "issue",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("detector", sa.String(length=40), nullable=False),
        sa.Column("rule", sa.String(length=80), nullable=False),
        sa.Column("family", sa.String(length=20), nullable=False),
        sa.Column("file", sa.String(length=4096), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("end_line", sa.Integer(), nullable=False),
        sa.Column("severity", sa.String(length=10), nullable=False),
        sa.Column("message", sa.String(length=2000), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("fix", PortableJSON(), nullable=True),
        sa.Column("applicability", sa.String(length=10), nullable=True),
        sa.Column("opened_commit", sa.String(length=64), nullable=False),
        sa.Column("seen_commit", sa.String(length=64), nullable=False),
        sa.Column("opened_at", UTCDateTime(), nullable=False),
        sa.Column("changed_at", UTCDateTime(), nullable=False),
        sa.Column("note", sa.String(length=2000), nullable=True),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_issue_project_id_project")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issue")),
        sa.UniqueConstraint("project_id", "fingerprint", name=op.f("uq_issue_project_id_fingerprint")),
    )
    with op.batch_alter_table("issue", schema=None) as batch_op:
        batch_op.create_index("ix_issue_project_id_state_severity", ["project_id", "state", "severity"], unique=False)

    op.create_table(
        "knowledge_exchange",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("target", PortableJSON(), nullable=False),
        sa.Column("type", sa.String(length=40), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=True),
        sa.Column("urgency", sa.String(length=10), nullable=False),
        sa.Column("data", PortableJSON(), nullable=False),
        sa.Column("meta", PortableJSON(), nullable=False),
        sa.Column("digest", sa.String(length=40), nullable=True),
        sa.Column("subject", sa.String(length=40), nullable=True),
        sa.Column("evidence_count", sa.Integer(), nullable=False),
        sa.Column("validation_status", sa.String(length=20), nullable=False),
        sa.Column("contradicted_at", UTCDateTime(), nullable=True),
        sa.Column("run_id", sa.Integer(), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("refreshed_at", UTCDateTime(), nullable=False),
        sa.Column("processed_at", UTCDateTime(), nullable=True),
        sa.Column("archived_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_knowledge_exchange_project_id_project")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_knowledge_exchange")),
        sa.UniqueConstraint("digest", name=op.f("uq_knowledge_exchange_digest")),
    )
    with op.batch_alter_table("knowledge_exchange", schema=None) as batch_op:
        batch_op.create_index(
            "ix_knowledge_exchange_project_id",
            ["project_id"],
            unique=False,
            sqlite_where=sa.text("project_id IS NOT NULL"),
            postgresql_where=sa.text("project_id IS NOT NULL"),
        )
        batch_op.create_index("ix_knowledge_exchange_refreshed_at", ["refreshed_at"], unique=False)
        batch_op.create_index("ix_knowledge_exchange_source", ["source"], unique=False)
        batch_op.create_index(
            "ix_knowledge_exchange_subject",
            ["subject"],
            unique=False,
            sqlite_where=sa.text("subject IS NOT NULL"),
            postgresql_where=sa.text("subject IS NOT NULL"),
        )
        batch_op.create_index("ix_knowledge_exchange_type_refreshed_at", ["type", "refreshed_at"], unique=False)

    op.create_table(
        "learned_pattern",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("rule", sa.String(length=80), nullable=False),
        sa.Column("fixer", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("type", sa.String(length=40), nullable=False),
        sa.Column("description", sa.String(length=2000), nullable=False),
        sa.Column("successes", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("changed_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_learned_pattern_project_id_project")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_learned_pattern")),
        sa.UniqueConstraint("project_id", "rule", "fixer", name=op.f("uq_learned_pattern_project_id_rule_fixer")),
    )
    op.create_table(
        "recall_word",
        sa.Column("word", sa.String(length=60), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.Column("occurrences", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"], ["recall_document.id"], name=op.f("fk_recall_word_document_id_recall_document")
        ),
        sa.PrimaryKeyConstraint("word", "document_id", name=op.f("pk_recall_word")),
    )
    with op.batch_alter_table("recall_word", schema=None) as batch_op:
        batch_op.create_index("ix_recall_word_document_id", ["document_id"], unique=False)

    op.create_table(
        "run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slot", sa.String(length=80), nullable=False),
        sa.Column("worker", sa.String(length=40), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("due_at", UTCDateTime(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(length=200), nullable=True),
        sa.Column("lease_until", UTCDateTime(), nullable=True),
        sa.Column("cancel_requested", sa.Boolean(), nullable=False),
        sa.Column("requested_by", sa.String(length=200), nullable=False),
        sa.Column("progress", sa.String(length=300), nullable=True),
        sa.Column("produced", sa.Integer(), nullable=False),
        sa.Column("published", sa.Integer(), nullable=False),
        sa.Column("received", sa.Integer(), nullable=False),
        sa.Column("figures", PortableJSON(), nullable=False),
        sa.Column("error", sa.String(length=8000), nullable=True),
        sa.Column("queued_at", UTCDateTime(), nullable=False),
        sa.Column("started_at", UTCDateTime(), nullable=True),
        sa.Column("finished_at", UTCDateTime(), nullable=True),
        sa.Column("duration_ms", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_run_project_id_project")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run")),
    )
    with op.batch_alter_table("run", schema=None) as batch_op:
        batch_op.create_index("ix_run_project_id_queued_at", ["project_id", "queued_at"], unique=False)
        batch_op.create_index("ix_run_state_due", ["state", "due_at"], unique=False)
        batch_op.create_index("ix_run_worker_finished_at", ["worker", "finished_at"], unique=False)
        batch_op.create_index(
            "uq_run_slot_queued",
            ["slot"],
            unique=True,
            sqlite_where=sa.text("state = 'queued'"),
            postgresql_where=sa.text("state = 'queued'"),
        )
        batch_op.create_index(
            "uq_run_slot_running",
            ["slot"],
            unique=True,
            sqlite_where=sa.text("state = 'running'"),
            postgresql_where=sa.text("state = 'running'"),
        )

    op.create_table(
        "knowledge_conflict",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("type", sa.String(length=40), nullable=False),
        sa.Column("standing_id", sa.Integer(), nullable=False),
        sa.Column("challenger_id", sa.Integer(), nullable=False),
        sa.Column("winner_id", sa.Integer(), nullable=True),
        sa.Column("strategy", sa.String(length=20), nullable=False),
        sa.Column("weights", PortableJSON(), nullable=False),
        sa.Column("decided_by", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.String(length=2000), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("decided_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["challenger_id"],
            ["knowledge_exchange.id"],
            name=op.f("fk_knowledge_conflict_challenger_id_knowledge_exchange"),
        ),
        sa.ForeignKeyConstraint(
            ["standing_id"],
            ["knowledge_exchange.id"],
            name=op.f("fk_knowledge_conflict_standing_id_knowledge_exchange"),
        ),
        sa.ForeignKeyConstraint(
            ["winner_id"], ["knowledge_exchange.id"], name=op.f("fk_knowledge_conflict_winner_id_knowledge_exchange")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_knowledge_conflict")),
    )
    with op.batch_alter_table("knowledge_conflict", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_knowledge_conflict_challenger_id"), ["challenger_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_knowledge_conflict_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_knowledge_conflict_standing_id"), ["standing_id"], unique=False)

    op.create_table(
        "knowledge_delivery",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("knowledge_id", sa.Integer(), nullable=False),
        sa.Column("recipient", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", UTCDateTime(), nullable=True),
        sa.Column("receipt", sa.String(length=40), nullable=True),
        sa.Column("error", sa.String(length=2000), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("done_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["knowledge_id"],
            ["knowledge_exchange.id"],
            name=op.f("fk_knowledge_delivery_knowledge_id_knowledge_exchange"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_knowledge_delivery")),
        sa.UniqueConstraint("knowledge_id", "recipient", name=op.f("uq_knowledge_delivery_knowledge_id_recipient")),
    )
    with op.batch_alter_table("knowledge_delivery", schema=None) as batch_op:
        batch_op.create_index(
            "ix_knowledge_delivery_due",
            ["recipient", "due_at"],
            unique=False,
            sqlite_where=sa.text("due_at IS NOT NULL"),
            postgresql_where=sa.text("due_at IS NOT NULL"),
        )
        batch_op.create_index("ix_knowledge_delivery_inbox", ["recipient", "state", "rank", "id"], unique=False)

    op.create_table(
        "knowledge_origin",
        sa.Column("origin", sa.String(length=200), nullable=False),
        sa.Column("knowledge_id", sa.Integer(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["knowledge_id"],
            ["knowledge_exchange.id"],
            name=op.f("fk_knowledge_origin_knowledge_id_knowledge_exchange"),
        ),
        sa.PrimaryKeyConstraint("origin", name=op.f("pk_knowledge_origin")),
    )
    with op.batch_alter_table("knowledge_origin", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_knowledge_origin_knowledge_id"), ["knowledge_id"], unique=False)

    op.create_table(
        "knowledge_validation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("knowledge_id", sa.Integer(), nullable=True),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("type", sa.String(length=80), nullable=False),
        sa.Column("validator", sa.String(length=40), nullable=False),
        sa.Column("verdict", sa.String(length=20), nullable=True),
        sa.Column("valid", sa.Boolean(), nullable=False),
        sa.Column("score", sa.Float(), nullable=True),
        sa.Column("feedback", PortableJSON(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["knowledge_id"],
            ["knowledge_exchange.id"],
            name=op.f("fk_knowledge_validation_knowledge_id_knowledge_exchange"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_knowledge_validation")),
    )
    with op.batch_alter_table("knowledge_validation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_knowledge_validation_knowledge_id"), ["knowledge_id"], unique=False)
        batch_op.create_index("ix_knowledge_validation_source_valid", ["source", "valid"], unique=False)

    op.create_table(
        "proposal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("issue_id", sa.Integer(), nullable=True),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("description", sa.String(length=8000), nullable=False),
        sa.Column("change_type", sa.String(length=20), nullable=False),
        sa.Column("diff", sa.String(), nullable=False),
        sa.Column("diff_sha256", sa.String(length=64), nullable=False),
        sa.Column("content_sha256", sa.String(length=64), nullable=False),
        sa.Column("base_commit", sa.String(length=64), nullable=False),
        sa.Column("files", PortableJSON(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("origin", sa.String(length=40), nullable=False),
        sa.Column("fixer", sa.String(length=40), nullable=False),
        sa.Column("rule", sa.String(length=80), nullable=True),
        sa.Column("prompt_version", sa.String(length=120), nullable=True),
        sa.Column("model_answer", sa.String(), nullable=True),
        sa.Column("knowledge_ids", PortableJSON(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("apply_requested_by", sa.String(length=200), nullable=True),
        sa.Column("apply_error", sa.String(length=2000), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("changed_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["issue_id"], ["issue.id"], name=op.f("fk_proposal_issue_id_issue")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_proposal_project_id_project")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal")),
        sa.UniqueConstraint(
            "project_id", "base_commit", "diff_sha256", name=op.f("uq_proposal_project_id_base_commit_diff_sha256")
        ),
    )
    with op.batch_alter_table("proposal", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_proposal_content_sha256"), ["content_sha256"], unique=False)
        batch_op.create_index(batch_op.f("ix_proposal_issue_id"), ["issue_id"], unique=False)
        batch_op.create_index("ix_proposal_project_id_state", ["project_id", "state"], unique=False)

    op.create_table(
        "run_step",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("result", PortableJSON(), nullable=False),
        sa.Column("duration_ms", sa.Integer(), nullable=False),
        sa.Column("finished_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_run_step_run_id_run")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run_step")),
        sa.UniqueConstraint("run_id", "name", name=op.f("uq_run_step_run_id_name")),
    )
    op.create_table(
        "outcome",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("branch", sa.String(length=250), nullable=True),
        sa.Column("commit", sa.String(length=64), nullable=True),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["proposal_id"], ["proposal.id"], name=op.f("fk_outcome_proposal_id_proposal")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outcome")),
        sa.UniqueConstraint("proposal_id", "kind", name=op.f("uq_outcome_proposal_id_kind")),
    )
    op.create_table(
        "verification",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        sa.Column("evidence", PortableJSON(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=True),
        sa.Column("duration_ms", sa.Integer(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["proposal_id"], ["proposal.id"], name=op.f("fk_verification_proposal_id_proposal")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verification")),
    )
    with op.batch_alter_table("verification", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_verification_proposal_id"), ["proposal_id"], unique=False)

    op.create_table(
        "committee_score",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("verification_id", sa.Integer(), nullable=False),
        sa.Column("member", sa.String(length=20), nullable=False),
        sa.Column("score", sa.Float(), nullable=True),
        sa.Column("confidence", sa.Float(), nullable=True),
        sa.Column("weight", sa.Float(), nullable=False),
        sa.Column("veto", sa.String(length=2000), nullable=True),
        sa.Column("risks", PortableJSON(), nullable=False),
        sa.Column("facts", PortableJSON(), nullable=False),
        sa.Column("opinion", PortableJSON(), nullable=True),
        sa.Column("prompt_version", sa.String(length=120), nullable=True),
        sa.Column("absent", sa.String(length=2000), nullable=True),
        sa.ForeignKeyConstraint(
            ["verification_id"], ["verification.id"], name=op.f("fk_committee_score_verification_id_verification")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_committee_score")),
        sa.UniqueConstraint("verification_id", "member", name=op.f("uq_committee_score_verification_id_member")),
    )
    op.create_table(
        "decision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        sa.Column("verification_id", sa.Integer(), nullable=True),
        sa.Column("verdict", sa.String(length=20), nullable=False),
        sa.Column("decided_by", sa.String(length=20), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("score", sa.Float(), nullable=True),
        sa.Column("confidence", sa.Float(), nullable=True),
        sa.Column("reasons", PortableJSON(), nullable=False),
        sa.Column("rules", PortableJSON(), nullable=False),
        sa.Column("knowledge", PortableJSON(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["proposal_id"], ["proposal.id"], name=op.f("fk_decision_proposal_id_proposal")),
        sa.ForeignKeyConstraint(
            ["verification_id"], ["verification.id"], name=op.f("fk_decision_verification_id_verification")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
    )
    with op.batch_alter_table("decision", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_decision_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_decision_proposal_id"), ["proposal_id"], unique=False)

    op.create_table(
        "learned_decision",
        sa.Column("decision_id", sa.Integer(), nullable=False),
        sa.Column("counted_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["decision.id"], name=op.f("fk_learned_decision_decision_id_decision")
        ),
        sa.PrimaryKeyConstraint("decision_id", name=op.f("pk_learned_decision")),
    )


def downgrade() -> None:

    op.drop_table("learned_decision")
    with op.batch_alter_table("decision", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_decision_proposal_id"))
        batch_op.drop_index(batch_op.f("ix_decision_created_at"))

    op.drop_table("decision")
    op.drop_table("committee_score")
    with op.batch_alter_table("verification", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_verification_proposal_id"))

    op.drop_table("verification")
    op.drop_table("outcome")
    op.drop_table("run_step")
    with op.batch_alter_table("proposal", schema=None) as batch_op:
        batch_op.drop_index("ix_proposal_project_id_state")
        batch_op.drop_index(batch_op.f("ix_proposal_issue_id"))
        batch_op.drop_index(batch_op.f("ix_proposal_content_sha256"))

    op.drop_table("proposal")
    with op.batch_alter_table("knowledge_validation", schema=None) as batch_op:
        batch_op.drop_index("ix_knowledge_validation_source_valid")
        batch_op.drop_index(batch_op.f("ix_knowledge_validation_knowledge_id"))

    op.drop_table("knowledge_validation")
    with op.batch_alter_table("knowledge_origin", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_knowledge_origin_knowledge_id"))

    op.drop_table("knowledge_origin")
    with op.batch_alter_table("knowledge_delivery", schema=None) as batch_op:
        batch_op.drop_index("ix_knowledge_delivery_inbox")
        batch_op.drop_index(
            "ix_knowledge_delivery_due",
            sqlite_where=sa.text("due_at IS NOT NULL"),
            postgresql_where=sa.text("due_at IS NOT NULL"),
        )

    op.drop_table("knowledge_delivery")
    with op.batch_alter_table("knowledge_conflict", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_knowledge_conflict_standing_id"))
        batch_op.drop_index(batch_op.f("ix_knowledge_conflict_created_at"))
        batch_op.drop_index(batch_op.f("ix_knowledge_conflict_challenger_id"))

    op.drop_table("knowledge_conflict")
    with op.batch_alter_table("run", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_run_slot_running",
            sqlite_where=sa.text("state = 'running'"),
            postgresql_where=sa.text("state = 'running'"),
        )
        batch_op.drop_index(
            "uq_run_slot_queued", sqlite_where=sa.text("state = 'queued'"), postgresql_where=sa.text("state = 'queued'")
        )
        batch_op.drop_index("ix_run_worker_finished_at")
        batch_op.drop_index("ix_run_state_due")
        batch_op.drop_index("ix_run_project_id_queued_at")

    op.drop_table("run")
    with op.batch_alter_table("recall_word", schema=None) as batch_op:
        batch_op.drop_index("ix_recall_word_document_id")

    op.drop_table("recall_word")
    op.drop_table("learned_pattern")
    with op.batch_alter_table("knowledge_exchange", schema=None) as batch_op:
        batch_op.drop_index("ix_knowledge_exchange_type_refreshed_at")
        batch_op.drop_index(
            "ix_knowledge_exchange_subject",
            sqlite_where=sa.text("subject IS NOT NULL"),
            postgresql_where=sa.text("subject IS NOT NULL"),
        )
        batch_op.drop_index("ix_knowledge_exchange_source")
        batch_op.drop_index("ix_knowledge_exchange_refreshed_at")
        batch_op.drop_index(
            "ix_knowledge_exchange_project_id",
            sqlite_where=sa.text("project_id IS NOT NULL"),
            postgresql_where=sa.text("project_id IS NOT NULL"),
        )

    op.drop_table("knowledge_exchange")
    with op.batch_alter_table("issue", schema=None) as batch_op:
        batch_op.drop_index("ix_issue_project_id_state_severity")

    op.drop_table("issue")
    with op.batch_alter_table("cycle_report", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_cycle_report_worker"))

    op.drop_table("cycle_report")
    op.drop_table("code_snapshot")
    op.drop_table("worker_memory")
    op.drop_table("worker_knowledge_state")
    with op.batch_alter_table("recall_document", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_recall_document_project_id"))
        batch_op.drop_index("ix_recall_document_kind_stamp")

    op.drop_table("recall_document")
    with op.batch_alter_table("prompt_usage", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_prompt_usage_worker"))
        batch_op.drop_index(batch_op.f("ix_prompt_usage_run_id"))
        batch_op.drop_index(batch_op.f("ix_prompt_usage_day"))
        batch_op.drop_index(batch_op.f("ix_prompt_usage_created_at"))

    op.drop_table("prompt_usage")
    op.drop_table("project")
    op.drop_table("job")
    op.drop_table("graph_updates")
    with op.batch_alter_table("graph_outbox", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_graph_outbox_pending",
            sqlite_where=sa.text("state = 'pending'"),
            postgresql_where=sa.text("state = 'pending'"),
        )
        batch_op.drop_index(
            "ix_graph_outbox_blocking",
            sqlite_where=sa.text("state = 'leased' OR (state = 'pending' AND attempts > 0)"),
            postgresql_where=sa.text("state = 'leased' OR (state = 'pending' AND attempts > 0)"),
        )

    op.drop_table("graph_outbox")
    with op.batch_alter_table("executor", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_executor_seen_at"))

    op.drop_table("executor")
    op.drop_table("console_visit")
    with op.batch_alter_table("audit_log", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_log_created_at"))

    op.drop_table("audit_log")
