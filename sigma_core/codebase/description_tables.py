"""How what a project's code defines now describes itself."""

from datetime import datetime

from sqlalchemy import Text
from sqlmodel import Field, SQLModel

from sigma_core.database import UTCDateTime


class CodeDescription(SQLModel, table=True):
    """A module, class or function as its file had it when that was read last. One of a file that is gone stays."""

    __tablename__ = "code_description"

    entity_id: int = Field(primary_key=True, foreign_key="code_entity.id", sa_column_kwargs={"autoincrement": False})
    path: str = Field(sa_type=Text, description="Where its file lies.")
    summary: str = Field(sa_type=Text, description="The first sentence of its docstring.")
    parameters: str = Field(sa_type=Text, description="Names of what a function is given, with spaces between.")
    described_at: datetime = Field(sa_type=UTCDateTime, index=True, description="When it was read.")


descriptions = SQLModel.metadata.tables["code_description"]
