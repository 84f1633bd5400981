"""The map: frames a second of /trucks in Chromium, with 40 trucks at 50 events/s, and with 10,000 known."""

import asyncio
import contextlib
import itertools
import shutil
from collections.abc import Iterator

from playwright.async_api import async_playwright

from app import codec, topics
from app.engine.store import now_ms
from app.simulate.feed import Message, feed
from app.simulate.trucks import positions
from benchmarks.arena import Arena
from benchmarks.options import Options
from benchmarks.outcome import Outcome

FLEETS = (40, 10_000)
RATE = 50
WARM_UP_S = 10
SECONDS = 20
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
# The frames that the page was given time for, and the longest wait for one (ms).
COUNT = """(ms) => new Promise((done) => {
  let frames = 0, longest = 0, last = performance.now();
  const began = last;
  const frame = (now) => {
    frames += 1;
    longest = Math.max(longest, now - last);
    last = now;
    if (now - began < ms) requestAnimationFrame(frame);
    else done([frames / (now - began) * 1000, longest]);
  };
  requestAnimationFrame(frame);
})"""


async def run(options: Options) -> list[Outcome]:
    """Measure with each size of the fleet."""
    return [await measure(options, trucks) for trucks in FLEETS]


async def measure(options: Options, trucks: int) -> Outcome:
    """Let all trucks be known, then keep the rate and count frames."""
    rate = options.rate or RATE
    async with Arena(keep=options.keep, services=("trucking",)) as arena, async_playwright() as playwright:
        worker = arena.start_worker()
        await arena.ready()
        await feed(arena.settings, itertools.islice(_messages(trucks, rate), trucks), 5_000)
        moving = asyncio.create_task(feed(arena.settings, _messages(trucks, rate), rate))
        browser = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = await browser.new_page(viewport={"width": 1280, "height": 800})
        await page.goto(f"{worker.url}/trucks")
        await page.get_by_text(f"{trucks:,} trucks").wait_for(timeout=60_000)
        await page.evaluate(COUNT, WARM_UP_S * 1000)
        frames, longest = await page.evaluate(COUNT, SECONDS * 1000)
        await browser.close()
        moving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await moving
    figures = {"trucks": trucks, "at_rate_per_s": rate, "frames_per_s": round(frames, 1), "longest_ms": round(longest)}
    return Outcome("frames", f"kawka, {trucks:,} trucks", 1, figures, ())


def _messages(trucks: int, rate: int) -> Iterator[list[Message]]:
    for position in positions(1, trucks, rate, now_ms):
        yield [Message(topics.truck_position, str(position.truck_id).encode(), codec.encode(position))]
