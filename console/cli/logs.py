"""What the processes and libraries of ours log, to stderr: stdout holds results only."""

import logging
import sys
from typing import Any


def configure_logging(level: str) -> None:
    """Log to stderr by structlog: JSON lines, or coloured ones on a terminal."""
    import structlog

    is_terminal = sys.stderr.isatty()
    shape: Any = (
        structlog.dev.ConsoleRenderer() if is_terminal else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            shape,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
