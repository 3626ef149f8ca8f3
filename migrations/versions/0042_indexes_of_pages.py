"""What pages look for among many: runs that ended lately or that none has followed, issues that are new."""

from collections.abc import Sequence

from alembic import op

revision: str = "0042"
down_revision: str | None = "0041"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_index("ix_run_finished_at", "run", ["finished_at"])
    op.create_index("ix_run_worker_project_id_id_state", "run", ["worker", "project_id", "id", "state"])
    op.create_index("ix_issue_opened_at", "issue", ["opened_at"])


def downgrade() -> None:
    op.drop_index("ix_issue_opened_at", "issue")
    op.drop_index("ix_run_worker_project_id_id_state", "run")
    op.drop_index("ix_run_finished_at", "run")
