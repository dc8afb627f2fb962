"""Does every message have exactly one outcome, and is every offset a message?"""

from typing import NamedTuple

from projections.database import Connection, rows


class OutcomeRow(NamedTuple):
    """The messages of one sender in one partition, by what became of them."""

    topic: str
    partition: int
    sender: str
    received: int
    accepted: int
    superseded: int
    duplicate: int
    held: int
    unreadable: int

    @property
    def outcomes(self) -> int:
        """The sum of the five outcomes."""
        return self.accepted + self.superseded + self.duplicate + self.held + self.unreadable

    @property
    def adds_up(self) -> bool:
        """True where the five outcomes sum to the messages received, and none is negative."""
        return self.outcomes == self.received and min(self[3:]) >= 0


class PartitionRow(NamedTuple):
    """The offsets consumed in one partition; `next_offset` is excluded."""

    topic: str
    partition: int
    first_offset: int
    next_offset: int
    received: int
    received_by_senders: int

    @property
    def adds_up(self) -> bool:
        """True where every offset passed is a message that some sender sent."""
        advanced = self.next_offset - self.first_offset
        return advanced == self.received == self.received_by_senders


class EquationReport(NamedTuple):
    """The whole equation, and what in it does not add up."""

    senders: list[OutcomeRow]
    partitions: list[PartitionRow]

    @property
    def problems(self) -> list[str]:
        """One sentence for everything that does not add up."""
        sentences = [
            f"{row.topic}[{row.partition}] {row.sender}: {row.received} received, "
            f"{row.outcomes} outcomes"
            for row in self.senders
            if not row.adds_up
        ]
        sentences += [
            f"{row.topic}[{row.partition}]: {row.next_offset - row.first_offset} offsets, "
            f"{row.received} received, {row.received_by_senders} by senders"
            for row in self.partitions
            if not row.adds_up
        ]
        return sentences

    @property
    def adds_up(self) -> bool:
        """True where nothing is missing and nothing is counted twice."""
        return not self.problems


def equation(connection: Connection) -> EquationReport:
    """Return the equation per topic, partition and sender."""
    return EquationReport(
        rows(connection, "equation_rows", OutcomeRow),
        rows(connection, "equation_partitions", PartitionRow),
    )
