"""Who works with whom: two by two in the order of the roster, three at the end, or as the roster says."""

import pytest

from labkit.cohort.pairs import neighbours, pair_of, rings
from labkit.cohort.roster import read_roster
from labkit.custody.copies import Card, LedgerCopy, is_of_class, read_card
from labkit.errors import RosterError
from labkit.model.people import Trainee
from tests.small_class import COURSE, KEYS


def people(count: int, **pairs: str) -> tuple[Trainee, ...]:
    ids = [f"T{number}" for number in range(1, count + 1)]
    return tuple(Trainee(one, f"Name {one}", "en", pair=pairs.get(one, "")) for one in ids)


def ids(trainees: tuple[Trainee, ...]) -> list[str]:
    return ["".join(one.trainee_id[1:] for one in ring) for ring in rings(trainees)]


@pytest.mark.parametrize(
    ("count", "expected"),
    [(0, []), (1, []), (2, ["12"]), (3, ["123"]), (4, ["12", "34"]), (5, ["12", "345"]), (7, ["12", "34", "567"])],
)
def test_rings_follow_the_roster(count: int, expected: list[str]) -> None:
    assert ids(people(count)) == expected


def test_the_roster_can_name_pairs_and_the_others_close_up() -> None:
    assert ids(people(6, T1="a", T4="A")) == ["14", "23", "56"]
    assert ids(people(5, T2="x", T3="x")) == ["23", "145"]


@pytest.mark.parametrize("count", [2, 3, 5, 12, 13])
def test_everybody_gives_once_and_is_audited_once_by_the_one_they_give_to(count: int) -> None:
    found = neighbours(people(count))

    assert len(found) == count
    for trainee_id, mine in found.items():
        assert mine.gives_to.trainee_id != trainee_id
        assert found[mine.gives_to.trainee_id].audits.trainee_id == trainee_id


def test_a_pack_names_no_more_of_colleagues_than_is_needed() -> None:
    trainees = (*people(2), Trainee("T3", "Third", "en", email="third@class.example", id_number="77"))
    pair = pair_of(trainees[0], trainees, "Spring", COURSE, KEYS)

    assert pair.audits is not None
    assert (pair.audits.name, pair.audits.trainee_id) == ("Third", "T3")
    assert "third@class.example" not in repr(pair)
    card: Card = pair.card
    assert is_of_class(LedgerCopy(card, card, "", "", "", b"", b""), KEYS.public_key)


def test_who_is_alone_has_a_card_and_no_colleague() -> None:
    pair = pair_of(people(1)[0], people(1), "Spring", COURSE, KEYS)

    assert pair.colleagues == ()
    assert pair.card.trainee_id == "T1"


def test_a_pair_of_one_is_a_slip_in_the_roster() -> None:
    with pytest.raises(RosterError, match="line 2: nobody else has the pair 'red'"):
        read_roster(b"trainee_id,name,language,pair\nT1,A,en,red\nT2,B,en,\nT3,C,en,\n")
    read = read_roster(b"trainee_id,name,language,pair\nT1,A,en,red\nT2,B,en,Red\n")
    assert ids(read) == ["12"]


@pytest.mark.parametrize("name", ["نیلوفر می\u200cخواهد", "Анна\u00a0Реет", "a\u202eb", "x" * 500, "\u200e"])
def test_every_name_that_a_roster_can_hold_makes_a_card_that_can_be_read(name: str) -> None:
    trainees = (Trainee("T1", name, "en"), Trainee("T2", "B", "en"))
    card = pair_of(trainees[0], trainees, f"Class\u00a0{name}", COURSE, KEYS).card

    assert read_card(card.to_values()) == card
    assert "\u202e" not in card.trainee_name
