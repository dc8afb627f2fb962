"""What stands before every endpoint: the token, the body's size, a log line, the last resort."""

import traceback
from collections.abc import Awaitable, Callable
from datetime import datetime
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from console.api.desk import Desks
from console.api.problems import ApiError, of_error, of_refused
from console.api.tokens import token_in
from ledger.application.commands import By
from ledger.application.facts import View
from ledger.application.ledger import Ledger
from ledger.application.tokens import hash_of_token, holder_of
from ledger.log.connection import LogUnreachable
from ledger.values.reasons import Refused
from projections.database import ConnectionLost

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger

OPENAPI: Final = "/v1/openapi.json"
"""The one address that needs no token: it says nothing of anybody."""
_INNERMOST: Final = 3


class Gate:
    """Lets a request in whose token proves a registered actor, and writes down how it ended.

    Neither bodies, headers nor queries are logged: what a request says is in the log of events.
    """

    def __init__(
        self, app: ASGIApp, *, desks: Desks, now: Callable[[], datetime], max_body_bytes: int
    ) -> None:
        self._app, self._desks, self._now = app, desks, now
        self._max_body_bytes = max_body_bytes
        self._log: FilteringBoundLogger = structlog.get_logger("clearwatt.api")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = perf_counter(), 0

        async def note_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._answer(scope, receive, note_status)
        except ClientDisconnect:
            self._log.info("nobody waits for the answer", path=scope["path"])
        # Every request ends with a problem of ours; a defect is named as one, and where it is.
        except Exception as error:
            self._log.error("request failed", error=type(error).__name__, where=_places_of(error))
            if status == 0:
                defect = ApiError(500, "DEFECT", "Clearwatt failed; the log says where.")
                await of_error(defect)(scope, receive, note_status)
        by: By | None = scope.get("state", {}).get("by")
        self._log.info(
            "request",
            method=scope["method"],
            path=scope["path"],
            status=status,
            actor=by.actor if by else None,
            milliseconds=round((perf_counter() - began) * 1000),
        )

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            if scope["path"] != OPENAPI:
                await self._let_in(scope)
            await self._app(scope, limited(receive, scope, self._max_body_bytes), send)
        except Refused as refused:
            await of_refused(refused)(scope, receive, send)
        except ApiError as error:
            await of_error(error)(scope, receive, send)
        except (LogUnreachable, *ConnectionLost):
            sentence = "The database does not answer; try again."
            away = ApiError(503, "DATABASE_UNREACHABLE", sentence)
            await of_error(away)(scope, receive, send)

    async def _let_in(self, scope: Scope) -> None:
        """Note whom the request's token proves. Refuses: TOKEN_UNKNOWN, _EXPIRED, _REVOKED."""
        sha256 = hash_of_token(token_in(scope["headers"]))

        def prove(ledger: Ledger) -> By:
            at = self._now()
            return By(holder_of(View(ledger.facts), sha256, at).key, "authenticated", at)

        by = await self._desks.read(prove)
        scope.setdefault("state", {}).update(by=by, prove=prove)


def limited(
    receive: Receive, scope: Scope, max_body_bytes: int
) -> Callable[[], Awaitable[Message]]:
    """Return what receives a body and stops at its limit: HTTPException 413 BODY_TOO_LARGE."""
    stated = dict(scope["headers"]).get(b"content-length", b"0")
    received = 0

    async def receive_some() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        is_said_too_large = stated.isdigit() and int(stated[:20]) > max_body_bytes
        if is_said_too_large or received > max_body_bytes:
            # FastAPI lets an exception of this kind through while it reads a body.
            raise HTTPException(413, f"The body has more than {max_body_bytes} bytes.")
        return message

    return receive_some


def _places_of(error: BaseException) -> list[str]:
    """Return where an error came from, without what it says: that may be somebody's data."""
    frames: Any = traceback.extract_tb(error.__traceback__)[-_INNERMOST:]
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
