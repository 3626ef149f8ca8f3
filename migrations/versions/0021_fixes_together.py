"""Proposals that consist of several fixes: which issues they mend, and by which of their edits."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from sigma_core.database import PortableJSON

revision: str = "0021"
down_revision: str | None = "0020"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("proposal", sa.Column("parts", PortableJSON(), server_default="[]", nullable=False))
    op.create_table(
        "proposal_issue",
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        sa.Column("issue_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["issue_id"], ["issue.id"], name=op.f("fk_proposal_issue_issue_id_issue")),
        sa.ForeignKeyConstraint(["proposal_id"], ["proposal.id"], name=op.f("fk_proposal_issue_proposal_id_proposal")),
        sa.PrimaryKeyConstraint("proposal_id", "issue_id", name=op.f("pk_proposal_issue")),
    )
    with op.batch_alter_table("proposal_issue", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_proposal_issue_issue_id"), ["issue_id"], unique=False)
    op.execute(
        "INSERT INTO proposal_issue (proposal_id, issue_id) "
        "SELECT id, issue_id FROM proposal WHERE issue_id IS NOT NULL"
    )


def downgrade() -> None:
    op.drop_table("proposal_issue")
    op.drop_column("proposal", "parts")
