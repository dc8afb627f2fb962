"""A command of ours as a process: when it was done, the CPU time and the memory it took."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from time import monotonic
from typing import Any, NamedTuple

import psutil

from console.services import status
from console.settings import Settings

_LOOK_S = 0.05


class Ended(NamedTuple):
    """A process that ended well: its CPU seconds, its largest memory in MB, what it printed."""

    cpu_s: float
    peak_mb: float
    printed: dict[str, Any]
    seconds: float


class Started:
    """A running command of ours, or another module that prints JSON; its output is kept."""

    def __init__(
        self, *arguments: str, environment: Mapping[str, str], module: str = "console.cli"
    ) -> None:
        self._began = monotonic()
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments, "--json"],
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self._peak_kb = 0
        self._ended = Event()
        self._watch = Thread(target=self._watch_memory, daemon=True)
        self._watch.start()

    def _watch_memory(self) -> None:
        while not self._ended.wait(_LOOK_S):
            self._peak_kb = max(self._peak_kb, _peak_kb(self._process.pid))

    def stop(self) -> None:
        """Ask the process to end."""
        self._process.terminate()

    def wait(self) -> Ended:
        """Wait for the end. Raises RuntimeError with what it said where it ended badly."""
        _, status, usage = os.wait4(self._process.pid, 0)
        self._ended.set()
        self._watch.join()
        self._process.returncode = os.waitstatus_to_exitcode(status)
        printed, said = self._process.communicate()
        if self._process.returncode:
            raise RuntimeError(f"BENCH_PROCESS_FAILED: {said.decode()[-2000:]}")
        return Ended(
            usage.ru_utime + usage.ru_stime,
            self._peak_kb / 1024,
            json.loads(printed),
            monotonic() - self._began,
        )


def _peak_kb(pid: int) -> int:
    """Return a process's largest memory so far, in kB.

    Asked while it runs: what the system reports at its end counts the memory of whoever started
    it, too.
    """
    with suppress(FileNotFoundError, ProcessLookupError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1])
    return 0


class ServerCpu:
    """CPU seconds of the embedded servers since it was made; servers given by URL are unknown."""

    def __init__(self, settings: Settings) -> None:
        self._pids = {row.name: row.pid for row in status(settings) if row.pid is not None}
        self._before = self._now()

    def _now(self) -> dict[str, float]:
        return {name: _cpu_s(psutil.Process(pid)) for name, pid in self._pids.items()}

    def spent(self) -> dict[str, float]:
        """Return the seconds spent since, per server."""
        now = self._now()
        return {name: now[name] - self._before[name] for name in now}


def _cpu_s(server: psutil.Process) -> float:
    """Return a server's seconds, with those of its processes that run and that ended."""
    times = server.cpu_times()
    spent = times.user + times.system + times.children_user + times.children_system
    for child in server.children():
        with suppress(psutil.NoSuchProcess):
            own = child.cpu_times()
            spent += own.user + own.system
    return spent
