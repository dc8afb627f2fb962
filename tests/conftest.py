"""What tests share: the real PostgreSQL and the real Kafka broker, started once a run.

`database_url` is an empty database of the test's own and `topics` a topic prefix of its own, so
tests neither wait for each other nor see each other's messages.
"""

import os
import signal
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from console.publisher.topics import create_topics, delete_topics
from console.services import Running, ensure_up
from console.settings import PREFIX, Settings
from tests.own_services import databases_of, services_of_its_own, stop_what_a_killed_run_left
from tests.own_topics import Topics

REPOSITORY = Path(__file__).parents[1]
SHARED = REPOSITORY.parent / "shared"

# The machine's load must not decide whether a test passes, nor chance: the same examples each run.
settings.register_profile(
    "ci",
    max_examples=50,
    deadline=None,
    derandomize=True,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.register_profile("thorough", settings.get_profile("ci"), max_examples=1000)
settings.register_profile("explore", settings.get_profile("ci"), derandomize=False)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


def pytest_configure() -> None:
    # A run that is terminated ends like one that is interrupted: its services are stopped.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # The settings of whoever runs the tests are not what is tested, nor is his terminal's width.
    os.environ.pop("COLUMNS", None)
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        if name != f"{PREFIX}CACHE":
            del os.environ[name]


@pytest.fixture(scope="session")
def service_settings() -> Iterator[Settings]:
    """Settings of this run's own embedded services, which are stopped when the run ends."""
    stop_what_a_killed_run_left()
    with services_of_its_own() as own:
        yield own


@pytest.fixture(scope="session")
def services(service_settings: Settings) -> Running:
    """The running PostgreSQL and Kafka, shared by all tests of the run."""
    return ensure_up(service_settings)


@pytest.fixture(scope="session")
def new_database(services: Running) -> Iterator[Callable[[], str]]:
    """Make an empty database at every call and return its URL; all are dropped at the end."""
    with databases_of(services) as make:
        yield make


@pytest.fixture
def database_url(new_database: Callable[[], str]) -> str:
    """The URL of an empty database of this test's own."""
    return new_database()


@pytest.fixture
def month(new_database: Callable[[], str]) -> Iterator[Callable[..., Any]]:
    """Make a month of a real ledger, on a database of its own, at every call (`tests.months`)."""
    from tests.months import Month

    made: list[Month] = []

    def make(*facts: Any) -> Month:
        made.append(Month(new_database(), *facts))
        return made[-1]

    yield make
    for one in made:
        one.world.close()


@pytest.fixture
def topics(services: Running, service_settings: Settings) -> Iterator[Topics]:
    """Topics of this test's own, 6 partitions each; they are deleted after it."""
    options = service_settings.kafka_client_options(services.kafka_bootstrap_servers)
    own = Topics(f"test-{uuid.uuid4().hex[:8]}.", service_settings.partitions, options)
    create_topics(own.options, own.prefix, own.partitions)
    yield own
    delete_topics(own.options, own.prefix)


@pytest.fixture
def settings_of_test(
    services: Running, service_settings: Settings, topics: Topics, database_url: str
) -> Settings:
    """Settings as a process of ours would read them: this test's database and topics."""
    return Settings(
        database_url=database_url,
        kafka_bootstrap_servers=services.kafka_bootstrap_servers,
        topic_prefix=topics.prefix,
        consumer_group=f"{topics.prefix}consumers",
        subject_key="a key that protects nobody",
        home=service_settings.home,
        cache=service_settings.cache,
    )


@pytest.fixture(scope="session")
def shared_cases() -> Path:
    """The published examples and test vectors beside the repository."""
    return _beside_the_repository(SHARED / "cases")


@pytest.fixture(scope="session")
def sample_sessions() -> Path:
    """The table of 1,878 real charging sessions beside the repository."""
    return _beside_the_repository(SHARED / "sample-data" / "desl_epfl_dc_sessions.csv")


def _beside_the_repository(path: Path) -> Path:
    if not path.exists():
        pytest.skip(f"{path} is not there; it is published apart from this repository")
    return path
