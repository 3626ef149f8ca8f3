"""The knowledge a worker has received, valued as of now."""

from collections.abc import Sequence
from dataclasses import dataclass

from sigma_core.database import Database
from sigma_core.exchange.items import ValuedItem
from sigma_core.exchange.service import Exchange
from sigma_core.workers.memory import read

Subjects = dict[str, Sequence[ValuedItem]]
"""Items by the subject they speak of, the newest last."""


@dataclass(frozen=True)
class ReceivedKnowledge:
    """The knowledge that one worker has integrated."""

    database: Database
    exchange: Exchange
    worker: str

    def about(self, kind: str, project_id: int | None = None) -> Subjects:
        """Items of one type that stand; with `project_id` only of that project and of none.

        Without it the items of all projects: for numbers, never for text, which stays in its project.
        """
        with self.database.reading() as session:
            kept: dict[str, list[int]] = read(session, self.worker).get("kept", {}).get(kind, {})
            items = self.exchange.valued({each for ids in kept.values() for each in ids}, session=session)
        wanted = (None, project_id)
        subjects = {
            subject: [
                item for each in ids if (item := items.get(each)) and (project_id is None or item.project_id in wanted)
            ]
            for subject, ids in kept.items()
        }
        return {subject: found for subject, found in subjects.items() if found}
