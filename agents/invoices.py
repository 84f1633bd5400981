"""invoice-commands -> invoices -> invoice-events, command-results, invoice-snapshots."""

from collections.abc import AsyncIterator

from app import codec, topics
from app.domain import invoices as domain
from app.engine.commands import Judge
from app.engine.task import TaskBatch
from app.main import app
from tables.invoices import invoice_history
from tables.invoices import invoices as snapshots

judge = Judge(
    codec=codec.invoice_commands,
    initial=domain.initial,
    decide=domain.decide,
    evolve=domain.evolve,
    states=snapshots,
    history=invoice_history,
    events=topics.invoice_events,
    results=topics.command_results,
)


@app.agent(
    topics.invoice_commands,
    name="invoices",
    tables=(snapshots, invoice_history),
    outputs=(topics.invoice_events,),
    results=topics.command_results,
)
async def invoices(batches: AsyncIterator[TaskBatch]) -> None:
    """Judge invoice commands: events, results and snapshots of one batch commit together."""
    async for batch in batches:
        await batch.transact(judge)
