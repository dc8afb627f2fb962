"""A session as a picture: what it shows, and that no input makes it false or unreadable."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from xml.etree import ElementTree

import pytest

from console.pictures.axes import ticks_of, times_of
from console.pictures.chart import Chart, SessionCost, Stretch, UnitPrice, bands_of, energy_at
from console.pictures.markup import INK
from console.pictures.svg import svg_of
from console.pictures.svg_plot import TINTS
from console.pictures.terminal import text_of

NOON = datetime(2026, 11, 5, 11, tzinfo=UTC)
AMSTERDAM = "Europe/Amsterdam"
HOSTILE = "<script>&\"'\x00\x1b[31m\u202e]]>"


def stretch(
    minute: int,
    lasts: int,
    kwh: str = "0",
    price: str | None = "0.50",
    *,
    power: str | None = "",
    kind: str = "ENERGY",
    cost: str = "1.00",
) -> Stretch:
    """Return a stretch some minutes after noon; its power is its average unless it is given."""
    began_at = NOON + timedelta(minutes=minute)
    average = Decimal(kwh) * 60 / lasts if lasts and power == "" else None
    return Stretch(
        began_at,
        began_at + timedelta(minutes=lasts),
        "parking" if kind == "PARKING_TIME" else "charging",
        Decimal(kwh),
        Decimal(power) if power else average,
        None,
        () if price is None else (UnitPrice(kind, Decimal(price)),),
        Decimal(cost),
    )


def chart(*stretches: Stretch, title: str = "C1", extra: str = "0.35") -> Chart:
    costs = (SessionCost("fixed price", Decimal(extra)),)
    total = sum((row.cost for row in stretches), Decimal(extra))
    return Chart(title, "EUR", AMSTERDAM, stretches, costs, total, None, "before tax")


PARKED = stretch(60, 30, price="3", kind="PARKING_TIME", cost="1.50")
STRANGE = {
    "one instant": chart(stretch(0, 0, "3", power=None)),
    "energy in no time": chart(stretch(0, 0, "3", power=None), stretch(0, 60, "10")),
    "nothing consumed": chart(stretch(0, 60, price=None, cost="0")),
    "four hundred days": chart(stretch(0, 400 * 1440, "9")),
    "a price below zero": chart(stretch(0, 60, "10", "-0.10", cost="-1.00")),
    "a second": chart(
        stretch(0, 0, power="1")._replace(ended_at=NOON + timedelta(seconds=1)),
    ),
    "many periods": chart(*(stretch(n * 15, 15, "2", f"0.{n % 30:02}") for n in range(400))),
    "somebody's text": chart(stretch(0, 60, "10"), title=HOSTILE),
}


def texts_of(document: str) -> list[str]:
    """Return all texts of an SVG document."""
    return [text for text in ElementTree.fromstring(document).itertext() if text.strip()]


@pytest.mark.parametrize("drawn", STRANGE.values(), ids=STRANGE)
def test_every_chart_is_well_formed_and_within_its_frame(drawn):
    document = svg_of(drawn)
    root = ElementTree.fromstring(document)
    wide, high = (float(root.attrib[name]) for name in ("width", "height"))
    for element in root.iter("{http://www.w3.org/2000/svg}rect"):
        x, y, width, height = (
            float(element.get(name, 0)) for name in ("x", "y", "width", "height")
        )
        assert min(x, y, width, height) >= 0
        assert x + width <= wide
        assert y + height <= high
    assert "NaN" not in document
    assert "Infinity" not in document
    assert text_of(drawn).count("\n") >= 11


def test_somebody_s_text_stays_text():
    document = svg_of(chart(stretch(0, 60, "10"), title=HOSTILE))
    assert "<script" not in document
    assert "\x1b" not in document
    assert any("<script>&\"'" in text for text in texts_of(document))


def test_a_picture_loads_nothing_and_says_what_it_shows():
    document = svg_of(chart(stretch(0, 60, "10"), PARKED))
    root = ElementTree.fromstring(document)
    assert re.findall(r"https?://[^\"]+", document) == ["http://www.w3.org/2000/svg"]
    assert not re.search(r"href|<style|<script|<image|@import", document)
    assert root.get("role") == "img"
    named = {element.get("id"): element.text or "" for element in root}
    assert [bool(named[id]) for id in root.attrib["aria-labelledby"].split()] == [True, True]
    said = named["clearwatt-desc"]
    for part in ("Band A, 0.50 EUR/kWh", "Band B, 3.00 EUR/h parked", "Total 2.85 EUR before tax"):
        assert part in said


def test_bands_hold_every_price_and_every_cost():
    drawn = STRANGE["many periods"]
    bands = bands_of(drawn)
    assert [band.letter for band in bands] == list("ABCDEFGHIJKL")
    assert bands[-1].label == "19 further prices"
    assert sum(band.cost for band in bands) + drawn.session_costs[0].cost == drawn.cost
    assert sum(band.energy_kwh for band in bands) == drawn.energy_kwh
    assert sum(band.lasts_s for band in bands) == 400 * 15 * 60


def test_dark_text_is_readable_on_every_band():
    """Source: WCAG 2.2, 1.4.6 Contrast (Enhanced): at least 7 to 1."""
    assert min((luminance(tint) + 0.05) / (luminance(INK) + 0.05) for tint in TINTS) >= 7
    assert len(set(TINTS)) == 12


def luminance(colour: str) -> float:
    """Return a colour's relative luminance as WCAG 2.2 defines it."""
    parts = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return sum(part * weight for part, weight in zip(linear, (0.2126, 0.7152, 0.0722), strict=True))


def test_the_terminal_shows_power_bands_and_parking():
    rows = text_of(chart(stretch(0, 30, "10"), stretch(30, 30, "5", "0.30"), PARKED)).splitlines()
    assert rows[0] == "kW, 5 Nov 2026, 12:00 to 13:30 (Europe/Amsterdam, UTC+01:00)"
    # 20 kW fill the scale, 10 kW half of it, and parking draws none.
    assert rows[1].split("┤")[1] == "█" * 22
    assert rows[5].split("┤")[1] == "█" * 43
    letters = rows[11].strip()
    assert re.fullmatch(r"A+B+C+", letters)
    assert rows[12].strip().split() == ["P" * letters.count("C"), "P", "parked"]
    assert rows[-2].split() == ["+", "fixed", "price", "0.35"]
    assert rows[-1].split() == ["=", "EUR", "before", "tax", "3.85"]


def test_energy_is_drawn_where_power_is_not_known():
    drawn = chart(stretch(0, 0, "3", power=None), stretch(0, 60, "10"))
    assert text_of(drawn).startswith("kWh so far, ")
    reached = [energy_at(drawn, NOON + timedelta(minutes=minute)) for minute in (0, 30, 60)]
    assert reached == [Decimal(3), Decimal(8), Decimal(13)]


@pytest.mark.parametrize(
    ("greatest", "ticks"),
    [
        ("0", ["0", "1"]),
        ("0.003", ["0.000", "0.001", "0.002", "0.003"]),
        ("22", ["0", "10", "20", "30"]),
        ("150", ["0", "50", "100", "150"]),
        ("151", ["0", "50", "100", "150", "200"]),
    ],
)
def test_ticks_are_round_and_reach_the_greatest(greatest, ticks):
    assert list(ticks_of(Decimal(greatest))) == [Decimal(tick) for tick in ticks]


@pytest.mark.parametrize(
    ("day", "zone", "labels"),
    [
        ("2026-10-24T23:00Z", AMSTERDAM, ["01:00", "02:00", "02:00", "03:00", "04:00", "05:00"]),
        ("2026-03-29T00:00Z", AMSTERDAM, ["01:00", "03:00", "04:00", "05:00", "06:00", "07:00"]),
        ("2026-11-05T18:15Z", "Asia/Kathmandu", ["6 Nov", *(f"0{n}:00" for n in range(1, 6))]),
    ],
)
def test_time_is_local_also_when_the_clock_changes(day, zone, labels):
    began_at = datetime.fromisoformat(day)
    found = times_of(began_at, began_at + timedelta(hours=5), zone, most=6)
    assert [label for _, label in found] == labels


def test_a_long_time_is_marked_by_its_days():
    found = times_of(NOON, NOON + timedelta(days=16), AMSTERDAM)
    assert [label for _, label in found] == [f"{day} Nov" for day in range(6, 22, 3)]
