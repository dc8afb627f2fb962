"""The command line: `clearwatt NOUN VERB`, for finance, auditors and operations.

Read `app` first (all command groups), then `common` (what every command shares: output, errors,
actors, instants, services), `options` (arguments that several have) and `reports` (forms and
files), then one module per group. Commands import what they need when they run, so that asking for
help costs a fraction of a second.
"""

from console.cli.app import main

__all__ = ["main"]
