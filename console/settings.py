"""Every setting of every process, read from `CLEARWATT_*` variables.

With nothing set, `clearwatt` runs on an embedded PostgreSQL and an embedded Kafka broker that live
in `home`. With `CLEARWATT_DATABASE_URL` and `CLEARWATT_KAFKA_BOOTSTRAP_SERVERS` set, the same
commands use those servers. Secrets are `SecretStr`: they are shown as stars wherever they appear.
"""

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from console.errors import DEBUG_VARIABLE

PREFIX = "CLEARWATT_"


def _default_cache() -> Path:
    """Return the cache folder of the XDG base directory specification."""
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "clearwatt"


class Settings(BaseSettings):
    """The settings, each with the meaning that `clearwatt doctor` prints.

    >>> Settings(topic_prefix="test.").topic_prefix
    'test.'
    >>> Settings(database_url="postgresql://ann:secret@db/clearwatt").database_url
    SecretStr('**********')
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    database_url: SecretStr | None = Field(
        default=None,
        description="PostgreSQL 16+ as a libpq URL, its TLS options in the URL; "
        "unset: the embedded server",
    )
    kafka_bootstrap_servers: str | None = Field(
        default=None,
        description="Kafka brokers as host:port, separated by commas; unset: the embedded broker",
    )
    schema_registry_url: str | None = Field(
        default=None,
        description="a Confluent-compatible schema registry; unset: the schema files themselves",
    )
    home: Path = Field(
        default=Path(".clearwatt"),
        description="where the embedded services keep data, pids, logs and generated secrets",
    )
    cache: Path = Field(
        default_factory=_default_cache,
        description="where the broker's jars are kept, shared by all checkouts",
    )
    postgres_port: int | None = Field(
        default=None, ge=1, le=65535, description="port of the embedded PostgreSQL; unset: a free"
    )
    kafka_port: int | None = Field(
        default=None, ge=1, le=65535, description="port of the embedded broker; unset: a free one"
    )

    topic_prefix: str = Field(
        default="clearwatt.",
        pattern=r"^[A-Za-z0-9._-]*$",
        description="stands before every topic's name",
    )
    partitions: int = Field(
        default=6, ge=1, le=1000, description="partitions of every topic, the same for all"
    )
    kafka_timestamp_type: Literal["CreateTime", "LogAppendTime"] = Field(
        default="CreateTime",
        description="who stamps a message, and so gives received_at: its publisher (import, demo) "
        "or the broker (production); used when topics are created",
    )
    consumer_group: str = Field(
        default="clearwatt", min_length=1, description="the consumers' Kafka group"
    )
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        default="PLAINTEXT", description="how clients talk to Kafka"
    )
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] | None = Field(
        default=None, description="SASL mechanism, with a SASL protocol"
    )
    kafka_sasl_username: str | None = Field(default=None, description="SASL user")
    kafka_sasl_password: SecretStr | None = Field(default=None, description="SASL password")
    kafka_ssl_cafile: Path | None = Field(
        default=None, description="PEM file of the authorities that sign the brokers' certificates"
    )
    kafka_ssl_certfile: Path | None = Field(
        default=None, description="PEM file of the client's certificate, for mutual TLS"
    )
    kafka_ssl_keyfile: Path | None = Field(
        default=None, description="PEM file of the client's private key, for mutual TLS"
    )
    kafka_ssl_password: SecretStr | None = Field(
        default=None, description="password of the client's private key"
    )

    consumer_batch_size: int = Field(
        default=1000, ge=1, description="most messages decided in one database transaction"
    )
    projector_page_size: int = Field(
        default=1000, ge=1, description="events a projection writes in one transaction"
    )
    publisher_batch_size: int = Field(
        default=1000, ge=1, description="events published before the position is saved"
    )
    subject_key: SecretStr | None = Field(
        default=None,
        description="HMAC key of the pseudonyms of persons; unset: one is generated in home, "
        "which only the embedded PostgreSQL may use",
    )
    actor: str | None = Field(
        default=None, description="the registered actor that writing commands act for"
    )
    refuse_asserted: bool = Field(
        default=False, description="refuse actors that are only asserted on the command line"
    )
    api_host: str = Field(
        default="127.0.0.1",
        min_length=1,
        description="where `clearwatt api run` listens; another address than this machine's own "
        "only behind a proxy that speaks TLS",
    )
    api_port: int = Field(default=8480, ge=0, le=65535, description="its port; 0: a free one")
    api_max_body_bytes: int = Field(
        default=1024 * 1024, ge=1024, description="the largest body of a request to the API"
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="least severe log line that is written"
    )

    @field_validator("home", "cache")
    @classmethod
    def _absolute(cls, path: Path) -> Path:
        # A process may change its directory later; the place it started from decides.
        return path.expanduser().absolute()

    @field_validator("*", mode="before")
    @classmethod
    def _empty_is_unset(cls, value: Any, info: ValidationInfo) -> Any:
        # Compose files pass a variable that has no value as an empty string, which is no secret,
        # no address and no port: it must not become an empty key that everybody knows.
        text = value.get_secret_value() if isinstance(value, SecretStr) else value
        may_be_unset = cls.model_fields[info.field_name or ""].default is None
        return None if text == "" and may_be_unset else value

    def kafka_client_options(self, bootstrap_servers: str | None = None) -> dict[str, Any]:
        """Return the keyword arguments every kafka-python client starts from.

        `bootstrap_servers` gives the embedded broker's address where none is configured.

        >>> Settings(kafka_bootstrap_servers="k1:9092,k2:9092").kafka_client_options()
        {'bootstrap_servers': ['k1:9092', 'k2:9092'], 'security_protocol': 'PLAINTEXT'}
        """
        servers = self.kafka_bootstrap_servers or bootstrap_servers
        if not servers:
            raise ValueError("no Kafka address: neither configured nor given by ensure_up")
        candidates = {
            "bootstrap_servers": [server.strip() for server in servers.split(",")],
            "security_protocol": self.kafka_security_protocol,
            "sasl_mechanism": self.kafka_sasl_mechanism,
            "sasl_plain_username": self.kafka_sasl_username,
            "sasl_plain_password": _revealed(self.kafka_sasl_password),
            "ssl_cafile": _text(self.kafka_ssl_cafile),
            "ssl_certfile": _text(self.kafka_ssl_certfile),
            "ssl_keyfile": _text(self.kafka_ssl_keyfile),
            "ssl_password": _revealed(self.kafka_ssl_password),
        }
        return {name: value for name, value in candidates.items() if value is not None}


def _revealed(secret: SecretStr | None) -> str | None:
    return None if secret is None else secret.get_secret_value()


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)


def without_password(url: str) -> str:
    """Return a URL that may be printed: the password in it becomes stars.

    >>> without_password("postgresql://ann:s3cret@db1:5432,db2:5432/clearwatt?sslmode=require")
    'postgresql://ann:***@db1:5432,db2:5432/clearwatt?sslmode=require'
    >>> without_password("postgresql://db/clearwatt?user=ann&password=s3cret")
    'postgresql://db/clearwatt?user=ann&password=***'
    """
    url = re.sub(r"^([a-z0-9+]+://[^:@/?]*):[^@/]*@", r"\1:***@", url)
    return re.sub(r"\b(password|sslpassword)=[^&\s]+", r"\1=***", url)


def variable_of(field: str) -> str:
    """Return the environment variable of a field.

    >>> variable_of("database_url")
    'CLEARWATT_DATABASE_URL'
    """
    return PREFIX + field.upper()


def unknown_variables(environment: Mapping[str, str]) -> Iterable[str]:
    """Return the `CLEARWATT_*` variables that nothing reads: most likely a typing error.

    >>> list(unknown_variables({"CLEARWATT_HOME": "x", "CLEARWATT_HOEM": "x", "HOME": "x"}))
    ['CLEARWATT_HOEM']
    """
    known = {DEBUG_VARIABLE, *(variable_of(field) for field in Settings.model_fields)}
    return sorted(name for name in environment if name.startswith(PREFIX) and name not in known)
