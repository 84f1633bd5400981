"""What holds for orders whatever happens to them, found by hypothesis."""

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.json import decode

from app.codec import encode
from app.domain.orders import UNKNOWN, OrderState
from tests.domain.an_order import CANCEL, REQUIRED, SHIP, TIME_OUT, Given, Happening, place, said

quick = settings(max_examples=200)
verdicts = st.sampled_from(["PASS", "PASS", "PASS", "FAIL", "ERROR"])
checks = st.builds(said, st.sampled_from((*REQUIRED, "NO_CHECK")), verdicts, st.none() | st.text(max_size=400))
happenings = st.lists(checks | st.sampled_from([place(), place(quantity=3), CANCEL, SHIP, TIME_OUT]), max_size=14).map(
    lambda some: [place(), *some] if len(some) % 3 else some
)
ALLOWED = {
    ("", "CREATED"),
    ("CREATED", "VALIDATED"),
    ("CREATED", "FAILED"),
    ("CREATED", "CANCELLED"),
    ("VALIDATED", "SHIPPED"),
    ("VALIDATED", "CANCELLED"),
    ("FAILED", "FAILED"),
}


@quick
@given(happenings)
def test_an_order_goes_one_way_and_has_one_verdict(some: list[Happening]) -> None:
    order, state, verdicts = Given(), "", 0
    for happening in some:
        for record in order.when(happening).records:
            assert (state, record.state) in ALLOWED
            verdicts += record.state != state and record.state in ("VALIDATED", "FAILED")
            state = record.state
    assert verdicts <= 1


@quick
@given(happenings)
def test_what_happens_twice_happens_once(some: list[Happening]) -> None:
    """But shipping, which is refused the second time."""
    once, twice = Given(), Given()
    for happening in some:
        once.when(happening)
        records = twice.when(happening).records
        assert (once.records, once.state) == (records, twice.state)
        assert twice.when(happening).records == ()
        assert once.state == twice.state


@quick
@given(st.permutations([place(), *(said(check) for check in REQUIRED)]))
def test_an_order_whose_checks_pass_is_validated_whenever_they_come(some: list[Happening]) -> None:
    state = Given().when(*some).state
    assert state.order is not None
    assert (state.order.state, state.version) == ("VALIDATED", 2)


@quick
@given(st.permutations([place(), *(said(check) for check in REQUIRED[:2]), said(REQUIRED[2], "FAIL", "no")]))
def test_an_order_with_a_bad_check_fails_whenever_it_comes(some: list[Happening]) -> None:
    state = Given().when(*some).state
    assert state.order is not None
    assert (state.order.state, state.order.reasons) == ("FAILED", (f"{REQUIRED[2]}: no",))


@quick
@given(happenings)
def test_the_state_survives_its_encoding(some: list[Happening]) -> None:
    state = Given().when(*some).state
    assert decode(encode(state), type=OrderState) == state
    assert decode(encode(UNKNOWN), type=OrderState) == UNKNOWN
