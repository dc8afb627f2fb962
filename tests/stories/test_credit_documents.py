"""What is credited inside goes out as OCPI's documents, with the personal data they had."""

from datetime import timedelta
from decimal import Decimal

import pytest

from console.drafting.credits import outward_documents
from ledger.application.control import adjust_cdr, credit_cdr
from ledger.values.reasons import Refused
from tests.ledger_cast import AGREEMENTS, BY_FINANCE, CAST, RECORDED_AT
from tests.ledger_statements import cdr, session, tariff
from tests.ledger_world import World

LATER = RECORDED_AT + timedelta(days=1)


@pytest.fixture
def world(database_url):
    world = World(database_url, *CAST, *AGREEMENTS)
    world.send(tariff(("ENERGY", "0.50", 1)), session("C1"), cdr("C1", "5.00"))
    yield world
    world.close()


def test_a_credit_goes_out_as_ocpis_credit_cdr(world):
    credit_cdr(world.ledger, "NL*XYZ/c1", reason="charger was broken", by=BY_FINANCE)
    sent = outward_documents(world.ledger, "NL*XYZ/c1", at=LATER)
    assert sent.replacing is None
    document = sent.credit
    assert (document.id, document.credit, document.credit_reference_id) == ("C1-CR", True, "C1")
    assert document.total_cost.before_taxes == Decimal("-5.00")
    assert document.total_energy == Decimal(10)
    assert document.cdr_token.uid == "04A1B2C3"


def test_a_part_given_back_goes_out_as_a_full_credit_and_a_cdr_of_what_is_left(world):
    adjust_cdr(world.ledger, "NL*XYZ/c1", amount=Decimal("1.25"), reason="goodwill", by=BY_FINANCE)
    sent = outward_documents(world.ledger, "NL*XYZ/c1", at=LATER)
    assert sent.credit.total_cost.before_taxes == Decimal("-5.00")
    assert (sent.replacing.id, sent.replacing.total_cost.before_taxes) == (
        "C1-R",
        Decimal("3.7500"),
    )


def test_a_cdr_that_was_never_credited_has_no_such_documents(world):
    with pytest.raises(Refused, match="CDR_NOT_OPEN"):
        outward_documents(world.ledger, "NL*XYZ/c1", at=LATER)
