"""Locations with all that the register knows of them, as people look at them.

Read `shown` (one location: OCPI, documents, EVSEs, meters, remaps), then `listed` (many, by what
they are), `chosen` (which of them a report is about), then `tree` (the picture of one).
"""
