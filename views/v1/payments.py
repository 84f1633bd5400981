"""/v1/payments: taking in a payment for an order. Who reads them counts each id once."""

import asyncio
import re
from typing import Final

from aiohttp.web import Request, Response, UrlDispatcher
from aiokafka.errors import KafkaError

from app import topics
from app.codec import Undecodable, encode
from app.domain.payments import Payment
from app.engine.app import App
from app.fields import Fields
from views.answers import raw_json
from views.bodies import json_body
from views.callers import patient
from views.problems import Problem, malformed, not_ready
from views.v1.shapes import payment_shown

_currency: Final = re.compile(r"[A-Z]{3}").fullmatch
_amount: Final = re.compile(r"(?:0|[1-9]\d{0,11})(?:\.\d{1,2})?").fullmatch


class Payments:
    """Payments, into their topic."""

    def __init__(self, app: App) -> None:
        self._app = app

    def routes(self, router: UrlDispatcher) -> None:
        """Add the call."""
        router.add_post("/v1/payments", self.post)

    async def post(self, request: Request) -> Response:
        """Take in a payment: 201 once Kafka has it."""
        asked = patient(request)
        try:
            payment = _payment(Fields(await json_body(request, asked.seconds_left)))
        except Undecodable as error:
            raise malformed(error.message, error.field) from error
        key = payment.id.encode()
        try:
            async with asyncio.timeout_at(asked.deadline):
                await self._app.append(topics.payments, key, encode(payment), self._app.owners.partition(key))
        except TimeoutError:
            detail = "Kafka did not confirm the payment in time. It is safe to send it again: an id counts once."
            raise Problem("not-decided", detail) from None
        except KafkaError as error:
            raise not_ready(f"Kafka does not take the payment: {type(error).__name__}.") from error
        return raw_json(payment_shown(payment), 201)


def _payment(fields: Fields) -> Payment:
    """Read a payment. Raises Undecodable."""
    currency, amount = fields.text("ccy"), fields.decimal("amount")
    if not _currency(currency):
        raise Undecodable("A currency is three capital letters, as in EUR.", "ccy")
    if not _amount(amount):
        raise Undecodable("An amount is from 0 to below 10^12, with at most 2 decimals.", "amount")
    return Payment(fields.id("id"), fields.id("orderId"), currency, amount)
