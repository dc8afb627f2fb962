"""A charge and a tariff version become a priced result. Pure: no identities, no money moved.

Read in this order: `tariff` (OCPI's tariff as recorded, its versions and which one is valid),
`charge` (what was consumed, when), `lines` (the priced result and its lines), `price` (the rule).
"""
