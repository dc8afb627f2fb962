"""Who deals with whom, and what they state: the records of roaming and their lives.

Read in this order: `statements` (sessions and CDRs as partners state them), `places` (locations),
`actor`, `party` (parties and legal entities), `terms` and `agreement` (what two parties agreed),
`tariff`, `location`, `session` and `cdr` (the aggregates that messages feed), `legs` (the
recorded decision), `checks` (what a CDR must pass).
"""
