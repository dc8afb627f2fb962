"""Which VAT a supply carries: dated rates with their source, and the pure decision.

Read in this order: `rates` (standard rates by country and date), `decide` (place of supply, then
the ordered rules).
"""
