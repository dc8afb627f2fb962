"""The one exception of the console: something outside the ledger is missing or does not answer."""

from typing import Final

DEBUG_VARIABLE: Final = "CLEARWATT_DEBUG"
"""Not empty and not 0: a command that fails shows where, with a traceback."""


class ServiceError(Exception):
    """A service is missing, refuses or does not answer: a published code and one clear sentence.

    >>> raise ServiceError("JAVA_NOT_FOUND", "No Java was found.")
    Traceback (most recent call last):
    console.errors.ServiceError: JAVA_NOT_FOUND: No Java was found.
    """

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(f"{code}: {sentence}")
        self.code = code
        self.sentence = sentence
