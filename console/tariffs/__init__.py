"""Tariff versions as people handle them: their names, their files, what differs, what they earn.

Read in this order: `versions` (a version by its name or from a file), `show` (what one says, as
rows), `differ` (two versions side by side), `margins` (the tariffs of one connector compared).
"""
