"""What a machine lacks is left out of the tests by their marks: a test that nobody marks fails there."""

import pytest

SERVERS = ("postgresql", "neo4j")


def test_whatever_asks_for_a_server_is_marked_with_it(request: pytest.FixtureRequest) -> None:
    """Of all tests that are collected with this one."""
    asking = {
        (item.nodeid, server)
        for item in request.session.items
        if isinstance(item, pytest.Function)
        for server in SERVERS
        if any(name.startswith(f"{server}_") for name in item.fixturenames)
    }
    marked = {(item.nodeid, mark.name) for item in request.session.items for mark in item.iter_markers()}
    assert sorted(asking - marked) == []
