"""Promises over any text: grading never raises, is the same each time, and never counts noise as our fault."""

import json
from datetime import datetime, timedelta, timezone
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.errors import AnswerError
from labkit.grading.answers.region_answer import FULL_OVERLAP, Region
from labkit.grading.expected import resolve, right_spelling
from labkit.grading.forms import check_form
from labkit.grading.mistakes import MISTAKES
from labkit.grading.runner import grade
from labkit.i18n import translator
from labkit.model.grading import Outcome

from .a_case import ALL, BORN, GENESIS, MULTI, REGION, TABLE, TIME, a_submission, a_task, an_exercise, truth_of, verdict

EXERCISE = an_exercise(ALL)
TRUTH = truth_of()
LOG = a_task(type="LOG", events=[{"type": "acquired", "exhibit": "{exhibit_usb}", "hash_truth": "usb:file.sha256"}])

hostile = st.text(st.characters(), max_size=200)  # lone surrogates and control characters included
tables = st.lists(
    st.lists(
        st.one_of(
            st.sampled_from(
                ["number", "start", "№", "1", "2", "8192 bytes", "fat", "b", "2026-03-10T09:05:00Z", '"', ""]
            ),
            st.text(st.characters(), max_size=6),
        ),
        max_size=6,
    ).map(";".join),
    max_size=5,
).map("\n".join)
claims = st.lists(
    st.one_of(
        st.sampled_from(["was-removed", "varn-removed, 2", "KF-06", "КF 06", "/a/b", "inode 77", "sector 5", ""]),
        hostile,
    ),
    max_size=5,
).map("; ".join)
near = st.text("0123456789abcdefABCDEFxXhZTz.,:;-+/\\ \n\u00a0аесОЗ۰٣−'\"{}()байтsectorUTC", max_size=80)


@settings(max_examples=300, deadline=None)
@given(st.one_of(hostile, near, tables, claims))
def test_no_text_breaks_grading_and_the_result_is_the_same_each_time(text: str) -> None:
    submission = a_submission(dict.fromkeys(ALL, text))

    first = grade(submission, [EXERCISE], TRUTH, ledger_genesis=GENESIS)

    assert first == grade(submission, [EXERCISE], TRUTH, ledger_genesis=GENESIS)
    assert all(task.outcome is not Outcome.BROKEN for task in first.tasks)
    assert all(0 <= task.points <= task.max_points for task in first.tasks)
    for task in first.tasks:
        task.given.encode()
        assert task.mistake is None or task.mistake in MISTAKES
        assert all(translator("en").has(f"notice.{code}") for code in task.notices)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(ALL)), st.one_of(hostile, near, tables, claims))
def test_a_form_is_read_or_refused_with_a_remedy_and_its_spelling_is_stable(name: str, text: str) -> None:
    try:
        spelling = check_form(ALL[name], text)
    except AnswerError as refused:
        error = refused
    else:
        assert check_form(ALL[name], spelling) == spelling
        return
    assert error.message
    assert error.remedy


@settings(max_examples=100, deadline=None)
@given(st.lists(st.one_of(hostile, near, st.just('{"type":"acquired"}')), max_size=8))
def test_no_ledger_breaks_grading(lines: list[str]) -> None:
    exercise = an_exercise({"log": LOG})
    found = grade(a_submission({}, custody_lines=tuple(lines)), [exercise], TRUTH, ledger_genesis=GENESIS).tasks[0]

    assert found.outcome in (Outcome.MISSING, Outcome.WRONG)


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(["{}", " {} ", "\u2066{}\u2069", "\u00a0{}\n", "\ufeff{}"]),
    st.sampled_from([name for name in ALL if name not in ("words", "names", "text", "table", "claim", "pages")]),
    st.sampled_from(["0123456789", "۰۱۲۳۴۵۶۷۸۹", "٠١٢٣٤٥٦٧٨٩"]),
)
def test_the_right_value_is_right_in_any_allowed_dress(frame: str, name: str, digits: str) -> None:
    text = frame.format(right_spelling(ALL[name], TRUTH)).translate(str.maketrans("0123456789", digits))

    assert verdict(ALL[name], text, TRUTH).credit_percent == 100


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**40), st.integers(1, 2**40), st.sampled_from(["bytes", "sectors"]), st.booleans())
def test_a_region_is_the_same_by_length_and_by_end(start: int, length: int, unit: str, russian: bool) -> None:
    by_length = f"начало {start}, длина {length} {unit}" if russian else f"start {start}, length {length} {unit}"
    by_end = f"{unit} с {start} по {start + length - 1}" if russian else f"{start}-{start + length - 1} {unit}"

    assert check_form(REGION, by_length) == check_form(REGION, by_end)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 500), st.integers(1, 500), st.integers(0, 500), st.integers(1, 500))
def test_overlap_is_what_counting_bytes_gives(start: int, length: int, other_start: int, other_length: int) -> None:
    one, other = set(range(start, start + length)), set(range(other_start, other_start + other_length))

    found = Region(start, length).overlap(Region(other_start, other_length))

    assert found == len(one & other) / len(one | other)


@settings(max_examples=100, deadline=None)
@given(st.sets(st.sampled_from(["laptop", "neighbour", "stick", "mug"]), min_size=1), st.randoms(use_true_random=False))
def test_choices_are_scored_by_hits_and_misses_in_any_order(chosen: set[str], order: Random) -> None:
    typed = sorted(chosen)
    order.shuffle(typed)
    credit_percent = max(50 * (len(chosen & {"laptop", "stick"}) - len(chosen - {"laptop", "stick"})), 0)

    found = verdict(MULTI, " ; ".join(typed))

    assert found.credit_percent == max(credit_percent, 60 if chosen == {"stick"} else 0)


@settings(max_examples=100, deadline=None)
@given(
    st.permutations(["number", "start", "type", "born", "label"]),
    st.booleans(),
    st.sampled_from(["\t", ";", "|", "،", "json"]),
)
def test_a_table_is_right_with_its_rows_and_columns_in_any_order(order: list[str], turned: bool, form: str) -> None:
    head, *lines = [line.split("\t") for line in right_spelling(TABLE, TRUTH).split("\n")]
    rows = [dict(zip(head, line, strict=True)) for line in (reversed(lines) if turned else lines)]
    text = "\n".join(form.join(line) for line in [order, *([row[name] for name in order] for row in rows)])
    if form == "json":
        text = json.dumps([{name: row[name] for name in order} for row in rows])

    assert verdict(TABLE, text, TRUTH).credit_percent == 100
    assert check_form(TABLE, text) == right_spelling(TABLE, TRUTH)


@settings(max_examples=100, deadline=None)
@given(st.integers(-14 * 60, 14 * 60))
def test_the_right_moment_is_right_in_any_zone(minutes: int) -> None:
    text = BORN.astimezone(timezone(timedelta(minutes=minutes))).isoformat()

    assert verdict(TIME, text).credit_percent == 100


def test_every_known_value_gets_its_own_code_and_credit() -> None:
    wide_s = {"time": 2, "kabul": 2}
    for name, task in ALL.items():
        expected = resolve(task, TRUTH)
        earlier = [expected.right]
        for known in expected.known:
            if name in ("multi", "claim", "order"):
                break  # its mistakes do not decide the credit
            if any(_same(value, known.value, wide_s.get(name, 0)) for value in earlier):
                continue  # an earlier one explains this value
            earlier.append(known.value)
            found = verdict(task, _text(name, known.value), TRUTH)
            assert (found.mistake, found.credit_percent) == (known.code, known.credit_percent), (name, known)
        assert len(earlier) > 1 or name in {"path", "words", "names", "multi", "table", "claim", "pages", "order"}


def _same(one: Any, other: Any, wide_s: int) -> bool:
    if isinstance(one, Region):
        return one.overlap(other) >= FULL_OVERLAP
    return abs(one - other) <= timedelta(seconds=wide_s) if isinstance(one, datetime) else bool(one == other)


def _text(name: str, value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, frozenset):
        return ", ".join(map(str, sorted(value)))
    if isinstance(value, Region):
        return f"start {value.start_bytes}, length {value.length_bytes} bytes"
    return f"{value} bytes" if name == "offset" else str(value)
