"""What the committee votes by, and each change of it."""

from datetime import datetime
from typing import Any

from sqlmodel import Field, SQLModel

from sigma_core.database import PortableJSON, UTCDateTime


class CommitteeCalibration(SQLModel, table=True):
    """One change of how votes count; the newest row is in force. Rows are never altered: undoing adds one."""

    __tablename__ = "committee_calibration"

    id: int | None = Field(default=None, primary_key=True)
    kind: str = Field(max_length=20, description="learned, set, undone, frozen or released")
    actor: str = Field(max_length=200)
    why: str = Field(max_length=2000)
    n: int = Field(default=0, description="Outcomes that it rests on.")
    configured: dict[str, float] = Field(sa_type=PortableJSON, description="Weights that learning starts from.")
    weights: dict[str, float] = Field(sa_type=PortableJSON, description="By member, adding up to 1.")
    weights_before: dict[str, float] = Field(sa_type=PortableJSON)
    shares: dict[str, dict[str, float]] = Field(
        default_factory=dict, sa_type=PortableJSON, description="A model's part in each member's vote."
    )
    recalibration: dict[str, Any] = Field(sa_type=PortableJSON, description="From score to probability.")
    scores: dict[str, Any] = Field(
        default_factory=dict, sa_type=PortableJSON, description="By member, and of the whole: Brier, log loss, n."
    )
    frozen: bool = Field(default=False, description="Learning leaves it as it is until a person releases it.")
    undoes_id: int | None = Field(default=None)
    created_at: datetime = Field(sa_type=UTCDateTime, index=True)
