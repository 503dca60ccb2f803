"""Trainees and the class they are in."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Trainee:
    """One learner. ``trainee_id`` is the key everywhere; the name is only shown."""

    trainee_id: str
    name: str
    language: str  # "en", "ru"
    username: str = ""
    id_number: str = ""
    email: str = ""
    group: str = ""
    pair: str = ""  # those with the same text work together; the others follow the order of the roster
