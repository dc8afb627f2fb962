"""The embedded broker: formatted once, started detached, stopped politely."""

import base64
import os
import subprocess
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from console.errors import ServiceError
from console.publisher.topics import broker_health
from console.services import processes
from console.services.broker.jars import fetch_jars
from console.services.broker.java import find_java
from console.settings import Settings

BASE_PROPERTIES = Path(__file__).with_name("server.properties")
LOG_SETUP = Path(__file__).with_name("log4j2.xml")
START_TIMEOUT_SECONDS = 60.0
STOP_TIMEOUT_SECONDS = 30.0
HEAP = ("-Xms128m", "-Xmx384m")


@dataclass(frozen=True)
class EmbeddedBroker:
    """A single-node Kafka broker whose data, log and pid file live in `folder`."""

    folder: Path
    cache: Path
    wanted_port: int | None = None

    @classmethod
    def of(cls, settings: Settings) -> "EmbeddedBroker":
        """Return the broker of an installation; nothing is started."""
        return cls(settings.home / "kafka", settings.cache, settings.kafka_port)

    @property
    def log(self) -> Path:
        """Where the broker logs."""
        return self.folder / "broker.log"

    @property
    def port(self) -> int | None:
        """The port the broker listens on, or listened on last; None where it never ran."""
        return processes.recorded_port(self._port_file)

    @property
    def address(self) -> str:
        """The address clients start from; call it after `start`."""
        return f"{processes.LOOPBACK}:{self.port}"

    @property
    def pid(self) -> int | None:
        """The broker's process, or None where it is not running."""
        return processes.running_pid(self._pid_file, mark=str(self._properties))

    @property
    def _port_file(self) -> Path:
        return self.folder / "port"

    @property
    def _pid_file(self) -> Path:
        return self.folder / "pid"

    @property
    def _properties(self) -> Path:
        return self.folder / "server.properties"

    def start(self, *, progress: Callable[[str], None]) -> None:
        """Start the broker unless it runs, and wait until it takes messages.

        Raises `ServiceError`: JAVA_NOT_FOUND, JAVA_TOO_OLD, MAVEN_NOT_FOUND, JARS_NOT_FETCHED,
        PORT_IN_USE, BROKER_DID_NOT_START (with the last lines of its log).
        """
        if self.pid is None:
            java = [str(find_java().executable), *HEAP]
            java += [f"-Dlog4j2.configurationFile={LOG_SETUP}", f"-Dclearwatt.log={self.log}"]
            java += ["-cp", f"{fetch_jars(self.cache, progress=progress)}/*"]
            self.folder.mkdir(parents=True, exist_ok=True)
            self._write_properties()
            self._format(java)
            progress("Starting the Kafka broker …")
            environment = {
                name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ
            }
            processes.start_detached(
                [*java, "-XX:+ExitOnOutOfMemoryError", "kafka.Kafka", str(self._properties)],
                pid_file=self._pid_file,
                output=self.folder / "output.log",
                environment=environment,
            )
        self._wait_until_ready()

    def stop(self) -> bool:
        """Stop the broker; return whether one was running."""
        mark = str(self._properties)
        return processes.stop(self._pid_file, mark=mark, timeout_seconds=STOP_TIMEOUT_SECONDS)

    def _write_properties(self) -> None:
        port = processes.choose_port(self._port_file, wanted=self.wanted_port, service="Kafka")
        controller_port = processes.choose_port(
            self.folder / "controller-port", wanted=None, service="Kafka's controller"
        )
        here = processes.LOOPBACK
        own = {
            "listeners": f"PLAINTEXT://{here}:{port},CONTROLLER://{here}:{controller_port}",
            "advertised.listeners": f"PLAINTEXT://{here}:{port}",
            "controller.quorum.voters": f"1@{here}:{controller_port}",
            "log.dirs": str(self.folder / "data"),
        }
        lines = [f"{name}={value}" for name, value in own.items()]
        self._properties.write_text(BASE_PROPERTIES.read_text() + "\n" + "\n".join(lines) + "\n")

    def _format(self, java: list[str]) -> None:
        if (self.folder / "data" / "meta.properties").exists():
            return
        # The form Kafka expects of a cluster's id: the 16 bytes of a UUID in URL-safe base 64.
        cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode()
        command = [*java, "kafka.tools.StorageTool", "format", f"--cluster-id={cluster_id}"]
        command += ["--config", str(self._properties)]
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
        if answer.returncode != 0:
            said = (answer.stderr or answer.stdout).strip()
            sentence = f"The broker's folder could not be formatted:\n{said}"
            raise ServiceError("BROKER_DID_NOT_START", sentence)

    def _wait_until_ready(self) -> None:
        port = self.port
        options = {"bootstrap_servers": [self.address], "bootstrap_timeout_ms": 2_000}

        def is_ready_or_gone() -> bool:
            # A dead process never answers, so waiting for it any longer is of no use.
            if self.pid is None:
                return True
            if port is None or not processes.accepts_connections(processes.LOOPBACK, port):
                return False
            try:
                broker_health(options)
            except ServiceError:
                return False
            return True

        in_time = processes.wait_until(is_ready_or_gone, timeout_seconds=START_TIMEOUT_SECONDS)
        if not in_time or self.pid is None:
            what = (
                "ended while starting"
                if in_time
                else f"gave no answer in {START_TIMEOUT_SECONDS:.0f} s"
            )
            ends = (
                processes.last_lines(self.folder / "output.log", 4),
                processes.last_lines(self.log),
            )
            sentence = f"The Kafka broker {what}; the end of its log:\n" + "\n".join(ends)
            raise ServiceError("BROKER_DID_NOT_START", sentence)
