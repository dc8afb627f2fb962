"""A launch's evidence, gathered from the read models and the ledger: the gate and its tests.

Read `gathering` (figures and the gate), then `tests_run` (the five acceptance tests), `partner`
(the partner's file), `plan_file` (the plan as people write it) and `rehearsal` (a phase from its
evidence to the decision).
"""
