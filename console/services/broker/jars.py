"""The broker's jars: named in `pom.xml`, fetched once by Maven, kept in the cache."""

import fcntl
import hashlib
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from console.errors import ServiceError
from console.services.broker.java import OTHER_WAY

POM = Path(__file__).with_name("pom.xml")
_FETCH_TIMEOUT_SECONDS = 600


def jars_folder(cache: Path) -> Path:
    """Return where the jars of this `pom.xml` are kept: another content is another folder."""
    return cache / f"kafka-{hashlib.sha256(POM.read_bytes()).hexdigest()[:12]}"


def fetch_jars(cache: Path, *, progress: Callable[[str], None]) -> Path:
    """Return the folder with the jars, fetching them from Maven Central the first time.

    Raises `ServiceError`: MAVEN_NOT_FOUND, JARS_NOT_FETCHED (with what Maven said).
    """
    folder = jars_folder(cache)
    if folder.is_dir():
        return folder
    maven = shutil.which("mvn")
    if maven is None:
        sentence = f"Maven (mvn) was not found; install it, {OTHER_WAY}."
        raise ServiceError("MAVEN_NOT_FOUND", sentence)
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.is_dir():
            progress("Fetching the Kafka broker from Maven Central (46 jars, 44 MB, once) …")
            _fetch(maven, folder)
    return folder


def _fetch(maven: str, folder: Path) -> None:
    # The folder appears with all its jars or not at all: an interrupted fetch leaves a draft.
    draft = folder.with_name(f"{folder.name}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    command = [maven, "--batch-mode", "--quiet", "--strict-checksums", "--file", str(POM)]
    command += ["-Dstyle.color=never", "dependency:copy-dependencies", f"-DoutputDirectory={draft}"]
    try:
        answer = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            timeout=_FETCH_TIMEOUT_SECONDS,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired as error:
        sentence = f"Maven was not done after {_FETCH_TIMEOUT_SECONDS} s; is the network slow?"
        raise ServiceError("JARS_NOT_FETCHED", sentence) from error
    if answer.returncode != 0:
        said = "\n".join((answer.stdout + answer.stderr).strip().splitlines()[:8])
        raise ServiceError("JARS_NOT_FETCHED", f"Maven could not fetch the broker:\n{said}")
    draft.rename(folder)
