"""The append-only log in PostgreSQL: the one layer of the ledger that does input and output.

Read in this order: `schema.sql` (the tables), `merkle` (leaves and roots), `rows` (stored events as
binary COPY rows), `connection` (a connection in the application's role), `along` (the rows that
commit with a batch), `recorder` (one batch, one transaction), `sequences` (what it keeps of
senders), `launches` (places under caps), `touched` (whom a fact concerns), `kept` (what readers get
beside events), `memory` (how seldom those who read and write much look for cycles), `store` (what
is read, `open_ledger`).
"""

from ledger.log.connection import install
from ledger.log.store import PostgresLog, log_of, open_ledger

__all__ = ["PostgresLog", "install", "log_of", "open_ledger"]
