"""Processes that outlive their starter: pid files, ownership, ports, waiting.

A pid file may be stale, and its number may belong to somebody else by now. A process counts as
ours only if its command line holds the one path that no other process of this machine has.
"""

import contextlib
import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import psutil

from console.errors import ServiceError

LOOPBACK = "127.0.0.1"
_FREE_PORTS = range(15_000, 30_000)
_ARGUMENTS_WITHIN_SECONDS = 0.2


def running_pid(pid_file: Path, *, mark: str) -> int | None:
    """Return the pid in `pid_file` if that process lives and has `mark` in its command line."""
    try:
        # PostgreSQL's own file has the pid on its first line and more below.
        pid = int(pid_file.read_text().split("\n", 1)[0])
        process = psutil.Process(pid)
        is_dead = process.status() == psutil.STATUS_ZOMBIE
        command = [] if is_dead else _command_line(process)
    except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
        return None
    is_ours = any(mark in argument for argument in command)
    return pid if is_ours and not is_dead else None


def _command_line(process: psutil.Process) -> list[str]:
    """Return a living process's command line, which the kernel fills in only after its start."""
    command: list[str] = []
    deadline = time.monotonic() + _ARGUMENTS_WITHIN_SECONDS
    while not command and time.monotonic() < deadline:
        command = process.cmdline()
        if not command:
            time.sleep(0.005)
    return command


def is_zombie(pid_file: Path) -> bool:
    """Return whether `pid_file` names a process that ended and that no parent has reaped."""
    try:
        pid = int(pid_file.read_text().split("\n", 1)[0])
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
        return False


def works_in(folder: Path) -> bool:
    """Return whether any living process has `folder` as its working directory."""
    return any(process.info["cwd"] == str(folder) for process in psutil.process_iter(["cwd"]))


def start_detached(
    command: Sequence[str], *, pid_file: Path, output: Path, environment: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    """Start a process in a session of its own, so that no terminal or starter takes it along."""
    with output.open("ab") as sink:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            cwd=pid_file.parent,
            env=dict(environment),
            start_new_session=True,
        )
    pid_file.write_text(f"{process.pid}\n")
    return process


def stop(pid_file: Path, *, mark: str, timeout_seconds: float) -> bool:
    """End the process: politely, then by force. Return whether one was running."""
    pid = running_pid(pid_file, mark=mark)
    for end in (signal.SIGTERM, signal.SIGKILL):
        if pid is None or running_pid(pid_file, mark=mark) is None:
            break
        # The process may end between two of these lines; that is what we want.
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, end)
        # Not `psutil.wait`: it would wait for the parent, too, to take notice of the end.
        wait_until(
            lambda: running_pid(pid_file, mark=mark) is None, timeout_seconds=timeout_seconds
        )
    pid_file.unlink(missing_ok=True)
    return pid is not None


def wait_until(is_ready: Callable[[], bool], *, timeout_seconds: float) -> bool:
    """Ask `is_ready` until it says yes; return False when the time is over."""
    deadline = time.monotonic() + timeout_seconds
    while not is_ready():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def accepts_connections(host: str, port: int, *, timeout_seconds: float = 1.0) -> bool:
    """Return whether somebody listens on the port."""
    try:
        with socket.create_connection((host, port), timeout_seconds):
            return True
    except OSError:
        return False


def is_free(port: int) -> bool:
    """Return whether a server could listen on this loopback port now.

    >>> with socket.create_server((LOOPBACK, 0)) as taken:
    ...     is_free(taken.getsockname()[1])
    False
    """
    try:
        # Like the servers do: a port in TIME_WAIT after a restart counts as free.
        with socket.create_server((LOOPBACK, port)):
            return True
    except OSError:
        return False


def choose_port(recorded: Path, *, wanted: int | None, service: str) -> int:
    """Return the port a service is to listen on, and record it.

    The setting decides; without one the port of the last run, so that clients find the service
    again; else a free one. Raises `ServiceError` PORT_IN_USE when the setting's port is taken.
    """
    if wanted is not None:
        if not is_free(wanted):
            sentence = f"Port {wanted}, set for {service}, is taken by another process."
            raise ServiceError("PORT_IN_USE", sentence)
        port = wanted
    else:
        last = recorded_port(recorded)
        port = last if last and is_free(last) else _any_free_port()
    recorded.write_text(f"{port}\n")
    return port


def recorded_port(recorded: Path) -> int | None:
    """Return the port a service was last started on, or None where it never was."""
    try:
        return int(recorded.read_text())
    except (FileNotFoundError, ValueError):
        return None


def _any_free_port() -> int:
    # Below the range the kernel gives to outgoing connections: there, a client that keeps trying
    # while the server is down can end up connected to itself and hold the port.
    for port in random.sample(_FREE_PORTS, k=100):
        if is_free(port):
            return port
    sentence = f"No free port between {_FREE_PORTS.start} and {_FREE_PORTS.stop - 1} in 100 tries."
    raise ServiceError("PORT_IN_USE", sentence)


def last_lines(log: Path, count: int = 8) -> str:
    """Return the end of a log file, or why there is none."""
    if not log.exists():
        return f"(no log at {log})"
    lines = log.read_text(errors="replace").splitlines()[-count:]
    return "\n".join(lines) if lines else f"({log} is empty)"
