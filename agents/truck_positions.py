"""truck_position -> trucks, dangerous_driving, and the dangerous ones again by driver and by type of event."""

from collections.abc import AsyncIterator
from typing import Any

from app import topics
from app.codec import Codec
from app.domain.trucks import TruckPosition
from app.engine.batches import Headers
from app.engine.task import TaskBatch
from app.engine.transaction import Transaction
from app.main import app
from tables.trucks import Truck, trucks

positions: Codec[TruckPosition] = Codec(TruckPosition)


def follow(record: Any, tx: Transaction) -> None:
    """Note where a truck is; pass a dangerous event on under three keys."""
    position = positions.decode(record.value)
    truck = tx.get(trucks, record.key)
    counts = dict(truck.by_type) if truck else {}
    counts[position.event_type] = counts.get(position.event_type, 0) + 1
    events, dangerous = (truck.events, truck.dangerous) if truck else (0, 0)
    tx.put(trucks, record.key, Truck(position, events + 1, dangerous + position.dangerous, counts))
    if position.dangerous:
        cause: Headers = [("schema", b"1"), ("position", tx.position)]
        tx.emit(topics.dangerous_driving, record.key, record.value, cause)
        tx.repartition(topics.dangerous_by_driver, b"%d" % position.driver_id, record.value, cause)
        tx.repartition(topics.dangerous_by_type, position.event_type.encode(), record.value, cause)


@app.agent(
    topics.truck_position,
    name="truck-positions",
    tables=(trucks,),
    outputs=(topics.dangerous_driving, topics.dangerous_by_driver, topics.dangerous_by_type),
)
async def truck_positions(batches: AsyncIterator[TaskBatch]) -> None:
    """Follow the trucks, and pick out dangerous driving."""
    async for batch in batches:
        await batch.transact(follow)
