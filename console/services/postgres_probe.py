"""Whether a PostgreSQL given by URL answers, asked in its own protocol, without logging in.

The server's first words need no driver: on a request for TLS it says S (yes) or N (no), and
nothing else on such a port does. Who may log in is found out by the first command that does.
"""

import socket
import struct
from urllib.parse import parse_qs, unquote, urlsplit

from console.errors import ServiceError

# Source: PostgreSQL's documentation, chapter Frontend/Backend Protocol, message SSLRequest.
_SSL_REQUEST = struct.pack("!II", 8, 80877103)
_TIMEOUT_SECONDS = 3.0


def probe(url: str) -> str:
    """Return what the first server of `url` that answers offers, as a sentence's half.

    Raises `ServiceError`: DATABASE_URL_UNREADABLE, POSTGRES_UNREACHABLE, NOT_POSTGRES.
    """
    failures = []
    for host, port in addresses_in(url):
        try:
            with socket.create_connection((host, port), _TIMEOUT_SECONDS) as connection:
                connection.sendall(_SSL_REQUEST)
                answer = connection.recv(1)
        except OSError as error:
            failures.append(f"{host}:{port} ({error})")
            continue
        if answer not in (b"S", b"N"):
            raise ServiceError("NOT_POSTGRES", f"What listens on {host}:{port} is no PostgreSQL.")
        return f"{host}:{port} answers and offers {'TLS' if answer == b'S' else 'no TLS'}"
    raise ServiceError(
        "POSTGRES_UNREACHABLE", f"PostgreSQL does not answer: {', '.join(failures)}."
    )


def addresses_in(url: str) -> list[tuple[str, int]]:
    """Return the hosts and ports of a libpq URL, in the order libpq tries them.

    >>> addresses_in("postgresql://ann:pw@db1:5433,db2/clearwatt?sslmode=require")
    [('db1', 5433), ('db2', 5432)]
    >>> addresses_in("postgresql://[::1]/clearwatt"), addresses_in("postgresql:///x?host=db&port=1")
    ([('::1', 5432)], [('db', 1)])
    """
    parts = urlsplit(url)
    if parts.scheme not in ("postgresql", "postgres"):
        sentence = "CLEARWATT_DATABASE_URL is no URL that begins with postgresql://."
        raise ServiceError("DATABASE_URL_UNREADABLE", sentence)
    options = parse_qs(parts.query)
    hosts = parts.netloc.rpartition("@")[2] or options.get("host", ["localhost"])[0]
    default_port = options.get("port", ["5432"])[0]
    return [_address(host, default_port) for host in hosts.split(",")]


def _address(text: str, default_port: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon or text.endswith("]"):
        host, port = text, default_port
    if not port.isdigit():
        sentence = f"The port {port!r} in CLEARWATT_DATABASE_URL is no number."
        raise ServiceError("DATABASE_URL_UNREADABLE", sentence)
    return unquote(host.strip("[]")), int(port)
