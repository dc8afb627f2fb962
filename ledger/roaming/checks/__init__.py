"""What a CDR must pass before it is money: one rule, one pure function, in order of precedence.

Read in this order: `candidate` (what a check may look at), `check` (what a check is: its published
number, its severity, whose work it makes), then the rules by subject: `fields`, `times`,
`places`, `sessions`, `duplicates`, `energy`, `evidence`, `tax`, `delivery`; `of_the_charge` and
`of_the_money` number them, with those that other parts of the decision raise; `catalogue` puts
them in order, and `judge` applies them.
"""
