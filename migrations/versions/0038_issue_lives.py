"""Issues as they were in a project's past, and as what the changes for them were counted."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from sigma_core.database import PortableJSON, UTCDateTime

revision: str = "0038"
down_revision: str | None = "0037"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "past_sample",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("commit", sa.String(64), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("is_last", sa.Boolean(), nullable=False),
        sa.Column("rules", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_past_sample_project_id_project")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_past_sample")),
        sa.UniqueConstraint("project_id", "commit", name=op.f("uq_past_sample_project_id_commit")),
    )
    op.create_table(
        "past_life",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("rule", sa.String(80), nullable=False),
        sa.Column("severity", sa.String(10), nullable=False),
        sa.Column("since_at", UTCDateTime(), nullable=False),
        sa.Column("until_at", UTCDateTime(), nullable=True),
        sa.Column("ending", sa.String(10), nullable=False),
        sa.Column("oldest_mark", sa.String(64), nullable=False),
        sa.Column("newest_mark", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_past_life_project_id_project")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_past_life")),
    )
    op.create_index("ix_past_life_project_id_oldest_mark", "past_life", ["project_id", "oldest_mark"])
    op.create_index("ix_past_life_project_id_newest_mark", "past_life", ["project_id", "newest_mark"])
    op.create_table(
        "rule_expectation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("rule", sa.String(80), nullable=False),
        sa.Column("fixer", sa.String(40), nullable=False),
        *(sa.Column(name, sa.Float(), nullable=False) for name in ("wanted", "low", "high", "own_trials")),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("lives", "fixed_lives")),
        sa.Column("median_days", sa.Float(), nullable=True),
        sa.Column("pooled", sa.Float(), nullable=False),
        sa.Column("sources", PortableJSON(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("taken", "refused")),
        *(sa.Column(name, sa.Float(), nullable=False) for name in ("verifies", "seconds")),
        sa.Column("nano_usd", sa.BigInteger(), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("changed_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_rule_expectation_project_id_project")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_expectation")),
        sa.UniqueConstraint("project_id", "rule", "fixer", name=op.f("uq_rule_expectation_project_id_rule_fixer")),
    )
    op.create_table(
        "learned_change",
        sa.Column("line_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("is_success", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_learned_change_project_id_project")),
        sa.PrimaryKeyConstraint("line_id", name=op.f("pk_learned_change")),
    )
    # As what each change was counted by now: by its latest decision that was
    op.execute(
        "INSERT INTO learned_change (line_id, project_id, is_success)"
        " SELECT newest.line_id, newest.project_id,"
        " CASE decision.verdict WHEN 'approved' THEN TRUE WHEN 'rejected' THEN FALSE END FROM"
        " (SELECT COALESCE(p.lineage_id, p.id) AS line_id, MIN(p.project_id) AS project_id, MAX(d.id) AS decision_id"
        " FROM proposal p JOIN decision d ON d.proposal_id = p.id JOIN learned_decision l ON l.decision_id = d.id"
        " GROUP BY COALESCE(p.lineage_id, p.id)) AS newest JOIN decision ON decision.id = newest.decision_id"
    )


def downgrade() -> None:
    op.drop_table("learned_change")
    op.drop_table("rule_expectation")
    op.drop_table("past_life")
    op.drop_table("past_sample")
