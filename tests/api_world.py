"""The HTTP API of a test's installation, asked in this process: no server, the real database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import httpx

from console.api.app import create_app
from console.api.tokens import new_token
from ledger.application.tokens import hash_of_token, issue_token
from ledger.log import open_ledger
from tests.ledger_cast import BY_ADMIN, RECORDED_AT
from tests.ledger_world import SUBJECT_KEY, World

PEOPLE = ("anna", "finn", "fiona", "olga", "oscar", "ada")


class Clock:
    """The time that the application is told."""

    def __init__(self) -> None:
        self.at: datetime = RECORDED_AT

    def now(self) -> datetime:
        """Return what time it is."""
        return self.at


class Client:
    """Asks as people of the test do, each with a token of their own."""

    def __init__(self, http: httpx.AsyncClient, tokens: dict[str, str], clock: Clock) -> None:
        self.http, self.tokens, self.clock = http, tokens, clock

    async def ask(self, method: str, path: str, by: str = "", **options: Any) -> httpx.Response:
        """Send a request; `by` is whose token it carries."""
        headers = {**options.pop("headers", {})}
        if by:
            headers["Authorization"] = f"Bearer {self.tokens[by]}"
        return await self.http.request(method, path, headers=headers, **options)

    async def get(self, path: str, by: str = "ada", **query: Any) -> Any:
        """Look something up that must be there."""
        answer = await self.ask("GET", path, by, params=query or None)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, path: str, said: Any = None, by: str = "olga", **query: Any) -> Any:
        """Do something that must be let; a text is a document in YAML."""
        answer = await self.send(path, said, by, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def send(
        self, path: str, said: Any = None, by: str = "olga", **query: Any
    ) -> httpx.Response:
        """Do something, whatever comes of it."""
        if isinstance(said, str):
            headers = {"Content-Type": "application/yaml"}
            return await self.ask(
                "POST", path, by, content=said, headers=headers, params=query or None
            )
        return await self.ask("POST", path, by, json=said or {}, params=query or None)

    async def refused(
        self, path: str, said: Any = None, by: str = "olga", **query: Any
    ) -> tuple[int, list[tuple[str, str]]]:
        """Do something that must not be let; return status, and codes with their paths."""
        answer = await self.send(path, said, by, **query)
        assert answer.headers["content-type"] == "application/problem+json", answer.text
        problem = answer.json()
        assert set(problem) == {"code", "sentence", "refusals"}
        rows = [(row["code"], row["path"]) for row in problem["refusals"]]
        return answer.status_code, rows or [(problem["code"], "")]


def issue_tokens(world: World) -> dict[str, str]:
    """Give everybody a token for a year."""
    tokens = {name: new_token() for name in PEOPLE}
    until = RECORDED_AT + timedelta(days=365)
    for name, token in tokens.items():
        issue_token(world.ledger, name, hash_of_token(token), valid_until=until, by=BY_ADMIN)
    return tokens


@asynccontextmanager
async def client_of(
    url: str, tokens: dict[str, str], *, max_body_bytes: int = 100_000
) -> AsyncIterator[Client]:
    """Run the application on a database while a test asks it."""
    clock = Clock()
    app = create_app(
        lambda: open_ledger(url, subject_key=SUBJECT_KEY, loads_all=False),
        now=clock.now,
        max_body_bytes=max_body_bytes,
    )
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://clearwatt.test") as http,
    ):
        yield Client(http, tokens, clock)
