"""Exchange rates as dated facts and the pure decision which rate applies.

Read in this order: `publication_days` (when the ECB publishes), `rates` (published rates of one
currency), `convert` (the decision), `history` (imported rates as facts).
"""
