"""An empty world for every example, on one database."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from tests.ledger_people import staffed_world
from tests.ledger_world import World


@pytest.fixture(scope="module")
def fresh_world(new_database) -> Callable[..., World]:
    """Return how an empty world is made, on one database for all examples."""
    url = new_database()
    worlds: list[World] = []

    def make(*facts: Any, staffed: bool = False) -> World:
        while worlds:
            worlds.pop().close()
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("DROP SCHEMA IF EXISTS log CASCADE")
        worlds.append(staffed_world(url, *facts) if staffed else World(url, *facts))
        return worlds[0]

    return make
