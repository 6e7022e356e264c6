"""What a person knows wins: the last decision, the last finding that says something, and the alert that follows."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from benchmarks.drivers import stations
from skinedge.codes import Decision, Standing
from skinedge.records.state import present_state, state_json
from skinedge.records.store import RecordStore
from skinedge.records.visit import Outcome, Override, Record


def record(*, said: Decision = "watch", then: tuple[Override | Outcome, ...] = ()) -> Record:
    """A visit on which the program said something, and people then decided and found."""
    visit = stations.new_visit()
    visit = visit.model_copy(update={"result": visit.result.model_copy(update={"decision": said})})
    return Record(visit, then)


def decided(decision: Decision, hours: int = 1) -> Override:
    return stations.OVERRIDE.model_copy(update={"decision": decision, "at": stations.NOON + timedelta(hours=hours)})


def found(malignant: bool | None, hours: int = 2) -> Outcome:
    return stations.OUTCOME.model_copy(update={"malignant": malignant, "at": stations.NOON + timedelta(hours=hours)})


@pytest.mark.parametrize(
    ("said", "then", "standing", "decision"),
    [
        ("watch", (), "watch", "watch"),
        ("watch", (decided("refer"),), "refer", "refer"),
        ("refer", (decided("refer"), decided("watch")), "watch", "watch"),
        ("watch", (found(malignant=True),), "not referred", "watch"),
        ("photograph again", (found(malignant=True),), "not referred", "photograph again"),
        ("cannot assess", (found(malignant=True),), "not referred", "cannot assess"),
        ("refer", (decided("watch"), found(malignant=True)), "not referred", "watch"),
        ("refer", (found(malignant=True), decided("watch", hours=3)), "not referred", "watch"),
        ("watch", (found(malignant=True), decided("refer", hours=3)), "malignant", "refer"),
        ("refer", (found(malignant=True),), "malignant", "refer"),
        ("refer", (found(malignant=False),), "benign", "refer"),
        ("refer", (decided("refer"), found(malignant=False)), "benign", "refer"),
        ("watch", (found(malignant=False), decided("refer", hours=3)), "refer", "refer"),
        # The clock woke in the past before somebody decided, or before the finding was entered.
        ("watch", (found(malignant=False, hours=3), decided("refer", hours=1)), "refer", "refer"),
        ("watch", (decided("refer", hours=3), found(malignant=False, hours=1)), "benign", "refer"),
        ("watch", (found(malignant=None),), "watch", "watch"),
        ("watch", (found(malignant=True), found(malignant=None, hours=3)), "not referred", "watch"),
        ("watch", (found(malignant=True), found(malignant=False, hours=3)), "benign", "watch"),
    ],
)
def test_what_a_visit_comes_to(
    said: Decision, then: tuple[Override | Outcome, ...], standing: Standing, decision: Decision
) -> None:
    state = present_state(record(said=said, then=then))
    assert (state.standing, state.decision, state.is_alert) == (standing, decision, standing == "not referred")
    assert state.from_a_person == (bool(then) and then != (found(malignant=None),))
    assert state_json(state)["alert"] == state.is_alert


def test_of_several_findings_the_last_that_says_something_is_shown() -> None:
    unclear, clear = found(malignant=None, hours=3), found(malignant=True)
    assert present_state(record(then=(clear, unclear))).outcome == clear
    assert present_state(record(then=(unclear,))).outcome == unclear


def test_alerts_are_found_among_all_visits_and_those_of_a_patient(store: RecordStore) -> None:
    visits = [stations.add_visit(store, f"P-{number % 2}", minutes=number) for number in range(6)]
    for visit in visits[:4]:
        store.add_outcome(visit.visit_id, found(malignant=True))
    # The program referred all of them; a person then did not.
    for visit in visits[:3]:
        store.add_override(visit.visit_id, decided("watch"))
    store.add_outcome(visits[5].visit_id, found(malignant=False))
    assert [one.visit.visit_id for one in store.alerts().records] == [visit.visit_id for visit in visits[2::-1]]
    assert [one.visit.visit_id for one in store.alerts(patient="p-1").records] == [visits[1].visit_id]
    assert store.alerts(since=stations.NOON + timedelta(minutes=2)).total == 1
    store.add_override(visits[1].visit_id, decided("refer", hours=9))
    assert store.alerts(patient="p-1").records == ()


def test_a_damaged_visit_with_an_outcome_is_named(store: RecordStore, folder: Path) -> None:
    visit = stations.add_visit(store)
    store.add_outcome(visit.visit_id, found(malignant=True))
    with store._database.write() as connection:
        connection.execute("UPDATE payload SET sealed = zeroblob(50) WHERE sequence = 2")
    assert store.alerts().unreadable == (visit.visit_id,)
