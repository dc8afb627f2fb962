"""The HTTP API on a test's own installation: `client` asks it, `clearwatt` looks behind it."""

from collections.abc import AsyncIterator

import pytest
from command_line import CommandLine, of_settings

from console.settings import Settings
from tests.api_world import Client, client_of, issue_tokens
from tests.ledger_cast import AGREEMENTS
from tests.ledger_people import staffed_world


@pytest.fixture(name="anyio_backend")
def the_backend() -> str:
    """The loop that uvicorn runs on."""
    return "asyncio"


@pytest.fixture(name="clearwatt")
def the_installation(settings_of_test: Settings) -> CommandLine:
    """The command line of the installation."""
    made = of_settings(settings_of_test)
    made.run("up")
    return made


@pytest.fixture(name="client")
async def the_client(clearwatt: CommandLine) -> AsyncIterator[Client]:
    """The application, with people of all roles and a token for each."""
    world = staffed_world(clearwatt.database_url, *AGREEMENTS)
    tokens = issue_tokens(world)
    world.close()
    async with client_of(clearwatt.database_url, tokens) as made:
        yield made
