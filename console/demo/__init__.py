"""The demo: an invented world of partners, and a month of their messages with seeded faults.

The sessions are either a table's (see `console.imports`) or generated from figures measured on
real ones. Every fault that is put into the month is planned with the outcome it must have, so a
run can be checked message by message.

Read in this order:

1. `world/` - who trades with whom: entities, parties, agreements, tariffs, locations, rates
2. `measure`, `distributions.yaml`, `distributions` - the figures and how they were measured
3. `generator` - charges drawn from the figures
4. `plan` - messages in publishing order, numbered by sender, with what must become of each
5. `faults`, `malformed`, `findings` - what goes wrong in the month, on purpose, and what has to
   be found about a sound charge
6. `month`, `sources` - the whole: facts, charges and faults, generated or around a table's rows
7. `publishing` - sending a plan to the topics
8. `bench_load` - many encoded messages, quickly
"""
