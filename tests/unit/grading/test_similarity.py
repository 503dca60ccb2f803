from labkit.grading.expected import right_spelling
from labkit.grading.runner import grade
from labkit.grading.similarity import SUM_WEIGHT, ValueIndex
from labkit.i18n import translator
from labkit.model.grading import Flag, SubmissionResult

from .a_case import ALL, GENESIS, a_submission, a_task, an_exercise, truth_of

EXERCISE = an_exercise(ALL)
CLASS = [f"t-{number:02}" for number in range(20)]


def an_index() -> ValueIndex:
    index = ValueIndex()
    for trainee_id in CLASS:
        index.add(trainee_id, [EXERCISE], truth_of(trainee_id))
    return index


def a_result(trainee_id: str, copied: dict[str, str]) -> SubmissionResult:
    """Return the result of a trainee who answers right but copies some tasks: task to the trainee copied from."""
    answers = {name: right_spelling(task, truth_of(copied.get(name, trainee_id))) for name, task in ALL.items()}
    submission = a_submission(answers, trainee_id=trainee_id)
    return grade(submission, [EXERCISE], truth_of(trainee_id), ledger_genesis=GENESIS)


def flags(trainee_id: str, copied: dict[str, str]) -> tuple[Flag, ...]:
    return an_index().foreign_values(trainee_id, a_result(trainee_id, copied))


def test_a_copied_digest_alone_is_flagged_with_its_owner() -> None:
    (flag,) = flags("t-03", {"hash": "t-07"})

    assert (flag.kind, flag.trainee_id) == ("foreign-value", "t-03")
    assert flag.values["owner"] == "t-07"
    assert flag.values["owners"] == 1
    assert flag.values["task"] == "tern/hash"
    assert float(flag.values["weight"]) > 70
    assert "t-07" in translator("ru")("flag.foreign-value", trainee=flag.trainee_id, **flag.values)


def test_several_copied_numbers_together_are_flagged() -> None:
    found = flags("t-03", {"size": "t-07", "offset": "t-07"})

    assert {flag.values["task"] for flag in found} == {"tern/size", "tern/offset"}
    assert float(found[0].values["total_weight"]) >= SUM_WEIGHT


def test_one_small_number_is_not_enough() -> None:
    assert flags("t-03", {"cluster": "t-07"}) == ()


def test_own_mistakes_and_right_answers_are_not_flagged() -> None:
    index = an_index()
    assert index.foreign_values("t-03", a_result("t-03", {})) == ()
    own_box = {"hash": str(truth_of("t-03").fact("usb:container.sha256")), "lbas": "1, 2", "path": "/x", "time": "?"}
    submission = a_submission(own_box, trainee_id="t-03")
    result = grade(submission, [EXERCISE], truth_of("t-03"), ledger_genesis=GENESIS)
    assert index.foreign_values("t-03", result) == ()


def test_a_colleague_s_weaker_digest_is_recognised_too() -> None:
    submission = a_submission({"hash": str(truth_of("t-07").fact("usb:file.md5"))}, trainee_id="t-03")
    result = grade(submission, [EXERCISE], truth_of("t-03"), ledger_genesis=GENESIS)

    assert an_index().foreign_values("t-03", result)[0].values["owner"] == "t-07"


def test_every_copy_of_two_personal_values_is_found_and_nobody_else_is_flagged() -> None:
    index = an_index()
    for number, trainee_id in enumerate(CLASS):
        source = CLASS[(number + 7) % len(CLASS)]
        found = index.foreign_values(trainee_id, a_result(trainee_id, {"size": source, "inode": source}))
        assert {flag.values["owner"] for flag in found} == {source}
        assert index.foreign_values(trainee_id, a_result(trainee_id, {})) == ()


def test_values_that_are_the_same_for_all_are_nobody_s() -> None:
    index = ValueIndex()
    tasks = {"a": a_task(type="INT", unit="count", value=5), "broken": a_task(type="PATH", truth="usb:file.gone")}
    for trainee_id in CLASS:
        index.add(trainee_id, [an_exercise(tasks)], truth_of(trainee_id))
    result = grade(
        a_submission({"a": "6"}, trainee_id="t-01"), [an_exercise(tasks)], truth_of("t-01"), ledger_genesis=GENESIS
    )

    assert index.foreign_values("t-01", result) == ()


def test_a_copied_serial_number_alone_is_flagged_and_a_short_number_is_not() -> None:
    """A text weighs by its shape: by how many characters the class has at each of its places."""
    task = a_task(type="TEXT", truth="usb:file.label")
    exercise = an_exercise({"serial": task})
    for texts, flagged in (
        ([f"TV{n * 7919 % 97:02d}-{n * 104_729 % 10**6:06d}-{n * 7_368_787 % 10**6:06d}" for n in range(20)], True),
        ([f"S-{n * 7919 % 97:02d}" for n in range(20)], False),
    ):
        index = ValueIndex()
        for trainee_id, text in zip(CLASS, texts, strict=True):
            index.add(trainee_id, [exercise], truth_of(trainee_id, label=text))
        truth = truth_of("t-03", label=texts[3])
        result = grade(a_submission({"serial": texts[7]}, trainee_id="t-03"), [exercise], truth, ledger_genesis=GENESIS)
        assert [flag.values["owner"] for flag in index.foreign_values("t-03", result)] == ["t-07"] * flagged


def test_a_serial_number_copied_into_a_table_is_flagged_and_a_row_of_ones_own_is_not() -> None:
    text = {"type": "TEXT"}
    columns = [
        {"id": name, "title": {"en": name, "ru": name}, "answer": text} for name in ("exhibit", "serial", "colour")
    ]
    rows = [
        {"exhibit": "KF-01", "serial": {"truth": "usb:file.label"}, "colour": "red"},
        {"exhibit": "KF-02", "serial": "of-everybody", "colour": "blue"},
    ]
    exercise = an_exercise({"labels": a_task(type="TABLE", key="exhibit", columns=columns, rows=rows)})
    serials = [f"TV{n * 7919 % 97:02d}-{n * 104_729 % 10**6:06d}-{n * 7_368_787 % 10**6:06d}" for n in range(20)]
    index = ValueIndex()
    for trainee_id, serial in zip(CLASS, serials, strict=True):
        index.add(trainee_id, [exercise], truth_of(trainee_id, label=serial))

    def owners_of(first: str, second: str) -> list[object]:
        table = f"exhibit,serial,colour\nKF-01,{first},red\nKF-02,{second},green\n"
        submission = a_submission({"labels": table}, trainee_id="t-03")
        result = grade(submission, [exercise], truth_of("t-03", label=serials[3]), ledger_genesis=GENESIS)
        return [flag.values["owner"] for flag in index.foreign_values("t-03", result)]

    assert owners_of(serials[7], "of-everybody") == ["t-07"]
    assert owners_of("of-everybody", serials[3]) == []
    assert owners_of("never seen", "of-everybody") == []
