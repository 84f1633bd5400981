"""What the checks say of an order. Pure; the shape of contract.md."""

from typing import Literal

from msgspec import Struct

Verdict = Literal["PASS", "FAIL", "ERROR"]
INVENTORY_CHECK = "INVENTORY_CHECK"
FRAUD_CHECK = "FRAUD_CHECK"
ORDER_DETAILS_CHECK = "ORDER_DETAILS_CHECK"


class Validation(Struct, frozen=True, rename="camel", gc=False):
    """A record of order-validations. Which checks are required is a setting: any name is a check."""

    order_id: str
    check_type: str
    validation_result: Verdict
    reason: str | None = None
