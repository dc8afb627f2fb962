"""One call: who makes it, when, and the desks that carry it out."""

from collections.abc import Callable
from typing import Annotated, Final, NamedTuple

from fastapi import Depends, Request
from starlette.responses import Response

from console.api.desk import Desks
from console.encoding import encoded
from ledger.application.commands import By
from ledger.application.ledger import Ledger

JSON_TYPE: Final = "application/json"
Prove = Callable[[Ledger], By]
"""Says who asks, and that it is now. Refuses: TOKEN_UNKNOWN, TOKEN_EXPIRED, TOKEN_REVOKED."""


class Caller(NamedTuple):
    """Who asks and when, as `Gate` proved it, and how it is proved again."""

    by: By
    prove: Prove
    desks: Desks

    async def write(self, command: Callable[[Ledger, By], object]) -> Response:
        """Carry a command out; answer its document as the command line does with `--json`.

        A body may take long to arrive, and others may stand before it: who asks is proved again
        when the command's turn comes, and that is when it happens.
        """
        return _answer(
            await self.desks.write(lambda ledger: encoded(command(ledger, self.prove(ledger))))
        )

    async def read(self, look_up: Callable[[Ledger], object]) -> Response:
        """Look something up; answer its document as the command line does with `--json`."""
        return _answer(await self.desks.read(lambda ledger: encoded(look_up(ledger))))


def _answer(document: bytes) -> Response:
    return Response(document, media_type=JSON_TYPE)


def _caller(request: Request) -> Caller:
    return Caller(request.state.by, request.state.prove, request.app.state.desks)


Call = Annotated[Caller, Depends(_caller)]
