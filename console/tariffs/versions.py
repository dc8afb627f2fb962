"""A tariff version by the name that people write, or from an OCPI file."""

from pathlib import Path
from typing import Final, NamedTuple, cast

from console.publisher.producer import check_size
from consumers.tariffs import to_command
from ledger.pricing.tariff import TariffStatement
from ledger.values.identifiers import checked_party, record_key
from ledger.values.reasons import Reason, Refusal, Refused
from schemas import FileRegistry, TariffVersionV1, decode, encode, from_ocpi_json, topic_name

_FILES: Final = FileRegistry()
_TOPIC: Final = topic_name("", "tariff")


class VersionName(NamedTuple):
    """A tariff's key, and the number of one of its versions where one is named."""

    tariff: str
    number: int | None

    @property
    def one(self) -> int:
        """The number. Refuses: INVALID_DOCUMENT where none is named."""
        if self.number is None:
            raise Refused(
                Refusal(Reason.INVALID_DOCUMENT, "tariff", f"{self.tariff}#NUMBER", self.tariff)
            )
        return self.number


def version_name(text: str) -> VersionName:
    """Read `NL*XYZ/T1#2`, or `NL*XYZ/T1` alone. Refuses: WRONG_IDENTIFIER.

    >>> version_name("nl*xyz/T1#2"), version_name("NL*XYZ/T#A")
    (VersionName(tariff='NL*XYZ/t1', number=2), VersionName(tariff='NL*XYZ/t#a', number=None))
    """
    tariff, _, number = text.rpartition("#")
    if not (tariff and number.isdecimal() and number.isascii()):
        tariff, number = text, ""
    party, slash, record = tariff.partition("/")
    if not slash or not record:
        raise Refused(Refusal(Reason.WRONG_IDENTIFIER, "tariff", "NL*XYZ/T1#2", text))
    return VersionName(record_key(checked_party(party), record), int(number) if number else None)


def statement_in(
    path: Path, *, party: str | None = None, ocpi_version: str | None = None
) -> TariffStatement:
    """Read an OCPI tariff as a message would bring it: what goes out comes back the same.

    `party` is the CPO of a 2.1.1 object. Refuses (`SchemaError`): what a message is refused for.
    """
    message = from_ocpi_json("tariff", path.read_bytes(), party=party, ocpi_version=ocpi_version)
    sent = encode(message, topic=_TOPIC, registry=_FILES)
    check_size(sent)
    read = decode(sent, topic=_TOPIC, registry=_FILES)
    return to_command(cast(TariffVersionV1, read)).statement
