"""What becomes of a change, one row an event of the change whichever proposal it is by then."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from sigma_core.database import PortableJSON, UTCDateTime

revision: str = "0037"
down_revision: str | None = "0036"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    moment = UTCDateTime()
    for column in (
        sa.Column("line_id", sa.Integer(), nullable=True),
        sa.Column("project_id", sa.Integer(), nullable=True),
        sa.Column("how", sa.String(10), nullable=False, server_default=""),
        sa.Column("reason", sa.String(2000), nullable=False, server_default=""),
        sa.Column("at", moment, nullable=True),
    ):
        op.add_column("outcome", column)
    op.execute(
        "UPDATE outcome SET at = created_at,"
        " line_id = (SELECT COALESCE(lineage_id, id) FROM proposal WHERE proposal.id = outcome.proposal_id),"
        " project_id = (SELECT project_id FROM proposal WHERE proposal.id = outcome.proposal_id)"
    )
    op.execute("UPDATE outcome SET kind = 'survived_1' WHERE kind = 'survived'")
    op.execute(
        "DELETE FROM outcome WHERE id NOT IN (SELECT newest FROM"
        " (SELECT MAX(id) AS newest FROM outcome GROUP BY line_id, kind) AS kept)"
    )
    with op.batch_alter_table("outcome") as table:
        for name, kind in (("line_id", sa.Integer()), ("project_id", sa.Integer()), ("at", moment)):
            table.alter_column(name, existing_type=kind, nullable=False)
        table.alter_column("how", existing_type=sa.String(10), server_default=None)
        table.alter_column("reason", existing_type=sa.String(2000), server_default=None)
        table.drop_constraint("uq_outcome_proposal_id_kind", type_="unique")
        table.create_unique_constraint("uq_outcome_line_id_kind", ["line_id", "kind"])
        table.create_foreign_key("fk_outcome_project_id_project", "project", ["project_id"], ["id"])
        table.create_index("ix_outcome_project_id_at", ["project_id", "at"])
        table.create_index("ix_outcome_proposal_id", ["proposal_id"])
    op.create_table(
        "followed_change",
        sa.Column("line_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        sa.Column("decision_id", sa.Integer(), nullable=False),
        sa.Column("commit", sa.String(64), nullable=False),
        sa.Column("paths", PortableJSON(), nullable=False),
        sa.Column("commits", sa.Integer(), nullable=False),
        sa.Column("reached", sa.Integer(), nullable=True),
        sa.Column("is_standing", sa.Boolean(), nullable=False),
        sa.Column("is_branch_seen", sa.Boolean(), nullable=False),
        sa.Column("is_over", sa.Boolean(), nullable=False),
        sa.Column("is_taken", sa.Boolean(), nullable=True),
        sa.Column("changed_at", moment, nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name="fk_followed_change_project_id_project"),
        sa.ForeignKeyConstraint(["proposal_id"], ["proposal.id"], name="fk_followed_change_proposal_id_proposal"),
        sa.PrimaryKeyConstraint("line_id", name="pk_followed_change"),
    )
    op.create_index("ix_followed_change_project_id_is_over", "followed_change", ["project_id", "is_over"])


def downgrade() -> None:
    op.drop_table("followed_change")
    op.execute("UPDATE outcome SET kind = 'survived' WHERE kind = 'survived_1'")
    with op.batch_alter_table("outcome") as table:
        table.drop_index("ix_outcome_proposal_id")
        table.drop_index("ix_outcome_project_id_at")
        table.drop_constraint("fk_outcome_project_id_project", type_="foreignkey")
        table.drop_constraint("uq_outcome_line_id_kind", type_="unique")
        table.create_unique_constraint("uq_outcome_proposal_id_kind", ["proposal_id", "kind"])
        for name in ("line_id", "project_id", "how", "reason", "at"):
            table.drop_column(name)
