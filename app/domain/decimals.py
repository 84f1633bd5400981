"""Decimal numbers as text, and exact money. Whoever asks gets the same cents, whatever the thread's decimal context."""

import re
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Annotated, Final

from msgspec import Meta

# Plain notation only: no sign, exponent, blank, NaN or leading zero, ASCII digits, below 10^9. Events promise these
# patterns to evolve, which therefore never meets a number that it cannot read.
_QUANTITY: Final = r"(?:0|[1-9][0-9]{0,8})(?:\.[0-9]{1,6})?"
_PRICE: Final = r"(?:0|[1-9][0-9]{0,8})(?:\.[0-9]{1,2})?"
_MONEY: Final = r"(?:0|[1-9][0-9]{0,23})\.[0-9]{2}"

Quantity = Annotated[str, Meta(pattern=rf"\A{_QUANTITY}\Z")]
Price = Annotated[str, Meta(pattern=rf"\A{_PRICE}\Z")]
Money = Annotated[str, Meta(pattern=rf"\A{_MONEY}\Z")]

ZERO: Final = Decimal("0.00")

# A line needs 26 digits (9+6 times 9+2), a hundred of them 28: 50 loses nothing.
_EXACT: Final = Context(prec=50, rounding=ROUND_HALF_EVEN)
_CENT: Final = Decimal("0.01")

_is_quantity = re.compile(rf"(?=[0-9.]*[1-9]){_QUANTITY}").fullmatch
_is_price = re.compile(_PRICE).fullmatch
_is_amount = re.compile(r"(?=[0-9.]*[1-9])(?:0|[1-9][0-9]*)(?:\.[0-9]{1,2})?").fullmatch

add = _EXACT.add
subtract = _EXACT.subtract


def is_quantity(text: str) -> bool:
    """Above 0, below 10^9, at most 6 decimals, in plain notation."""
    return _is_quantity(text) is not None


def is_price(text: str) -> bool:
    """From 0 to below 10^9, at most 2 decimals, in plain notation."""
    return _is_price(text) is not None


def is_amount(text: str) -> bool:
    """Above 0, at most 2 decimals, in plain notation; of any size: a balance is what limits a payment."""
    return _is_amount(text) is not None


def line_amount(quantity: str, price: str) -> Decimal:
    """Quantity x price, rounded half-even to cents (invoice rules); always two decimals."""
    return _EXACT.quantize(_EXACT.multiply(Decimal(quantity), Decimal(price)), _CENT)


def money(amount: Decimal) -> str:
    """The text of an amount of at most 2 decimals, with exactly two: "12.50"."""
    return str(_EXACT.quantize(amount, _CENT))
