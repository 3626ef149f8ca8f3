"""Ids in the graph."""

import json
from uuid import uuid5

from hypothesis import given
from hypothesis import strategies as st

from sigma_core.graph.graph_rows import SPACE, identity


@given(st.lists(st.text(), min_size=1, max_size=4))
def test_an_id_is_the_uuid_of_version_5_of_its_parts(parts: list[str]) -> None:
    assert identity(*parts) == str(uuid5(SPACE, json.dumps(parts)))
