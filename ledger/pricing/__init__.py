"""A charge and its tariff become a priced result. Pure: no identities, no money moved.

Read in this order: `tariff` (OCPI's tariff as recorded, its versions and which one is valid),
`charge` (what was consumed, when), `terms` (what partners agree on where OCPI leaves a choice),
`lines` (the priced result); then the rule: `price`, and what it is made of, `restrictions`,
`elements`, `compiled`, `local_time`, `segments`, `cutting`, `steps`, `amounts`, `taxes`, `limits`,
`assemble`, `totals`; last `compare` (the result beside what a partner states), `parking` (when it
begins, by agreement) and `cut_charge` (a charge cut where its price changes). `lint` reads a tariff
alone and says what is wrong or doubtful in it.
"""
