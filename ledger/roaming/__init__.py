"""Who deals with whom, and what they state: the records of roaming and their lives.

Read in this order: `statements` (sessions and CDRs as partners state them), `places` (locations),
`actor`, `party` (parties and legal entities), `terms` and `agreement` (what two parties agreed),
`own_version` (the states of a tariff version made here), `tariff`, `location`, `session` and `cdr`
(the aggregates that messages feed), `public_price` (which tariff of a connector is the public
one), `legs` (the recorded decision), `checks` (what a CDR must pass), `watching` (when a session
is overdue), `sender` and `control_totals` (what numbers and sums reveal of a sender).
"""
