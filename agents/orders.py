"""order-commands, order-validations -> orders, order-results: the only writer of what becomes of an order."""

from collections.abc import AsyncIterator
from typing import Any

from app import codec_orders, topics
from app.codec import decode_key, encode, fingerprint, result_error, result_ok, rfc3339
from app.domain.decider import Rejected
from app.domain.orders import UNKNOWN, Command, OrderState, decide, note, time_out
from app.engine.answers import Answer
from app.engine.idempotency import COMMAND_ID, FINGERPRINT, identify
from app.engine.task import TaskBatch
from app.engine.transaction import Transaction
from app.main import app
from tables.orders import orders_state

REQUIRED = app.settings.order_checks
PATIENCE_MS = int(app.settings.order_checks_s * 1000)
TIME_OUT = b"TimeOutChecks"
COMMANDS, VALIDATIONS = app.topic_name(topics.order_commands), app.topic_name(topics.order_validations)
SCHEMA = ("schema", b"1")


def judge(record: Any, tx: Transaction) -> None:
    """Take in a check, a command, or the end of an order's patience."""
    if record.topic == VALIDATIONS:
        _check(record, tx)
    elif record.topic == COMMANDS:
        _command(record, tx)
    else:
        _time_out(record, tx)


def _check(record: Any, tx: Transaction) -> None:
    """Note what a service says of an order. An order that is not there yet finds it, if it comes in time."""
    validation, key = codec_orders.validations.decode(record.value), record.key
    decode_key(key)
    state = tx.get(orders_state, key) or UNKNOWN
    after = note(validation, state, rfc3339(record.timestamp), REQUIRED)
    if after and state is UNKNOWN:
        tx.schedule(key, PATIENCE_MS, TIME_OUT)
    _become(tx, key, state, after, [SCHEMA, ("position", tx.position)])


def _time_out(record: Any, tx: Transaction) -> None:
    key = record.key
    state = tx.get(orders_state, key) or UNKNOWN
    if state.order is None:
        tx.put(orders_state, key, None)  # checks of an order that never came
        return
    after = time_out(state, rfc3339(record.timestamp), REQUIRED)
    _become(tx, key, state, after, [SCHEMA, ("position", tx.position)])


def _command(record: Any, tx: Transaction) -> None:
    order_id = decode_key(record.key)
    command = codec_orders.order_commands.decode(record.value)
    key, print_ = record.key, fingerprint(command)
    raw_id = command.command_id.encode()
    identity = identify(key, raw_id)
    known = tx.decided(identity)
    if known is not None:
        tx.repeated += 1
        if tx.awaited:
            tx.answer(key, command.command_id, Answer("stored" if known == print_ else "reused"))
        return
    state = tx.get(orders_state, key) or UNKNOWN
    cause = [SCHEMA, (COMMAND_ID, raw_id), ("position", tx.position)]
    decision = decide(command, order_id, state, rfc3339(record.timestamp), REQUIRED)
    if not isinstance(decision, Rejected):
        if decision and state.order is None:
            tx.schedule(key, PATIENCE_MS, TIME_OUT)
        state = _become(tx, key, state, decision, cause)
    result = _result(command, state, tx.position, decision)
    tx.emit(topics.order_results, key, result, [*cause, (FINGERPRINT, print_)])
    tx.remember(identity, print_)
    if tx.awaited:
        tx.answer(key, command.command_id, Answer("decided", result))


def _become(
    tx: Transaction, key: bytes, before: OrderState, after: tuple[OrderState, ...], cause: list[tuple[str, bytes]]
) -> OrderState:
    """Let an order go through its next states: a record for each that changes it, no more waiting after a verdict."""
    state = before
    for next_ in after:
        if next_.version != state.version:
            tx.emit(topics.orders, key, encode(next_.order), cause)
        state = next_
    if after:
        tx.put(orders_state, key, state)
        if state.order is not None and state.order.state != "CREATED" and _waits(before):
            tx.cancel(key)
    return state


def _waits(state: OrderState) -> bool:
    """Whether a timer was set for the order, or for its early checks."""
    return state.order is None or state.order.state == "CREATED"


def _result(command: Command, state: OrderState, position: bytes, decision: Any) -> bytes:
    if isinstance(decision, Rejected):
        return result_error(command.command_id, command.origin_id, state.version, position, decision)
    return result_ok(command.command_id, command.origin_id, state.version, position, encode(state.order))


@app.agent(
    topics.order_commands,
    topics.order_validations,
    name="orders",
    tables=(orders_state,),
    outputs=(topics.orders,),
    results=topics.order_results,
    timers=True,
)
async def orders(batches: AsyncIterator[TaskBatch]) -> None:
    """Place, check, cancel and ship orders; without all its checks in time an order fails."""
    async for batch in batches:
        await batch.transact(judge)
