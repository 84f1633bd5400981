"""A worker whose transactional ids somebody else uses, once each, between its look for what hangs and its own use."""

from collections.abc import Iterable

from aiokafka.client import AIOKafkaClient

from app.engine.hanging import Hanging
from app.engine.producer import Producer
from app.main import run

end = Hanging.end
used: set[str] = set()


async def overtaken(self: Hanging, transactional_id: str, topics: Iterable[str]) -> int | None:
    epoch = await end(self, transactional_id, topics)
    if epoch is not None and transactional_id not in used:
        used.add(transactional_id)
        client = AIOKafkaClient(**self._side._settings.kafka())
        somebody = Producer(client, transactional_id, 10_000, 10_000)
        await somebody.start()
        await somebody.stop()
    return epoch


if __name__ == "__main__":
    Hanging.end = overtaken  # type: ignore[method-assign]
    run()
