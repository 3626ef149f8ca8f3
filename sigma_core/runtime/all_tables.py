"""Imports every table, so that `SQLModel.metadata` is whole (for migrations and tests)."""

from sqlmodel import SQLModel

import sigma_core.audit
import sigma_core.codebase.change_tables
import sigma_core.codebase.description_tables
import sigma_core.codebase.tables
import sigma_core.counter
import sigma_core.exchange.notifications
import sigma_core.exchange.tables
import sigma_core.experiments.tables
import sigma_core.graph.embeddings.tables
import sigma_core.graph.tables
import sigma_core.issues.tables
import sigma_core.learning.drift.tables
import sigma_core.learning.past_tables
import sigma_core.learning.patterns.tables
import sigma_core.learning.tables
import sigma_core.llm.budget_tables
import sigma_core.llm.health
import sigma_core.llm.prices
import sigma_core.llm.tables
import sigma_core.projects.tables
import sigma_core.prompts.evolution.tables
import sigma_core.prompts.tables
import sigma_core.proposals.calibration.tables
import sigma_core.proposals.handing_over.tables
import sigma_core.proposals.tables
import sigma_core.recall.tables
import sigma_core.runtime.idempotency
import sigma_core.runtime.notices.tables
import sigma_core.runtime.tables
import sigma_core.workers.tables  # noqa: F401 (imported for its tables)

metadata = SQLModel.metadata
