"""What the tests of the pages share: a browser, the people who sit at it, and a line that can be cut."""

import os
import select
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

# As root and without a network: no sandbox, and nothing that looks for its maker's servers.
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
SIZES = {"wide": (1280, 800), "narrow": (390, 844)}


@pytest.fixture(scope="module")
def browser(web: str) -> Iterator[Browser]:  # after `web`: playwright's loop runs until the browser is closed
    """Start Debian's Chromium for the tests of a module."""
    if not shutil.which("chromium"):
        pytest.skip(f"the pages of {web} need Debian's chromium to be looked at: apt-get install chromium")
    expect.set_options(timeout=20_000)  # 5 s is no bound to hold a page to on a machine that has other work
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        yield browser
        browser.close()


class Person:
    """Somebody with a browser window of their own."""

    def __init__(self, browser: Browser, base: str, size: str, theme: str) -> None:
        width, height = SIZES[size]
        self.context: BrowserContext = browser.new_context(
            base_url=base, viewport={"width": width, "height": height}, color_scheme=theme,  # type: ignore[arg-type]
            permissions=["clipboard-read", "clipboard-write"],
        )  # fmt: skip
        self.context.set_default_timeout(30_000)
        self.page: Page = self.context.new_page()
        self.faults: list[str] = []
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", lambda line: self.faults.append(line.text) if "Content Security" in line.text else None)

    def open(self, path: str) -> Page:
        self.page.goto(path)
        expect(self.page.locator("[data-feed=live]")).to_be_visible(timeout=30_000)
        return self.page

    def command(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def add_line(self, description: str, quantity: str, price: str) -> Locator:
        form = self.page.get_by_role("form", name="Add a line item")
        form.get_by_label("Description").fill(description)
        form.get_by_label("Quantity").fill(quantity)
        form.get_by_label("Price").fill(price)
        return form

    def figure(self, name: str) -> Locator:
        return self.page.locator(".figure", has=self.page.get_by_text(name, exact=True)).locator(".amount")

    def status(self, word: str) -> Locator:
        return self.page.locator(".title .status").get_by_text(word, exact=True)


@pytest.fixture
def person(browser: Browser, web: str) -> Iterator[Any]:
    """Let people come with windows of their own; in the end no page may have failed, or met its security policy."""
    people: list[Person] = []

    def come(size: str = "wide", theme: str = "light", base: str = web) -> Person:
        people.append(Person(browser, base, size, theme))
        return people[-1]

    yield come
    for each in people:
        each.context.close()
    assert [fault for each in people for fault in each.faults] == []


@pytest.fixture
def shoot(tmp_path: Path) -> Any:
    """Keep a screenshot: in the directory SCREENSHOTS_DIR where one is named, else with the test's own files."""
    folder = Path(os.environ.get("SCREENSHOTS_DIR") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)

    def keep(page: Page, name: str) -> None:
        page.screenshot(path=folder / f"{name}.png", animations="disabled")

    return keep


class Line:
    """The way from a browser to a worker, through a port of its own: it can be cut, or freeze without a word."""

    def __init__(self, web: str) -> None:
        host, _, port = web.removeprefix("http://").partition(":")
        self._worker = (host, int(port))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.url = f"http://{self._address}"
        self._ends: set[socket.socket] = set()
        self._whole = threading.Event()
        self._whole.set()
        self._flowing = threading.Event()
        self._flowing.set()
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        self._whole.clear()
        for end in list(self._ends):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        self._whole.set()

    def freeze(self) -> None:
        self._flowing.clear()

    def thaw(self) -> None:
        self._flowing.set()

    def close(self) -> None:
        self.thaw()
        self.cut()
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                browser, _ = self._listener.accept()
                if self._whole.is_set():
                    threading.Thread(target=self._carry, args=(browser,), daemon=True).start()
                else:
                    browser.close()

    def _carry(self, browser: socket.socket) -> None:
        # The worker refuses a foreign Host and Origin, and is right to: it sees its own.
        mine, its = self._address.encode(), b"%b:%d" % (self._worker[0].encode(), self._worker[1])
        with browser, socket.create_connection(self._worker) as worker, suppress(OSError):
            self._ends |= {browser, worker}
            while True:
                for end in select.select([browser, worker], [], [])[0]:
                    data = end.recv(65536)
                    self._flowing.wait()
                    if not data:
                        return
                    if end is browser:
                        worker.sendall(data.replace(mine, its))
                    else:
                        browser.sendall(data)


@pytest.fixture
def line(web: str) -> Iterator[Line]:
    """Give a line to the worker at `web` that the test can cut."""
    line = Line(web)
    yield line
    line.close()
