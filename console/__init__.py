"""What people and systems use: command line, services, demo, statements and exports.

Read `settings` first (everything that can be configured), then `errors`, `services` (PostgreSQL and
Kafka, embedded or by URL), `publisher` (topics), `pricing` and `tariffs` (OCPI documents and
versions), `explained` and `pictures` (a CDR's price for people), `splitting` (a split, tried),
`rates` and `revaluing` (exchange rates, and a month at its last day's), `imports`, `launches`,
`demo`, and the command line last.
"""
