"""The pages, driven as a person would: real worker, real Chromium, wide and narrow, light and dark."""

import json
import random
import re
import time
import urllib.request
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from app.domain import decimals

AXE = Path(__file__).parents[1] / "vendor" / "axe.min.js"
two_looks = [("wide", "light"), ("narrow", "dark")]
other_looks = [
    pytest.param("wide", "dark", marks=pytest.mark.long),
    pytest.param("narrow", "light", marks=pytest.mark.long),
]
looks = pytest.mark.parametrize(("size", "theme"), [*two_looks, *other_looks])


def new_id() -> str:
    return f"t-{uuid.uuid4().hex[:10]}"


def post(web: str, invoice_id: str, **command: Any) -> dict[str, Any]:
    """A command sent by somebody who has no browser."""
    body = json.dumps({"commandId": str(uuid.uuid4()), "originId": "test", "expectedVersion": None, **command}).encode()
    request = urllib.request.Request(
        f"{web}/api/invoices/{invoice_id}/commands?timeout=25", data=body, headers={"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return dict(json.load(answer))


def drafted(web: str, *lines: tuple[str, str, str]) -> str:
    """A new invoice with these lines; its id."""
    invoice_id = new_id()
    items = [{"description": what, "quantity": quantity, "price": price} for what, quantity, price in lines]
    post(
        web, invoice_id, type="CreateInvoice", customerName="Ada Lovelace Ltd", customerEmail="ada@example.com",
        issueDate="2026-01-15", dueDate="2026-02-14", lineItems=items,
    )  # fmt: skip
    return invoice_id


def problem(status: int, code: str, detail: str) -> dict[str, Any]:
    """An answer as a worker in trouble gives it (RFC 9457)."""
    body = {"type": f"/problems/{code}", "title": code, "status": status, "code": code, "detail": detail}
    return {"status": status, "content_type": "application/problem+json", "body": json.dumps(body)}


def assert_accessible(page: Page) -> None:
    """No finding of axe-core that is serious or critical."""
    page.evaluate(AXE.read_text())
    found = page.evaluate("() => axe.run(document, { resultTypes: ['violations'] })")
    grave = [
        f"{finding['id']}: {node['html'][:160]} ({node.get('failureSummary', '')[:200]})"
        for finding in found["violations"]
        if finding["impact"] in ("serious", "critical")
        for node in finding["nodes"]
    ]
    assert grave == []


def assert_fits(page: Page) -> None:
    """Nothing makes the page wider than the window."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@looks
def test_an_invoice_is_created_filled_sent_and_paid(person: Any, shoot: Any, size: str, theme: str) -> None:
    me = person(size, theme)
    page = me.open("/")
    invoice_id = new_id()
    page.get_by_role("link", name="New invoice").click()
    sheet = page.get_by_role("dialog", name="New invoice")
    sheet.get_by_label("Customer").fill("Grace Hopper & Co")
    sheet.get_by_label("E-mail").fill("grace@example.com")
    sheet.get_by_label("Issued").fill("2026-03-01")
    sheet.get_by_label("Due").fill("2026-03-31")
    sheet.get_by_label("Invoice id").fill(invoice_id)
    sheet.get_by_label("Description").fill("Compiler")
    sheet.get_by_label("Quantity").fill("2")
    sheet.get_by_label("Price").fill("1500.00")
    expect(sheet.locator("footer strong")).to_have_text("3,000.00")
    assert_accessible(page)
    shoot(page, f"new-{size}-{theme}")
    sheet.get_by_role("button", name="Create invoice").click()

    expect(page).to_have_url(re.compile(f"/invoices/{invoice_id}$"))
    expect(page.get_by_role("heading", name="Grace Hopper & Co")).to_be_visible()
    expect(me.figure("Total")).to_have_text("3,000.00")

    # 0.5 x 0.25 is 0.125: half-even gives 0.12, on the page as on the server.
    form = me.add_line("Nanosecond of wire", "0.5", "0.25")
    expect(form.locator("output")).to_have_text("0.12")
    form.get_by_role("button", name="Add line").click()
    expect(me.figure("Total")).to_have_text("3,000.12")
    expect(page.locator(".line-table tbody tr")).to_have_count(2)

    page.get_by_role("button", name="Remove line 2, Nanosecond of wire").click()
    expect(me.figure("Total")).to_have_text("3,000.00")

    me.command("Send invoice").click()
    expect(me.status("Sent")).to_be_visible()
    me.command("Record payment").click()
    pay = page.get_by_role("form", name="Record a payment")
    pay.get_by_label("Amount").fill("1000")
    pay.get_by_role("button", name="Record payment").click()
    expect(me.figure("Balance")).to_have_text("2,000.00")
    expect(pay).to_be_hidden()
    me.command("Record payment").click()
    pay.get_by_role("button", name="Record payment").click()
    expect(me.status("Paid")).to_be_visible()
    expect(page.locator(".history li")).to_have_count(7)
    assert_accessible(page)
    assert_fits(page)
    shoot(page, f"invoice-{size}-{theme}")


@looks
def test_two_people_who_edit_at_once_see_the_conflict_and_choose(
    person: Any, web: str, shoot: Any, size: str, theme: str
) -> None:
    invoice_id = drafted(web, ("Desk", "2", "150.00"))
    me, other = person(size, theme), person()
    page = me.open(f"/invoices/{invoice_id}")
    form = me.add_line("Chair", "4", "80.00")

    other.open(f"/invoices/{invoice_id}")
    other.add_line("Lamp", "1", "35.50").get_by_role("button", name="Add line").click()
    expect(other.figure("Total")).to_have_text("335.50")

    expect(page.get_by_text("came in while you were typing")).to_be_visible()
    form.get_by_role("button", name="Add line").click()
    conflict = page.get_by_role("alert", name="Version conflict")
    expect(conflict.get_by_text("Chair at 80.00")).to_be_visible()
    expect(conflict.get_by_text("Lamp at 35.50")).to_be_visible()
    assert_accessible(page)
    assert_fits(page)
    conflict.scroll_into_view_if_needed()
    shoot(page, f"conflict-{size}-{theme}")
    conflict.get_by_role("button", name="Apply mine to v3").click()
    expect(conflict).to_be_hidden()
    expect(me.figure("Total")).to_have_text("655.50")
    expect(other.figure("Total")).to_have_text("655.50")


def test_a_conflict_may_also_be_settled_by_giving_way(person: Any, web: str) -> None:
    invoice_id = drafted(web, ("Desk", "2", "150.00"))
    me = person()
    page = me.open(f"/invoices/{invoice_id}")
    form = me.add_line("Chair", "4", "80.00")
    post(web, invoice_id, type="SendInvoice")
    expect(me.status("Sent")).to_be_visible()
    expect(form).to_be_hidden()
    expect(page.get_by_text("Sent: the line items are settled.")).to_be_visible()


@looks
def test_a_refused_rule_is_said_at_its_field(person: Any, web: str, shoot: Any, size: str, theme: str) -> None:
    me = person(size, theme)
    page = me.open(f"/invoices/{drafted(web, ('Desk', '1', '100.00'))}")
    form = me.add_line("Air", "0", "1.00")
    form.get_by_role("button", name="Add line").click()
    quantity = form.get_by_label("Quantity")
    expect(quantity).to_have_attribute("aria-invalid", "true")
    expect(quantity).to_have_accessible_description(re.compile("quantity", re.IGNORECASE))
    expect(quantity).to_be_focused()

    me.command("Record payment").click()
    pay = page.get_by_role("form", name="Record a payment")
    pay.get_by_label("Amount").fill("100.01")
    pay.get_by_role("button", name="Record payment").click()
    expect(pay.get_by_label("Amount")).to_have_accessible_description(re.compile("100.00"))
    assert_accessible(page)
    assert_fits(page)
    shoot(page, f"refused-{size}-{theme}")


def test_a_refused_line_of_a_new_invoice_is_said_at_that_line(person: Any) -> None:
    me = person()
    page = me.open("/?new=1")
    sheet = page.get_by_role("dialog", name="New invoice")
    sheet.get_by_label("Customer").fill("Grace Hopper & Co")
    sheet.get_by_label("E-mail").fill("grace@example.com")
    sheet.get_by_role("button", name="Another line").click()
    for name, texts in {"Description": ("Disk", "Tape"), "Quantity": ("1", "1"), "Price": ("9.99", "cheap")}.items():
        for index, text in enumerate(texts):
            sheet.get_by_label(name).nth(index).fill(text)
    sheet.get_by_role("button", name="Create invoice").click()
    expect(sheet.get_by_label("Price").nth(1)).to_have_accessible_description(re.compile("price", re.IGNORECASE))
    expect(sheet.get_by_label("Price").nth(0)).not_to_have_attribute("aria-invalid", "true")


def test_an_undecided_command_is_sent_again_with_the_same_id(person: Any, web: str, shoot: Any) -> None:
    invoice_id = drafted(web, ("Desk", "1", "100.00"))
    me = person()
    page = me.open(f"/invoices/{invoice_id}")
    sent: list[str] = []

    def too_late_once(route: Route) -> None:
        sent.append(json.loads(route.request.post_data or "")["commandId"])
        if len(sent) > 1:
            route.continue_()
            return
        route.fulfill(**problem(504, "not-decided", "Not decided within 5 s."))

    page.route("**/commands", too_late_once)
    me.command("Send invoice").click()
    expect(page.get_by_text("Sending it again is safe")).to_be_visible()
    assert_accessible(page)
    shoot(page, "unsure-wide-light")
    me.command("Send again").click()
    expect(me.status("Sent")).to_be_visible()
    assert len(sent) == 2
    assert sent[0] == sent[1]


def wait_for(page: Page, condition: str, arg: Any = None) -> None:
    """Wait until something holds in the page, which is looked at in every frame: `expect` looks once a second.

    Not page.wait_for_function: each of its looks is an eval, and the page's security policy forbids that.
    """
    look = f"const look = () => ({condition}) ? seen() : requestAnimationFrame(look)"
    late = "setTimeout(() => missed(Error('it did not come true within 30 s')), 30_000)"
    page.evaluate(f"(arg) => new Promise((seen, missed) => {{ {look}; {late}; look(); }})", arg)


def assert_drop_is_said(page: Page, within: float, drop: Callable[[], None], undo: Callable[[], None]) -> None:
    """Hold that the page says soon that its feed dropped, and leave it so: the best of three, for machines stall."""
    took: list[float] = []
    while not took or (min(took) > within and len(took) < 3):
        if took:
            undo()
            expect(page.locator("[data-feed=live]")).to_be_visible()
        began = time.monotonic()
        drop()
        wait_for(page, "document.body.innerText.includes('The live feed dropped.')")
        took.append(time.monotonic() - began)
    assert min(took) <= within, took


@looks
def test_a_dropped_feed_is_said_within_two_seconds_and_its_gap_filled(
    person: Any, web: str, line: Any, shoot: Any, size: str, theme: str
) -> None:
    invoice_id = drafted(web, ("Desk", "1", "100.00"))
    me = person(size, theme, base=line.url)
    page = me.open(f"/invoices/{invoice_id}")
    assert_drop_is_said(page, 2, line.cut, line.mend)
    expect(page.get_by_text("The live feed dropped.")).to_be_visible()
    assert_accessible(page)
    assert_fits(page)
    shoot(page, f"dropped-{size}-{theme}")
    post(web, invoice_id, type="PayInvoice", amount="40.00")
    line.mend()
    expect(page.locator("[data-feed=live]")).to_be_visible()
    expect(me.figure("Balance")).to_have_text("60.00")
    expect(page.locator(".history li")).to_have_count(3)
    expect(page.get_by_text("The live feed dropped.")).to_be_hidden()


def test_a_feed_that_only_falls_silent_is_said_within_two_seconds(person: Any, web: str, line: Any) -> None:
    page = person(base=line.url).open(f"/invoices/{drafted(web, ('Desk', '1', '100.00'))}")
    page.evaluate(
        "new Promise((heard) => new EventSource('/api/events?origin=probe').addEventListener('heartbeat', heard))"
    )
    assert_drop_is_said(page, 2.5, line.freeze, line.thaw)
    expect(page.get_by_text("The live feed dropped.")).to_be_visible()
    line.thaw()
    expect(page.locator("[data-feed=live]")).to_be_visible()


def test_the_list_changes_live_and_new_invoices_wait_their_turn(person: Any, web: str) -> None:
    for _ in range(13):  # more than so few that new rows go straight in
        drafted(web, ("Desk", "1", "10.00"))
    me = person()
    page = me.open("/")
    expect(page.locator("tbody tr").first).to_be_visible()
    first = page.locator("tbody tr [data-row]").first.inner_text()
    fresh = drafted(web, ("Stool", "1", "11.00"))
    expect(page.locator(".waiting button")).to_contain_text(re.compile(r"\d+ new"))
    assert page.locator("tbody tr [data-row]").first.inner_text() == first
    page.locator(".waiting button").click()
    row = page.locator("tr", has=page.get_by_role("link", name=fresh, exact=True))
    expect(row).to_contain_text("Draft")
    post(web, fresh, type="SendInvoice")
    expect(row).to_contain_text("Sent")


def test_the_list_is_searched_and_filtered_by_keyboard(person: Any, web: str) -> None:
    invoice_id = drafted(web, ("Desk", "1", "10.00"))
    me = person()
    page = me.open("/")
    expect(page.locator("tbody tr").first).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type(invoice_id)
    expect(page).to_have_url(re.compile(f"q={invoice_id}"))
    page.get_by_role("link", name="Open the invoice with the id").click()
    expect(page.get_by_role("heading", name="Ada Lovelace Ltd")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("searchbox")).to_have_value(invoice_id)
    page.get_by_role("navigation", name="Status").get_by_role("link", name="Paid").click()
    expect(page).to_have_url(re.compile("status=Paid"))


def test_every_number_can_be_asked_where_it_comes_from(person: Any, web: str) -> None:
    invoice_id = drafted(web, ("Desk", "2", "150.00"))
    paid = post(web, invoice_id, type="PayInvoice", amount="120.00")
    me = person()
    page = me.open(f"/invoices/{invoice_id}")
    me.figure("Paid").click()
    answer = page.get_by_role("region", name="Where Paid comes from")
    expect(answer).to_contain_text("Payment of 120.00 received")
    expect(answer).to_contain_text(f"v{paid['version']}")
    expect(answer.get_by_role("button", name=f"Copy command id {paid['commandId']}")).to_be_visible()
    expect(page).to_have_url(re.compile("ask=paid"))
    expect(page.locator(".held")).to_contain_text(re.compile(r"Held by.*:\d+"))
    page.go_back()
    expect(answer).to_be_hidden()


@looks
@pytest.mark.parametrize(
    ("path", "name", "shown"),
    [
        ("/", "invoices", "table.invoices"),
        ("/workers", "workers", "table.map"),
        ("/topology", "topology", ".graph svg"),
        ("/dead-letters", "dead-letters", ".letters, .empty"),
        ("/invoices/no-such-invoice", "not-found", ".empty"),
    ],
)
def test_every_page_is_readable_by_everyone(
    person: Any, web: str, shoot: Any, size: str, theme: str, path: str, name: str, shown: str
) -> None:
    drafted(web, ("Desk", "2", "150.00"))
    page = person(size, theme).open(path)
    expect(page.locator(shown).first).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_be_attached()
    assert_accessible(page)
    assert_fits(page)
    shoot(page, f"{name}-{size}-{theme}")


def test_a_list_with_a_missing_partition_says_which(person: Any, web: str, shoot: Any) -> None:
    me = person()

    def without_three(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json={**answer.json(), "missing": [3]})

    drafted(web, ("Desk", "2", "150.00"))
    me.page.route("**/api/invoices?*", without_three)
    page = me.open("/")
    expect(page.get_by_text("Part of the list is missing.")).to_be_visible()
    expect(page.get_by_text("Partition 3 has no ready owner")).to_be_visible()
    assert_accessible(page)
    shoot(page, "partial-wide-light")


def test_an_empty_list_shows_the_command_that_fills_it(person: Any, shoot: Any) -> None:
    me = person("narrow", "dark")
    me.page.route("**/api/invoices?*", lambda route: route.fulfill(json={"items": [], "cursor": None}))
    page = me.open("/?status=")
    expect(page.get_by_role("heading", name="No invoices yet").or_(page.locator("table.invoices"))).to_be_visible()
    assert_accessible(page)
    assert_fits(page)
    shoot(page, "empty-narrow-dark")


def test_a_list_that_cannot_be_loaded_says_what_happened_and_offers_to_try_again(person: Any, shoot: Any) -> None:
    me = person()
    starting = problem(503, "not-ready", "This worker is still starting.")
    me.page.route("**/api/invoices?*", lambda route: route.fulfill(**starting))
    page = me.open("/")
    expect(page.get_by_role("alert")).to_contain_text("This worker is still starting.")
    assert_accessible(page)
    shoot(page, "failed-wide-light")
    me.page.unroute("**/api/invoices?*")
    me.command("Try again").click()
    expect(page.get_by_role("alert")).to_be_hidden()


def test_a_line_is_counted_on_the_page_as_by_the_rules(person: Any) -> None:
    page = person().open("/workers")
    chance = random.Random(17)
    pairs = [
        (f"{chance.randrange(10**9)}.{chance.randrange(10**6):06}", f"{chance.randrange(10**9)}.{cents:02}")
        for cents in range(100)
    ]
    pairs += [
        (f"{whole}.{part}", price)
        for whole in range(4)
        for part in ("5", "25", "125")
        for price in ("0.01", "0.05", "0.10", "1.25")
    ]
    counted = page.evaluate(
        "(pairs) => import('/static/money.js').then(({ lineTotal }) => pairs.map((pair) => lineTotal(...pair)))", pairs
    )
    assert counted == [decimals.money(decimals.line_amount(*pair)) for pair in pairs]


def test_the_chosen_theme_is_kept(person: Any) -> None:
    page = person().open("/workers")
    for expected in ("light", "dark"):
        page.get_by_role("button", name="Theme:").click()
        assert page.evaluate("document.documentElement.dataset.theme") == expected
    page.reload()
    expect(page.get_by_role("heading", name="Workers")).to_be_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(14, 16, 18)"


def test_the_page_weighs_under_250_kb_and_asks_no_other_host(person: Any, web: str) -> None:
    me = person()
    asked: list[str] = []
    me.page.on("request", lambda request: asked.append(request.url))
    page = me.open("/")
    assert {url for url in asked if not url.startswith(web)} == set()
    loaded = page.evaluate("performance.getEntriesByType('resource').map((each) => [each.name, each.decodedBodySize])")
    weight = sum(size for name, size in loaded if "/api/" not in name)
    assert 0 < weight < 250_000
