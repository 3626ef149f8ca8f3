"""What people say of a change, and who looks after it."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from sigma_core.database import UTCDateTime

revision: str = "0040"
down_revision: str | None = "0039"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "proposal_comment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("line_id", sa.Integer(), nullable=False),
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        sa.Column("author", sa.String(200), nullable=False),
        sa.Column("text", sa.String(4000), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["line_id"], ["proposal.id"], name=op.f("fk_proposal_comment_line_id_proposal")),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["proposal.id"], name=op.f("fk_proposal_comment_proposal_id_proposal")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal_comment")),
    )
    op.create_index("ix_proposal_comment_line_id", "proposal_comment", ["line_id"])
    op.create_table(
        "proposal_assignment",
        sa.Column("line_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("assignee", sa.String(200), nullable=False),
        sa.Column("assigned_by", sa.String(200), nullable=False),
        sa.Column("assigned_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["line_id"], ["proposal.id"], name=op.f("fk_proposal_assignment_line_id_proposal")),
        sa.PrimaryKeyConstraint("line_id", name=op.f("pk_proposal_assignment")),
    )
    op.create_index("ix_proposal_assignment_assignee", "proposal_assignment", ["assignee"])


def downgrade() -> None:
    op.drop_table("proposal_assignment")
    op.drop_table("proposal_comment")
