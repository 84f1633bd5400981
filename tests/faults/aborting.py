"""A worker whose commits fail now and then while younger batches of the same task are queued already."""

from aiokafka.errors import KafkaTimeoutError

from app.engine import crash
from app.engine.task import Task
from app.main import run

passed = 0


def failing(task: Task, point: str) -> None:
    global passed  # noqa: PLW0603
    if point == crash.UNCOMMITTED and len(task._inbox):
        passed += 1
        if passed % 5 == 1 and passed < 100:
            print("ABORTED with younger batches queued", flush=True)
            raise KafkaTimeoutError


Task.passes = failing  # type: ignore[method-assign]
if __name__ == "__main__":
    run()
