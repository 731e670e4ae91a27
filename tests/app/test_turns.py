"""Whose turn it is: no seat keeps another from being served, and what the waiting are shown holds."""

from __future__ import annotations

import math
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from ganlab.app.security.turns import Job, Ticket, Turns, first, forecast

SEATS = [Ticket(f"seat {number}", f"address {number % 3}") for number in range(7)]
ALONE = [Ticket(f"seat {number}", f"address {number}") for number in range(5)]
TOGETHER = [Ticket(f"seat {number}", "one address") for number in range(5)]
arrivals_and_turns = st.lists(st.one_of(st.integers(0, 4), st.none()), max_size=60)  # a seat's number, or a place that is free


def serve(turns: Turns, waiting: list[Ticket]) -> Ticket:
    """The next in line."""
    served = waiting.pop(waiting.index(turns.order(waiting, lambda one: one)[0]))
    turns.served(served)
    return served


@given(arrivals_and_turns, st.sampled_from([ALONE, TOGETHER]))
def test_before_a_seats_next_job_every_other_seat_is_served_at_most_once(events: list[int | None], seats: list[Ticket]) -> None:
    turns, waiting = Turns(), list[Ticket]()
    since: dict[Ticket, Counter[Ticket]] = {}  # those served since this seat waits for its next job
    for number in [*events, *[None] * 60]:
        if number is not None:
            waiting.append(seats[number])
            since.setdefault(seats[number], Counter())
            turns.order(waiting, lambda one: one)
        elif waiting:
            served = serve(turns, waiting)
            assert max(since.pop(served).values(), default=0) <= 1
            for others in since.values():
                others[served] += 1
            if served in waiting:
                since[served] = Counter()
    assert not waiting


def test_thirty_seats_of_one_address_have_the_turns_of_one() -> None:
    turns, waiting = Turns(), [Ticket(f"taken {number}", "attacker") for number in range(30)]
    turns.order(waiting, lambda one: one)
    waiting += [ALONE[0]] * 3
    assert [one.address for one in turns.order(waiting, lambda one: one)][:7] == ["attacker", "address 0"] * 3 + ["attacker"]


def test_a_seat_that_is_taken_anew_for_every_job_comes_after_those_who_wait() -> None:
    turns, waiting = Turns(), [TOGETHER[0]]
    served = []
    for number in range(3):
        waiting.append(Ticket(f"anew {number}", "one address"))
        served.append(serve(turns, waiting))
    assert served[0] == TOGETHER[0]


@given(st.lists(st.sampled_from(SEATS), max_size=40))
def test_the_order_holds_every_job_once_and_those_of_a_seat_in_theirs(tickets: list[Ticket]) -> None:
    order = Turns().order(range(len(tickets)), tickets.__getitem__)
    assert sorted(order) == list(range(len(tickets)))
    for seat in SEATS:
        own = [number for number in order if tickets[number] == seat]
        assert own == sorted(own)


def test_nothing_is_remembered_of_those_who_do_not_wait() -> None:
    turns = Turns()
    for number in range(100):
        serve(turns, [Ticket(f"seat {number}", f"address {number}")])
    turns.order([ALONE[0]], lambda one: one)
    assert len(turns._since) == 2


def worked_off(jobs: list[Job], at_once: int, each: int) -> list[float]:
    """When each job really begins, where the line does with them what it does in the app."""
    turns, waiting, working, now = Turns(), list(range(len(jobs))), list[tuple[float, int]](), 0.0
    begun = [math.inf] * len(jobs)
    while waiting:
        waiting = turns.order(waiting, lambda number: jobs[number].ticket)
        at = first([jobs[number].ticket for number in waiting], [jobs[number].ticket for _, number in working], at_once, each)
        if at is None or len(working) == at_once:
            now, _ = done = min(working)
            working.remove(done)
        else:
            number = waiting.pop(at)
            turns.served(jobs[number].ticket)
            begun[number] = now
            working.append((now + jobs[number].seconds, number))
    return begun


@given(
    st.lists(st.builds(Job, st.sampled_from(SEATS), st.integers(1, 20).map(float)), max_size=25),
    st.integers(1, 4),
    st.integers(1, 2),
)
def test_a_forecast_is_too_low_by_no_more_than_two_jobs(jobs: list[Job], at_once: int, each: int) -> None:
    """As long as none comes: who comes later may be served first, once for each seat and round."""
    order = Turns().order(jobs, lambda job: job.ticket)
    shown = [begins for begins, _ in forecast(order, [], at_once, each)]
    really = worked_off(order, at_once, each)
    longest = max((job.seconds for job in jobs), default=0.0)
    assert all(math.isfinite(time) for time in really + shown)
    assert all(real <= begins + 2 * longest for real, begins in zip(really, shown, strict=True))


def test_a_forecast_counts_who_is_at_work_and_how_many_places_there_are() -> None:
    mine, other = ALONE[:2]
    seven = [Job(mine, 7.0)] * 3
    assert forecast(seven, [Job(other, 2.0)], 1, 1) == [(2, 9), (9, 16), (16, 23)]
    assert forecast(seven, [Job(other, 2.0)], 2, 1) == [(0, 7), (7, 14), (14, 21)], "a seat works on one at a time"
    assert forecast(seven, [Job(other, math.inf)], 1, 1) == [(math.inf, math.inf)] * 3, "none knows how long"
    assert forecast([Job(mine, math.inf), Job(mine, 1.0)], [], 1, 1)[1] == (math.inf, math.inf)


def test_one_who_stands_for_an_address_leaves_one_place_free() -> None:
    here = Ticket("here", "here")
    assert first([here], [here] * 2, 4, 1) == 0 and first([here], [here] * 3, 4, 1) is None and first([here], [], 1, 1) == 0
    assert first([ALONE[0]], [ALONE[0]], 4, 1) is None
    assert first([ALONE[0], ALONE[1]], [ALONE[0]], 4, 1) == 1
