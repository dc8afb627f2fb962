"""What a meter is, until when it is calibrated and which key it has decides about its charges."""

from datetime import date

import pytest
from msgspec.structs import replace

from ledger.application.registration import advance_time
from ledger.roaming.statements import SignedData, SignedValue
from tests.evidence_world import (
    METER,
    METER_KEY,
    OTHER_KEY,
    payload,
    public_key_of,
    reading,
    signed,
)
from tests.ledger_cast import (
    AGREEMENTS,
    CAST,
    rates,
)
from tests.ledger_statements import october, tariff
from tests.ledger_world import World
from tests.site_world import (
    DOCUMENT,
    LOC1,
    charged,
    meter,
    site,
)

PER_KWH = tariff(("ENERGY", "0.50", 1))


@pytest.fixture
def world(database_url):
    world = World(database_url, *CAST, *AGREEMENTS, rates())
    advance_time(world.ledger, october(1))
    world.send(PER_KWH)
    return world


def test_a_meters_calibration_expires_in_the_middle_of_a_month(world):
    # given a meter that is calibrated until the 15th, local time
    until_15 = replace(DOCUMENT, meters=(meter("E1", calibrated_until=date(2026, 10, 15)),))
    world.learn(site(LOC1, until_15))
    world.settle()
    # then what ends before midnight is money, what ends after it waits
    charged(world, "C1", 14, at=october(14, 20))
    charged(world, "C2", 14, at=october(14, 21, 1))
    charged(world, "C3", 20)
    assert world.cdr("C1").state == "accepted"
    assert [world.reasons(id) for id in ("C2", "C3")] == [["METER_OUT_OF_CALIBRATION"]] * 2
    # when the certificate is recorded, then they are money, too
    world.learn(site())
    world.settle()
    assert [world.cdr(id).state for id in ("C1", "C2", "C3")] == ["accepted"] * 3
    assert world.topics_of("NL*XYZ/c1") == ["cdr.accepted.v1"]


def test_a_meter_that_may_not_be_billed_by_holds_what_was_accepted_since(world):
    before, since = charged(world, "C1", 9), charged(world, "C2", 11)
    illegal = meter("E1", legal_class="not_legal", valid_from=october(10))
    world.learn(site(LOC1, replace(DOCUMENT, meters=(illegal,)), valid_from=october(10)))
    world.settle()
    assert world.topics_of(before) == ["cdr.accepted.v1"]
    assert world.topics_of(since) == ["cdr.accepted.v1", "cdr.redecided.v1"]
    assert world.reasons("C2") == ["METER_NOT_LEGAL"]
    assert world.balances(since) == {}


def signed_data(key, stated=METER):
    text = signed(payload(*(
        reading(occasion, value, at, TM=f"2026-10-20T{at},000+0200 S")
        for occasion, value, at in (("B", "100", "12:00:00"), ("E", "110", "13:00:00"))
    )), key)  # fmt: skip
    return SignedData("OCMF", (SignedValue("End", "", text),), 1, stated)


def test_signed_data_is_judged_by_the_meters_key_in_the_register(world):
    # given a CDR that is signed by the key it brings along
    charged(world, "C1", 20, signed_data=signed_data(METER_KEY))
    assert world.cdr("C1").evidence.key_source == "cdr"
    assert world.cdr("C1").state == "accepted"
    # when another key is registered as the meter's, then it was not the meter that signed
    other = public_key_of(OTHER_KEY)
    world.learn(site(LOC1, replace(DOCUMENT, meters=(meter("E1", public_key=other),))))
    world.settle()
    assert world.reasons("C1") == ["SIGNED_DATA_FALSE"]
    # when the right one is registered, then it was, though the texts were not read again
    world.learn(site(LOC1, replace(DOCUMENT, meters=(meter("E1", public_key=METER),))))
    world.settle()
    assert world.cdr("C1").state == "accepted"


def test_signed_data_without_a_key_is_verified_by_the_registers(world):
    world.learn(site(LOC1, replace(DOCUMENT, meters=(meter("E1", public_key=METER),))))
    charged(world, "C1", 20, signed_data=signed_data(METER_KEY, None))
    charged(world, "C2", 20, at=october(20, 14), signed_data=signed_data(OTHER_KEY, None))
    evidence = world.cdr("C1").evidence
    assert (evidence.status, evidence.key_source) == ("verified", "register")
    assert world.cdr("C1").state == "accepted"
    assert world.reasons("C2") == ["SIGNED_DATA_FALSE"]


def test_the_meter_of_another_evse_says_nothing(world):
    world.learn(site(LOC1, replace(DOCUMENT, meters=(meter("E2", legal_class="not_legal"),))))
    charged(world, "C1", 10)
    assert world.cdr("C1").state == "accepted"
