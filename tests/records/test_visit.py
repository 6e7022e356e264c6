"""Ids that people read out, pseudonyms that they spell their own way, moments with a time zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from pydantic import ValidationError

from benchmarks.drivers import stations
from skinedge.errors import StoreError
from skinedge.records.visit import (
    ALPHABET,
    Visit,
    new_pseudonym,
    new_visit_id,
    normal_pseudonym,
    parse_visit_id,
    spoken_visit_id,
)


def test_ids_differ_and_use_the_alphabet() -> None:
    ids = {new_visit_id() for _ in range(2000)}
    assert len(ids) == 2000 and set("".join(ids)) == set(ALPHABET)
    assert new_pseudonym() != new_pseudonym()


def test_an_id_is_read_however_it_is_typed() -> None:
    assert spoken_visit_id("7K0Q912MXA") == "7K0Q9-12MXA"
    for typed in ("7K0Q912MXA", "7k0q9-12mxa", " 7KoQ9 l2MXA ", "7KOQ9-i2mxa"):
        assert parse_visit_id(typed) == "7K0Q912MXA"


@pytest.mark.parametrize("typed", ["", "7K0Q9", "7K0Q912MXAA", "7K0Q912MX*", "7K0Q912MXU"])
def test_what_is_no_id_is_refused(typed: str) -> None:
    with pytest.raises(StoreError, match="no visit id"):
        parse_visit_id(typed)


def test_moments_are_kept_in_utc_and_need_a_zone() -> None:
    visit = stations.new_visit()
    local = datetime(2026, 3, 1, 9, tzinfo=timezone(timedelta(hours=-3)))
    fields = {name: getattr(visit, name) for name in Visit.model_fields}
    assert Visit(**{**fields, "created_at": local}).created_at == stations.NOON
    assert Visit(**{**fields, "created_at": local}).created_at.tzinfo is UTC
    with pytest.raises(ValidationError, match="timezone"):
        Visit(**{**fields, "created_at": datetime(2026, 3, 1)})


def test_spellings_of_one_pseudonym_are_one() -> None:
    assert normal_pseudonym("  Jose\u0301  7 ") == normal_pseudonym("JOSÉ 7")
    assert normal_pseudonym("P-1") != normal_pseudonym("P-2")
