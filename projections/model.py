"""What a read model is: a name, its tables, and how a page of events becomes rows."""

from collections.abc import Mapping
from typing import ClassVar, Protocol

from projections.database import Connection
from projections.pages import Recorded


class Batch(Protocol):
    """The rows that one page makes: collected without the database, then written at once.

    A read model is written as `NAME`, its schema; `NAME_tables` and `NAME_indexes` in `sql/`
    create it. `TABLES` gives each table's order, in which its contents are compared.
    """

    NAME: ClassVar[str]
    TABLES: ClassVar[Mapping[str, str]]

    def take(self, recorded: Recorded) -> None:
        """Collect the rows of one event; events come in the log's order."""

    def write(self, connection: Connection, schema: str) -> None:
        """Write what was collected into the tables of a schema, within its transaction."""
