"""Elements of an SVG document: every attribute and every text is escaped here."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from html import escape
from typing import Final

from console.pictures import words

INK: Final = "#1f2933"
FAINT: Final = "#52606d"
RULE: Final = "#cbd2d9"
_TENTH: Final = Decimal("0.1")
_FONT: Final = "system-ui, 'Segoe UI', 'DejaVu Sans', Arial, sans-serif"


def tag(name: str, *children: str, **attributes: object) -> str:
    """Return an element; `children` are elements, an underscore in a name is a hyphen.

    >>> tag("rect", x=Decimal("1.26"), fill="none"), tag("g", tag("a"), id='"<')
    ('<rect x="1.3" fill="none"/>', '<g id="&quot;&lt;"><a/></g>')
    """
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_value(value))}"'
        for key, value in attributes.items()
    )
    return f"<{name}{given}>{''.join(children)}</{name}>" if children else f"<{name}{given}/>"


def document_of(
    *, title: str, description: str, width: int, height: int, parts: Sequence[str]
) -> str:
    """Return a whole picture: it loads nothing, and says in words what it shows."""
    head = [
        tag("title", content(title), id="clearwatt-title"),
        tag("desc", content(description), id="clearwatt-desc"),
    ]
    document = tag(
        "svg",
        "\n",
        "\n".join([*head, *parts]),
        "\n",
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {width} {height}",
        width=width,
        height=height,
        role="img",
        aria_labelledby="clearwatt-title clearwatt-desc",
        font_family=_FONT,
    )
    return f"{document}\n"


def paper(width: int, height: int) -> str:
    """Return the white ground of a picture."""
    return tag("rect", width=width, height=height, fill="#ffffff")


def text(x: object, y: object, said: str, *, size: int = 13, **attributes: object) -> str:
    """Return a text at a place; it starts there unless `text_anchor` says otherwise."""
    given: dict[str, object] = {"fill": INK, **attributes}
    return tag("text", content(said), x=x, y=y, font_size=size, **given)


def content(said: str) -> str:
    """Return a text as an element's content; what XML has no place for is replaced.

    >>> content("<C1> & \\x00")
    '&lt;C1&gt; &amp; �'
    """
    return escape(words.printable(said), quote=False)


def width_of(said: str, size: int = 13) -> Decimal:
    """Return about how wide a text is, generously: fonts differ between readers."""
    return len(said) * size * Decimal("0.58")


def number(value: Decimal) -> str:
    """Return a coordinate.

    >>> number(Decimal("12.04")), number(Decimal(3))
    ('12', '3')
    """
    return f"{value.quantize(_TENTH, ROUND_HALF_UP):f}".removesuffix(".0")


def _value(value: object) -> str:
    return number(value) if isinstance(value, Decimal) else words.printable(str(value))
