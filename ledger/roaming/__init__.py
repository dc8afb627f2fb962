"""Who deals with whom, and what they state: the records of roaming and their lives.

Read in this order: `statements` (sessions and CDRs as partners state them), `newest` (which one of
several stands), `places` (locations),
`actor`, `entity_documents`, `bank_accounts` and `entity` (legal entities), `party_documents`,
`party_spans`, `party_statements` and `party` (who trades, since when, for whose book), `onboarding`
(what a party needs before it may), `terms` and `agreement` (what two parties agreed), `endings` and
`expiry` (what of all this ends soon, and that it was announced), `own_version`
(the states of a tariff version made here), `tariff`, `location`, `session` and `cdr` (the
aggregates that messages feed), `meters`, `site_documents`, `remaps`, `site_version` and `site`
(what OCPI does not say of a location, and which names it had), `public_price` (which tariff of a
connector is the public one), `taxed_parts` (what of a price is taxed apart), `legs` (the recorded
decision), `checks` (what a CDR must pass),
`watching` (when a session is overdue), `sender` and `control_totals` (what numbers and sums reveal
of a sender), `payment_statements` (what a collector tells of a driver's payment), `move_in` (which
ids records had on the platform they came from), `remote_commands`. Of launches: `launch_plan`,
`launch_criteria`, `launch_figures`, `launch_rules` (the judgement), `launch_records`, `launch` (the
aggregate), `launch_scope` (what it lets through), `drill`.
"""
