"""The priced result of a CDR as people ask for it: lines, totals, comparison, findings.

Read in this order: `figures` (what there is to know), `lines` (lines and totals of a leg),
`beside` (what stands beside the price: what was stated, found, shown), `pricing` (all of it for one
CDR, and its chart). All figures are those that the decision's event recorded; nothing is priced
again. What an event of earlier days does not hold is simply not there.
"""
