"""The demo: an invented world of partners, and a month of their messages with seeded faults.

The sessions are either a table's (see `console.imports`) or generated from figures measured on
real ones. Every fault that is put into the month is planned with the outcome it must have, so a
run can be checked message by message.

Read in this order:

1. `world/` - who trades with whom: entities, parties, agreements, tariffs, locations, rates
2. `measure`, `distributions.yaml`, `distributions` - the figures and how they were measured
3. `on_the_spot`, `generator` - charges drawn from the figures; some drivers have no contract
4. `plan` - messages in publishing order, numbered by sender, with what must become of each
5. `charge` - the messages of a charge, and what a fault is; then what goes wrong in the month on
   purpose: `deliveries`, `contents`, `credits`, `misspent`, `malformed`, and `cases` for people;
   `faults` draws
6. `cards`, `commands`, `meter`, `findings`, `totals` - who charges, what was commanded, who signs,
   what is noted of a sound charge, what senders say they sent
7. `month`, `sources` - the whole: facts, charges and faults, generated or around a table's rows
8. `desk`, `quarrels`, `people`, `launching` - what people do about what waits, and about launches
9. `publishing`, `run` - sending a plan to the topics, and playing it from end to end
10. `counted`, `outcome`, `spent`, `control` - what had to become of everything, beside what
    became of it
11. `bench_world`, `bench_load` - room for any number of charges, and many encoded messages,
    quickly
"""
