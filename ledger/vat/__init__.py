"""Which VAT a supply carries: dated data with its source, and the pure decision.

Read in this order: `parties` (seller and buyer), `areas` (territories), `place` (step 1: the
country that may tax), `rate_rows` and `rates` (standard rates by country and day), `options`
(states that chose otherwise for a time), `overrides` (rates two parties agreed), `decision` (what
is recorded), `rules` (step 2: the first that matches), `decide` (both steps), `explain` (every
row that was asked, for people), `numbers` (the shape of a number), `currencies` (in which money a
country takes its tax).
"""
