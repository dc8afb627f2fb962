"""The server: one process, one listening socket, until it is told to stop."""

import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from types import FrameType
from typing import Final

import structlog
import uvicorn
from fastapi import FastAPI

from console.errors import ServiceError


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket; port 0 takes a free one. Raises ServiceError ADDRESS_NOT_FREE."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family)
    except OSError as error:
        sentence = f"{host}:{port} cannot be listened on: {error.strerror or error}."
        raise ServiceError("ADDRESS_NOT_FREE", sentence) from error


def serve(app: FastAPI, listening: socket.socket) -> None:
    """Answer requests until SIGTERM or SIGINT; what was begun is finished first."""
    log = structlog.get_logger("clearwatt.api")
    host, port = listening.getsockname()[:2]
    # uvicorn's own log lines would name addresses with their queries; `Gate` logs each request.
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_PATIENCE_S,
    )
    if not ip_address(host).is_loopback:
        log.warning("tokens are sent in the clear: stand behind a proxy that speaks TLS", host=host)
    log.info("started", process="api", host=host, port=port)
    with _told_to_stop():
        uvicorn.Server(config).run(sockets=[listening])
    log.info("ended", process="api")


@contextmanager
def _told_to_stop() -> Iterator[None]:
    """Let whoever is told to stop end well: uvicorn raises the signal again once it has stopped."""
    before = {number: signal.signal(number, _noted) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _noted(number: int, frame: FrameType | None) -> None:
    """Do nothing more."""


_PATIENCE_S: Final = 30
_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)
