"""The application: every endpoint behind the gate, every error as a problem."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.security import HTTPBearer
from starlette.exceptions import HTTPException
from starlette.responses import Response

from console.api import agreements, entities, locations, parties
from console.api.desk import Desks, OpenLedger
from console.api.gate import OPENAPI, Gate
from console.api.problems import ApiError, Problem, of_error, of_refused, of_validation
from ledger.values.reasons import Refused

MAX_BODY_BYTES: Final = 1024 * 1024
VERSION: Final = "1"
_PROBLEMS: Final[dict[int | str, dict[str, Any]]] = {
    status: {"model": Problem, "description": HTTPStatus(status).phrase}
    for status in (400, 401, 403, 404, 409, 413, 415, 422, 503)
}
_CODES: Final[Mapping[int, str]] = {
    400: "WRONG_CALL",
    404: "ADDRESS_UNKNOWN",
    405: "METHOD_NOT_ALLOWED",
    413: "BODY_TOO_LARGE",
}
"""What the framework refuses by itself."""


def utc_now() -> datetime:
    """Return the instant a request arrives at, UTC: the wall clock."""
    return datetime.now(UTC)


def create_app(
    open_ledger: OpenLedger,
    *,
    now: Callable[[], datetime] = utc_now,
    max_body_bytes: int = MAX_BODY_BYTES,
) -> FastAPI:
    """Return the application; each of its threads opens a ledger of its own and closes it."""
    desks = Desks(open_ledger)

    @asynccontextmanager
    async def while_it_runs(_: FastAPI) -> AsyncIterator[None]:
        yield
        desks.close()

    app = FastAPI(
        title="Clearwatt",
        summary="The settlement and clearing ledger of EV-charging roaming.",
        version=VERSION,
        openapi_url=OPENAPI,
        docs_url=None,  # their pages load scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
        lifespan=while_it_runs,
        # It says in the OpenAPI document what `Gate` has checked by then.
        dependencies=[Depends(HTTPBearer(auto_error=False))],
        responses=_PROBLEMS,
    )
    app.state.desks = desks
    for resource in (parties, entities, agreements, locations):
        app.include_router(resource.router)
    for kind, handler in _HANDLERS.items():
        app.add_exception_handler(kind, handler)
    app.add_middleware(Gate, desks=desks, now=now, max_body_bytes=max_body_bytes)
    return app


async def _on_refused(_: Request, error: Any) -> Response:
    return of_refused(error)


async def _on_api_error(_: Request, error: Any) -> Response:
    return of_error(error)


async def _on_validation(_: Request, error: Any) -> Response:
    return of_validation(error)


async def _on_http(_: Request, error: Any) -> Response:
    code = _CODES.get(error.status_code, "WRONG_CALL")
    detail = str(error.detail).rstrip(".") + "."
    return of_error(ApiError(error.status_code, code, detail))


_HANDLERS: Final[dict[type[Exception], Any]] = {
    Refused: _on_refused,
    ApiError: _on_api_error,
    RequestValidationError: _on_validation,
    HTTPException: _on_http,
}
