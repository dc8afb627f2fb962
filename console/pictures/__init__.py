"""A charging session as a picture: power over time, its price bands, what each period cost.

Read in this order: `words` (quantities, prices and times as people read them), `chart` (what is
drawn, wherever it comes from), `of_cdr` (a priced CDR as a chart), `axes` (round ticks), then the
two forms: `terminal`, and `svg` with its parts `markup`, `svg_plot` and `svg_table`. Nothing here
computes a price: costs are those that were recorded, or that the engine returned.

How an amount is shared is a picture of its own: `waterfall`, and `svg_waterfall`; so are exchange
rates: `svg_rates`.
"""
