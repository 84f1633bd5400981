"""Orders as a clothes shop's day would give them: most are right, a few cannot be filled, or are too good to be true.

Pure and repeatable: the same seed gives the same orders, payments, cancellations and shipments.
"""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Iterator
from decimal import Decimal

from app.domain.orders import CancelOrder, Command, PlaceOrder, ShipOrder
from app.domain.payments import Payment

ORIGIN = "simulator"
CURRENCY = "GBP"
GOODS = (("JUMPERS", 30, 60), ("UNDERPANTS", 5, 15), ("STOCKINGS", 4, 12))  # with prices from and to
REGULARS = 20  # customers 1-20, who come back so often that the fraud check will have a word with them
FIRST_OCCASIONAL = 1001
OCCASIONAL = 5000  # they come in turns, and so seldom that each visit is a session of its own at some orders a second
REGULAR_SHARE = 0.03
MOST_A_VISIT = 3

Record = Command | Payment
Step = tuple[str, Record]  # a record and its key


def shop(seed: int, rate: float, customers: int = OCCASIONAL) -> Iterator[list[Step]]:
    """Give rounds without end: one order each, and what has become due of earlier ones at `rate` orders a second.

    All steps of one order come in their order: it is paid some seconds after it was placed, shipped or cancelled later.
    """
    rng = random.Random(seed)  # noqa: S311 -- repeatable, not secret
    visitors = _visitors(rng, customers)
    later: list[tuple[int, int, Step]] = []
    count = itertools.count()  # no two entries of the heap are alike: steps are never compared
    for number in itertools.count(1):
        order_id = f"ORD-{seed}-{number:06}"
        place = _place(rng, order_id, next(visitors))
        for seconds, step in _life(rng, order_id, place):
            heapq.heappush(later, (number + max(1, int(seconds * rate)), next(count), step))
        steps: list[Step] = [(order_id, place)]
        while later and later[0][0] <= number:
            steps.append(heapq.heappop(later)[2])
        yield steps


def _visitors(rng: random.Random, customers: int) -> Iterator[str]:
    """Give the customer of each order: the occasional ones in turns, some orders a visit, the regular ones between."""
    turns = [str(FIRST_OCCASIONAL + number) for number in range(customers)]
    rng.shuffle(turns)
    for customer in itertools.cycle(turns):
        for _ in range(rng.randint(1, MOST_A_VISIT)):
            yield customer
            if rng.random() < REGULAR_SHARE:
                yield str(rng.randint(1, REGULARS))


def _place(rng: random.Random, order_id: str, customer: str) -> PlaceOrder:
    product, cheapest, dearest = rng.choice(GOODS)
    quantity, cents = rng.randint(1, 3), rng.randint(cheapest * 100, dearest * 100)
    odd = rng.random()
    if odd < 0.02:
        quantity, cents = rng.randint(40, 90), 5500  # above what is believed
    elif odd < 0.035:
        quantity = rng.choice((0, -1, -3))  # impossible
    elif odd < 0.045:
        quantity, cents = 150_000, 1  # more than there is
    elif odd < 0.05:
        product = "WINGS"  # nobody has any
    price = str(Decimal(cents) / 100)
    return PlaceOrder(
        f"{order_id}-place", ORIGIN, customer_id=customer, product=product, quantity=quantity, price=price
    )


def _life(rng: random.Random, order_id: str, place: PlaceOrder) -> Iterator[tuple[float, Step]]:
    """Give what follows an order, and how many seconds after it."""
    paid = rng.uniform(1, 8)
    if rng.random() < 0.85:
        amount = max(Decimal(place.price) * place.quantity, Decimal("0.01"))
        payment = Payment(f"PAY-{order_id.removeprefix('ORD-')}", order_id, CURRENCY, f"{amount:.2f}")
        yield paid, (payment.id, payment)
        if rng.random() < 0.03:
            yield paid + rng.uniform(0, 5), (payment.id, payment)  # a payment told twice
    fate = rng.random()
    if fate < 0.05:
        yield rng.uniform(0, 20), (order_id, CancelOrder(f"{order_id}-cancel", ORIGIN))
    elif fate < 0.85:
        yield rng.uniform(15, 45), (order_id, ShipOrder(f"{order_id}-ship", ORIGIN))
