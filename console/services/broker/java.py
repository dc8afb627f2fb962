"""The Java that runs the broker: `JAVA_HOME`'s or the one on the path, 17 or newer."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from console.errors import ServiceError

OLDEST_RELEASE = 17
OTHER_WAY = "or use the servers of docker-compose.yml and set CLEARWATT_KAFKA_BOOTSTRAP_SERVERS"


@dataclass(frozen=True)
class Java:
    """A Java runtime: its executable and its release, 17 for 17.0.15."""

    executable: Path
    release: int


def find_java() -> Java:
    """Return the Java to use; raises `ServiceError` JAVA_NOT_FOUND or JAVA_TOO_OLD."""
    home = os.environ.get("JAVA_HOME")
    found = shutil.which("java", path=str(Path(home) / "bin")) if home else shutil.which("java")
    if found is None:
        where = f"under JAVA_HOME={home}" if home else "on the path"
        sentence = (
            f"No Java was found {where}; install Java {OLDEST_RELEASE} or newer, {OTHER_WAY}."
        )
        raise ServiceError("JAVA_NOT_FOUND", sentence)
    answer = subprocess.run([found, "-version"], capture_output=True, text=True, check=False)
    release = release_in(answer.stderr)
    if release is None:
        # macOS ships a `java` that only says where to get one.
        sentence = (
            f"{found} is no working Java; install Java {OLDEST_RELEASE} or newer, {OTHER_WAY}."
        )
        raise ServiceError("JAVA_NOT_FOUND", sentence)
    if release < OLDEST_RELEASE:
        sentence = f"{found} is Java {release}; Kafka needs {OLDEST_RELEASE} or newer."
        raise ServiceError("JAVA_TOO_OLD", sentence)
    return Java(Path(found), release)


def release_in(version_text: str) -> int | None:
    """Return the release in what `java -version` prints.

    >>> release_in('openjdk version "17.0.15" 2025-04-15')
    17
    >>> release_in('java version "1.8.0_401"'), release_in("command not found")
    (8, None)
    """
    match = re.search(r'version "(?:1\.)?(\d+)', version_text)
    return int(match.group(1)) if match else None
