"""Migrations in this process, as SIGMA does them at its start."""

from alembic.config import Config

from sigma_core.database import Database
from sigma_core.schema import MIGRATIONS


def alembic_config(database: Database) -> Config:
    """Alembic's view of a database."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["engine"] = database.engine
    return config
