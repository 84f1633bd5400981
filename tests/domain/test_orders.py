"""The rules of orders."""

import pytest

from app.domain.order_details import check
from app.domain.orders import LARGEST, CancelOrder
from app.domain.validations import FRAUD_CHECK, INVENTORY_CHECK, ORDER_DETAILS_CHECK
from tests.domain.an_order import ALL_PASS, CANCEL, REQUIRED, SHIP, TIME_OUT, Happening, an_order, given, place, said

NO = said(FRAUD_CHECK, "FAIL", "too much")


def test_an_order_is_created_with_what_was_asked_for() -> None:
    assert given(place()).then("CREATED").records == (an_order(),)


def test_it_is_validated_when_all_checks_pass_in_whatever_order() -> None:
    first, second, third = ALL_PASS
    given(place()).when(third).then().when(first).then().when(second).then("VALIDATED")


def test_a_check_that_comes_twice_counts_once() -> None:
    first, second, third = ALL_PASS
    given(place(), first, second).when(second).then().when(first).then().when(third).then("VALIDATED")
    given(place(), first, second).when(said(FRAUD_CHECK, "FAIL")).then()


@pytest.mark.parametrize("result", ["FAIL", "ERROR"])
def test_the_first_check_that_does_not_pass_fails_it(result: str) -> None:
    no = said(FRAUD_CHECK, result, "too much")  # type: ignore[arg-type]
    given(place()).when(no).then("FAILED").because("FRAUD_CHECK: too much")


def test_a_later_reason_is_added_and_is_no_second_verdict() -> None:
    failed = given(place(), NO)
    failed.when(said(INVENTORY_CHECK, "ERROR")).then("FAILED").because(
        "FRAUD_CHECK: too much", "INVENTORY_CHECK: ERROR"
    )
    failed.when(said(ORDER_DETAILS_CHECK)).then().because("FRAUD_CHECK: too much", "INVENTORY_CHECK: ERROR")


def test_checks_may_come_before_their_order() -> None:
    first, second, third = ALL_PASS
    given(first, second).then().when(place()).then("CREATED").when(third).then("VALIDATED")
    given(*ALL_PASS).when(place()).then("CREATED", "VALIDATED")
    given(NO, NO).when(place()).then("CREATED", "FAILED").because("FRAUD_CHECK: too much")


def test_checks_that_stay_away_fail_it() -> None:
    first, second, _ = ALL_PASS
    late = given(place(), first, second).when(TIME_OUT)
    late.then("FAILED").because("timed out: no ORDER_DETAILS_CHECK")
    late.when(ALL_PASS[2]).then().when(TIME_OUT).then()


@pytest.mark.parametrize("past", [(place(), *ALL_PASS), (place(), CANCEL), (place(), NO), (NO,), ()])
def test_an_order_with_a_verdict_and_no_order_do_not_time_out(past: tuple[Happening, ...]) -> None:
    given(*past).when(TIME_OUT).then()


def test_a_cancelled_order_gets_no_verdict() -> None:
    given(place()).when(CANCEL).then("CANCELLED").when(*ALL_PASS).then()
    given(place(), CANCEL).when(NO).then().because()


def test_the_checks_it_needs_are_given() -> None:
    required = (*REQUIRED, "COUNTRY_CHECK")
    given(place(), *ALL_PASS, required=required).then().when(said("COUNTRY_CHECK")).then("VALIDATED")
    given(place(), required=("COUNTRY_CHECK",)).when(*ALL_PASS, NO).then().when(said("COUNTRY_CHECK")).then("VALIDATED")


def test_the_same_order_again_changes_nothing() -> None:
    given(place(), *ALL_PASS).when(place()).then().when(place(price="5.00")).then()


@pytest.mark.parametrize("other", [{"customer_id": "16"}, {"product": None}, {"quantity": 3}, {"price": "5.01"}])
def test_other_content_under_its_id_is_refused(other: dict[str, object]) -> None:
    given(place()).when(place(**other)).refused("order-exists")


def test_a_validated_order_is_shipped_once() -> None:
    given(place(), *ALL_PASS).when(SHIP).then("SHIPPED").when(SHIP).refused("not-validated")


@pytest.mark.parametrize("past", [(place(),), (place(), NO), (place(), CANCEL)])
def test_nothing_else_is_shipped(past: tuple[Happening, ...]) -> None:
    given(*past).when(SHIP).refused("not-validated")


def test_an_order_is_cancelled_until_it_failed_or_was_shipped() -> None:
    given(place(), *ALL_PASS).when(CANCEL).then("CANCELLED").when(CANCEL).then()
    given(place(), NO).when(CANCEL).refused("final")
    given(place(), *ALL_PASS, SHIP).when(CANCEL).refused("final")


def test_an_order_that_is_not_there_is_neither_cancelled_nor_shipped() -> None:
    given().when(CANCEL).refused("not-found")
    given(*ALL_PASS).when(SHIP).refused("not-found")


def test_an_expected_version_must_be_the_one_there_is() -> None:
    given(place()).when(CancelOrder("c-9", "web", expected_version=0)).refused("version-conflict", "expectedVersion")
    given(place()).when(CancelOrder("c-9", "web", expected_version=1)).then("CANCELLED")


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"customer_id": "no id"}, "invalid-customer", "customerId"),
        ({"product": "two\nlines"}, "invalid-product", "product"),
        ({"product": ""}, "invalid-product", "product"),
        ({"quantity": LARGEST}, "invalid-quantity", "quantity"),
        ({"quantity": -LARGEST}, "invalid-quantity", "quantity"),
        *(({"price": price}, "invalid-price", "price") for price in ("", "1.001", "NaN", "1e3", "1,5", "--1", "+1")),
    ],
)
def test_what_cannot_be_written_down_is_refused(fields: dict[str, object], code: str, field: str) -> None:
    given().when(place(**fields)).refused(code, field)


def test_details_that_make_no_sense_fail_their_check() -> None:
    assert check(an_order()).validation_result == "PASS"
    assert check(an_order(quantity=1, price="0.00")).validation_result == "PASS"
    bad = check(an_order(quantity=0, price="-0.01", product=None))
    assert (bad.validation_result, bad.reason) == ("FAIL", "quantity below 1, price below 0, no product")
