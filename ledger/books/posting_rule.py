"""What a posting rule is: the lines it books, and what its entries name.

Every entry names its event, its rule, the day of the service and the day it is posted on. Of which
agreement version it is and of which period depends on the rule: `Names` says it, for people and as
a shape that `conformity` holds entries against.
"""

from typing import Final, NamedTuple


class Line(NamedTuple):
    """One line of a rule: the account, and which amount stands on it."""

    account: str
    amount: str


class Column(NamedTuple):
    """What entries of a rule have in a column: in words, and its shape, a regular expression.

    `came_later`: entries that were recorded before the ledger named it have nothing there.
    """

    meaning: str
    shape: str
    came_later: bool = False


class Names(NamedTuple):
    """What the entries of a rule have as their agreement version, and as their periods.

    There are two periods, of the service and of the posting; both have this shape.
    """

    agreement: Column
    period: Column


class PostingRule(NamedTuple):
    """What an event books in one book.

    Accounts are written as in the chart; `<seller>` and `<buyer>` are those of the sale.
    `either` are the lines that stand on the side their amount asks for; where the rule `is_signed`
    all may, since it books what a sum became more or less by, and a credit swaps it. `events` book
    the entry, `taken_back_by` swap its sides. `names` is what the entry says of agreements and
    periods. `meaning` is a sentence without its full stop.
    """

    id: str
    meaning: str
    book: str
    names: Names
    events: tuple[str, ...]
    debits: tuple[Line, ...] = ()
    credits: tuple[Line, ...] = ()
    either: tuple[Line, ...] = ()
    taken_back_by: tuple[str, ...] = ()
    is_signed: bool = False

    @property
    def lines(self) -> tuple[Line, ...]:
        """All its lines, whichever side they stand on."""
        return (*self.debits, *self.credits, *self.either)


_VERSION: Final = r"[^\s,#]+#[1-9][0-9]*"
_MONTH: Final = r"[0-9]{4}-(0[1-9]|1[0-2])"
_IN_SETTLEMENT: Final = Column("the settlement period", rf"[^/]+/{_MONTH}")
_IN_NO_SETTLEMENT: Final = Column("the accounting month: it is of no settlement period", _MONTH)

OF_A_SALE: Final = Names(
    Column("that of the agreement under which the sale was made", _VERSION), _IN_SETTLEMENT
)
OF_A_GROUP: Final = Names(
    Column(
        "those of all agreements under which the group was sold, with commas between them",
        rf"{_VERSION}(, {_VERSION})*",
        came_later=True,
    ),
    _IN_SETTLEMENT,
)
OF_A_PAYMENT: Final = Names(
    Column(
        "none: it is booked as it is told, be its CDR decided already or not, and stays as it is"
        " when that is decided again under another one (`clearwatt payment show` finds the CDR)",
        "",
    ),
    _IN_SETTLEMENT,
)
OF_AN_OPENING: Final = Names(
    Column(
        "none, in its place the hash of the file: what was agreed before is not known here",
        r"sha256:[0-9a-f]{64}",
    ),
    _IN_NO_SETTLEMENT,
)
OF_A_BALANCE: Final = Names(
    Column(
        "none: what is open on an account in a currency is of many sales",
        "",
    ),
    _IN_NO_SETTLEMENT,
)
