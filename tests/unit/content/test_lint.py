import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from labkit.content.codes import RULES, Problem, rules_page
from labkit.content.lint import lint
from labkit.content.lint_texts import lint_text
from tests.unit.content.small_library import SECOND_LAB, SmallLibrary, kite

TOML = "exercises/prints/exercise.toml"
LAB = "labs/00-prints/lab.toml"
COURSE = "labs/course.toml"
BRIEF = "exercises/prints/brief.en.md"
HINTS = "exercises/prints/hints.en.md"
GUIDE = "labs/00-prints/guide.en.md"
CHOICE = 'value = "blue-one"'

YARA = 'type = "YARA", positives = "stick:a.sample_set", mutated = "stick:b.sample_set", clean = "stick:media.sha256"'

Break = Callable[[SmallLibrary], None]


def change(path: str, old: str, new: str) -> Break:
    return lambda content: content.change(path, old, new)


def remove(path: str) -> Break:
    return lambda content: content.remove(path)


def write(path: str, text: str) -> Break:
    return lambda content: content.write(path, text)


def both(*breaks: Break) -> Break:
    def run(content: SmallLibrary) -> None:
        for one in breaks:
            one(content)

    return run


def second_lab(old: str = "", new: str = "") -> Break:
    return lambda content: content.write_lab("01-more", SECOND_LAB.replace(old, new) if old else SECOND_LAB)


def second_exercise(content: SmallLibrary) -> None:
    shutil.copytree(content.root / "exercises/prints", content.root / "exercises/more")
    content.change("exercises/more/exercise.toml", 'slug = "prints"', 'slug = "more"')
    content.change("exercises/more/exercise.toml", "5aee5dbb", "6aee5dbb")
    content.change(LAB, 'exercises = ["prints"]', 'exercises = ["prints", "more"]')


def not_utf8(content: SmallLibrary) -> None:
    (content.root / BRIEF).write_bytes(b"# Title \xff\n")


def answer(text: str) -> Break:
    """Replace the answer of the first task."""
    old = 'answer = { type = "HASH", algorithm = "sha256", truth = "stick:media.sha256" }'
    return both(
        change(TOML, old, f"answer = {{ {text} }}"),
        change(TOML, '\nmistakes = [{ code = "H-CONT", truth = "stick:container.sha256" }]', ""),
    )


def table(cell: str, a: str = '"x"', title: str = '{ en = "B", ru = "Б" }') -> Break:
    """Replace the answer of the first task by a table of one row."""
    options = '[{ id = "x", title = { en = "X", ru = "Х" } }, { id = "y", title = { en = "Y", ru = "Ы" } }]'
    first = f'{{ id = "a", title = {{ en = "A", ru = "А" }}, answer = {{ type = "ENUM", options = {options} }} }}'
    second = f'{{ id = "b", title = {title}, answer = {{ type = "INT", unit = "bytes" }} }}'
    return answer(f'type = "TABLE", key = "a", columns = [{first}, {second}], rows = [{{ a = {a}, {cell} }}]')


def claim(place: str = "stick:sheet.path", over: str = "red", exhibit: str = "KF-06") -> Break:
    """Make the second task a claim with one citation."""
    kind = "INODE" if place.endswith("sha256") else "PATH"
    where = f'type = "{kind}", truth = "{place}"' if ":" in place else f'type = "NUMBERED", value = {place}'
    citation = f'{{ exhibit = "{exhibit}", place = {{ {where} }} }}'
    more = f'over = ["{over}"]\ncitations = [{citation}]'
    return both(change(TOML, 'type = "ENUM"', 'type = "CLAIM"'), change(TOML, CHOICE, f"{CHOICE}\n{more}"))


def order(value: str, more: str = "") -> Break:
    """Replace the answer of the first task by an order of three options."""
    options = ", ".join(f'{{ id = "{name}", title = {{ en = "{name}", ru = "{name}" }} }}' for name in ("b", "c", "a"))
    return answer(f'type = "ORDER", value = {value}, options = [{options}]{more}')


def order_mistake(value: str) -> Break:
    task = f'\nmistakes = [{{ code = "H-CONT", value = {value} }}]\n\n[[tasks]]\nid = "choice"'
    return both(order('["a", "b", "c"]', ', ties = [["b", "c"]]'), change(TOML, '\n\n[[tasks]]\nid = "choice"', task))


# One line for each way to break a rule: the code, the file and key that the problem must name, and how it is broken.
BROKEN: list[tuple[str, str, str, Break]] = [
    ("LK100", TOML, "", write(TOML, "slug = ")),
    ("LK101", TOML, "hint", change(TOML, 'status = "beta"', 'status = "beta"\nhint = "no such key"')),
    ("LK101", TOML, "tasks[1].answer.unit", answer('type = "PATH", truth = "stick:sheet.path", unit = "bytes"')),
    ("LK102", TOML, "tasks[1].points", change(TOML, "points = 60", "points = -60")),
    ("LK102", TOML, "tasks[1].answer.algorithm", change(TOML, 'algorithm = "sha256"', 'algorithm = "crc"')),
    ("LK102", LAB, "role", change(LAB, 'role = "all"', 'role = "judge"')),
    ("LK103", TOML, "uuid", change(TOML, 'uuid = "5aee5dbb-903f-41f2-b410-f468434ee789"\n', "")),
    ("LK104", "exercises/empty/exercise.toml", "", write("exercises/empty/brief.en.md", "# x\n")),
    ("LK104", COURSE, "", remove(COURSE)),
    ("LK105", "exercises/prints/answers.md", "", write("exercises/prints/answers.md", "x\n")),
    ("LK105", "labs/00-prints/trainer/key.txt", "", write("labs/00-prints/trainer/key.txt", "x\n")),
    ("LK110", TOML, "slug", change(TOML, 'slug = "prints"', 'slug = "print"')),
    ("LK111", LAB, "code", change(LAB, '"L00"', '"L07"')),
    ("LK120", "exercises/prints/brief.ru.md", "", remove("exercises/prints/brief.ru.md")),
    ("LK120", "labs/00-prints/trainer/notes.ru.md", "", remove("labs/00-prints/trainer/notes.ru.md")),
    ("LK121", TOML, "title", change(TOML, ', ru = "Отпечатки" }', " }")),
    ("LK121", TOML, "tasks[2].answer.options[2].title", change(TOML, ', ru = "Синий"', "")),
    ("LK121", COURSE, "courses.short.title", change(COURSE, ', ru = "Краткий"', "")),
    ("LK122", GUIDE, "", change(GUIDE, "# Guide", "Guide")),
    ("LK122", BRIEF, "", not_utf8),
    ("LK130", HINTS, "1. The  medium", change(HINTS, "## 1. The medium", "## 1. The  medium")),
    ("LK130", HINTS, "2. The choice", change(HINTS, "## 1. The medium", "## 2. The choice")),
    ("LK131", BRIEF, "", change(BRIEF, "## 2. The choice", "### The choice")),
    ("LK131", BRIEF, "3. The choice", change(BRIEF, "## 2. The choice", "## 3. The choice")),
    ("LK131", BRIEF, "1. The medium", change(BRIEF, "## 1. The medium", "## 1. The medium\n\n## 2. Empty")),
    ("LK132", HINTS, "2. The choice", change(HINTS, "\n## 2. The choice\n\n- Look again.\n", "")),
    ("LK132", HINTS, "1. The medium", change(HINTS, "- Box or content?", "Box or content?")),
    ("LK132", HINTS, "2. The choice", change(HINTS, "- Look again.", "- ")),
    ("LK133", HINTS, "line 16", change(HINTS, "- Look again.", "- It is `blue-one`.")),
    ("LK133", BRIEF, "line 7", change(BRIEF, "Work out the digest.", "ab" * 32)),
    ("LK140", TOML, "tasks[1].answer.truth", change(TOML, "stick:media.sha256", "stick:medium.sha256")),
    ("LK140", TOML, "tasks[1].mistakes[1].truth", change(TOML, "stick:container.sha256", "stick:container.sha1")),
    (
        "LK140",
        TOML,
        "tasks[1].answer.parent",
        answer('type = "INODE", truth = "stick:sheet.address", parent = "stick:sheet.parent_address"'),
    ),
    (
        "LK140",
        TOML,
        "tasks[1].answer.events[1].hash_truth",
        answer('type = "LOG", events = [{ type = "acquired", hash_truth = "stick:media.sha1" }]'),
    ),
    ("LK141", TOML, "tasks[1].answer.truth", change(TOML, 'items = ["stick"]', 'items = ["other"]')),
    ("LK142", TOML, "tasks[1].answer.truth", answer('type = "INT", unit = "bytes", truth = "stick:sheet.path"')),
    ("LK142", TOML, "tasks[1].answer.truth", change(TOML, "stick:media.sha256", "stick:media.md5")),
    ("LK142", TOML, "tasks[1].answer.truth", change(TOML, "stick:media.sha256", "stick:sheet.path")),
    ("LK142", TOML, "tasks[1].answer.truth", answer('type = "PATH", truth = "stick:sheet.name"')),
    (
        "LK142",
        TOML,
        "tasks[1].answer.truth",
        answer('type = "REGION", base = "disk", truth = ["stick:media.size_bytes"]'),
    ),
    (
        "LK142",
        TOML,
        "tasks[1].answer.truth",
        answer('type = "REGION", base = "disk", truth = "stick:media.size_bytes"'),
    ),
    (
        "LK142",
        TOML,
        "tasks[1].answer.truth",
        answer('type = "REGION", base = "disk", truth = ["stick:media.size_bytes", "stick:sheet.path"]'),
    ),
    (
        "LK142",
        TOML,
        "tasks[1].answer.truth",
        answer('type = "INT", unit = "bytes", truth = ["stick:media.size_bytes"]'),
    ),
    ("LK142", TOML, "tasks[1].answer.rows[1].b.truth", table('b = { truth = "stick:media.sha256" }')),
    ("LK140", TOML, "tasks[1].answer.rows[1].b.truth", table('b = { truth = "stick:medium.size_bytes" }')),
    (
        "LK233",
        TOML,
        "tasks[1].answer.rows[1].b.mistakes[1].code",
        table('b = { value = 5, mistakes = [{ code = "X-UNKNOWN", value = 6 }] }'),
    ),
    ("LK232", TOML, "tasks[1].answer.rows[1].b.value", table('b = "five"')),
    ("LK230", TOML, "tasks[1].answer.rows[1].a.value", table("b = 5", a='"c"')),
    ("LK101", TOML, "tasks[1].answer.rows[1].b.zone", table('b = { value = 5, zone = "UTC" }')),
    ("LK102", TOML, "tasks[1].answer", table("b = 5, c = 6")),
    ("LK121", TOML, "tasks[1].answer.columns[2].title", table("b = 5", title='{ en = "B" }')),
    ("LK140", TOML, "tasks[2].answer.citations[1].place.truth", claim(place="stick:sheet.old_path")),
    ("LK142", TOML, "tasks[2].answer.citations[1].place.truth", claim(place="stick:media.sha256")),
    ("LK231", TOML, "tasks[2].answer.over", claim(over="green")),
    ("LK232", TOML, "tasks[1].answer.value", order('"a"')),
    ("LK230", TOML, "tasks[1].answer.value", order('["a", "b", "d"]')),
    ("LK234", TOML, "tasks[1].answer", order('["a", "b"]')),
    ("LK234", TOML, "tasks[1].answer", order('["a", "b", "c", "a"]')),
    ("LK234", TOML, "tasks[1].answer.ties", order('["a", "b", "c"]', ', ties = [["a", "c"]]')),
    ("LK235", TOML, "tasks[1].answer.options", order('["b", "c", "a"]')),
    ("LK231", TOML, "tasks[1].mistakes[1]", order_mistake('["a", "c", "b"]')),
    ("LK231", TOML, "tasks[1].mistakes[1]", order_mistake('["a", "c"]')),
    ("LK141", TOML, "tasks[1].answer.story", answer('type = "LOG", story = "other"')),
    ("LK232", TOML, "tasks[2].answer.citations[1].place.value", claim(place='["7"]')),
    ("LK231", TOML, "tasks[2].answer.over", claim(over="blue-one")),
    ("LK180", TOML, "tasks[2].answer.citations[1].exhibit", claim(exhibit="{thing}")),
    (
        "LK140",
        TOML,
        "tasks[1].answer.cluster_bytes",
        answer('type = "INT", unit = "bytes", truth = "stick:media.size_bytes", cluster_bytes = "stick:media.none"'),
    ),
    ("LK140", TOML, "tasks[1].answer.mutated", answer(YARA)),
    ("LK142", TOML, "tasks[1].answer.clean", answer(YARA)),
    (
        "LK150",
        "exercises/prints/trainer/exemplar/answers.toml",
        "",
        remove("exercises/prints/trainer/exemplar/answers.toml"),
    ),
    (
        "LK151",
        "exercises/prints/trainer/attempts",
        "",
        both(
            remove("exercises/prints/trainer/attempts/two/answers.toml"),
            remove("exercises/prints/trainer/attempts/two/expect.toml"),
            lambda content: (content.root / "exercises/prints/trainer/attempts/two").rmdir(),
        ),
    ),
    (
        "LK152",
        "exercises/prints/trainer/attempts/two/expect.toml",
        "",
        remove("exercises/prints/trainer/attempts/two/expect.toml"),
    ),
    ("LK160", "labs/01-more/lab.toml", "teaches", second_lab('teaches = ["offset"]', 'teaches = ["hash"]')),
    ("LK161", LAB, "requires", change(LAB, "requires = []", 'requires = ["magic"]')),
    ("LK162", LAB, "requires", both(second_lab(), change(LAB, "requires = []", 'requires = ["offset"]'))),
    (
        "LK163",
        COURSE,
        "courses.short.labs",
        both(second_lab(), change(COURSE, 'labs = ["00-prints"]', 'labs = ["01-more", "00-prints"]')),
    ),
    ("LK170", TOML, "tasks", change(TOML, "points = 60", "points = 50")),
    ("LK180", BRIEF, "line 3", change(BRIEF, "{officer}. Write", "{offcier}. Write")),
    ("LK180", TOML, "tasks[2].answer.options[1].title", change(TOML, "Red, by {officer}", "Red, by {nobody}")),
    (
        "LK180",
        TOML,
        "tasks[1].answer.events[1].exhibit",
        answer('type = "LOG", events = [{ type = "acquired", exhibit = "{thing}" }]'),
    ),
    ("LK181", GUIDE, "line 3", change(GUIDE, "Begin here.", "Begin with {secret_word}.")),
    ("LK190", BRIEF, "line 3", change(BRIEF, "kestrel.example", "kestrel.com")),
    ("LK191", BRIEF, "line 3", change(BRIEF, "192.0.2.7", "8.8.8.8")),
    ("LK200", GUIDE, "last line", change(GUIDE, "have not yet been reviewed", "were reviewed")),
    ("LK210", "labs/01-more/lab.toml", "uuid", second_lab("c6a759e8", "b6a759e8")),
    ("LK211", "labs/01-more/lab.toml", "code", second_lab("L01", "L00")),
    ("LK212", TOML, "tasks", change(TOML, 'id = "choice"', 'id = "media"')),
    ("LK212", TOML, "tasks[2].answer.options", change(TOML, '{ id = "red"', '{ id = "blue-one"')),
    ("LK220", LAB, "exercises", change(LAB, 'exercises = ["prints"]', 'exercises = ["prints", "missing"]')),
    ("LK221", TOML, "case", change(TOML, 'case = "kite"', 'case = "crow"')),
    ("LK222", LAB, "items", change(LAB, 'items = ["stick"]', 'items = ["stick", "phone"]')),
    ("LK223", COURSE, "courses.short.labs", change(COURSE, '["00-prints"]', '["00-prints", "09-none"]')),
    ("LK223", COURSE, "courses.short.labs", change(COURSE, '["00-prints"]', '["00-prints", "00-prints"]')),
    ("LK224", LAB, "items", change(LAB, 'items = ["stick"]', "items = []")),
    ("LK224", LAB, "exercises", change(LAB, 'case = "kite"', 'case = "crow"')),
    ("LK226", COURSE, "courses.short.leave_out", change(COURSE, "labs =", 'leave_out = ["none"]\nlabs =')),
    ("LK226", COURSE, "courses.short.leave_out", change(COURSE, "labs =", 'leave_out = ["prints"]\nlabs =')),
    ("LK102", LAB, "", change(LAB, "minutes = 30", "minutes = 30\nminutes_of = { other = 5 }")),
    ("LK102", LAB, "", change(LAB, "minutes = 30", "minutes = 30\nminutes_of = { prints = 30 }")),
    ("LK227", LAB, "minutes_of", both(second_exercise, change(COURSE, "labs =", 'leave_out = ["more"]\nlabs ='))),
    ("LK225", LAB, "exercises", change(TOML, 'status = "beta"', 'status = "wip"')),
    ("LK230", TOML, "tasks[2].answer.value", change(TOML, CHOICE, 'value = "green"')),
    ("LK231", TOML, "tasks[2].mistakes[1]", change(TOML, 'value = "red" }]', 'value = "pink" }]')),
    ("LK231", TOML, "tasks[2].mistakes[1]", change(TOML, 'value = "red" }]', 'value = "blue-one" }]')),
    (
        "LK230",
        TOML,
        "tasks[2].answer.value",
        both(change(TOML, 'type = "ENUM"', 'type = "MULTI"'), change(TOML, CHOICE, 'value = ["blue-one", "green"]')),
    ),
    (
        "LK231",
        TOML,
        "tasks[2].mistakes[1]",
        both(
            change(TOML, 'type = "ENUM"', 'type = "MULTI"'), change(TOML, 'value = "red" }]', 'value = ["blue-one"] }]')
        ),
    ),
    ("LK232", TOML, "tasks[1].answer.value", answer('type = "REGION", base = "disk", value = [1, 2, 3]')),
    ("LK232", TOML, "tasks[1].answer.value", answer('type = "HASH", algorithm = "sha256", value = "abc"')),
    ("LK232", TOML, "tasks[1].answer.value", answer('type = "TIME", value = "2026-03-03 14:05"')),
    ("LK232", TOML, "tasks[1].answer.value", answer('type = "SET", value = "one"')),
    ("LK233", TOML, "tasks[1].mistakes[1].code", change(TOML, "H-CONT", "X-UNKNOWN")),
    ("LK240", "labs/00-prints/trainer/design.md", "", write("labs/00-prints/trainer/design.md", "# Design\n")),
    ("LK240", "labs/00-prints/trainer/design.md", "", remove("labs/00-prints/trainer/design.md")),
]


def test_content_without_a_fault_has_no_problem(content: SmallLibrary) -> None:
    assert content.lint() == ()


@pytest.mark.parametrize(("code", "path", "key", "break_it"), BROKEN, ids=[f"{one[0]}-{one[1]}" for one in BROKEN])
def test_a_broken_rule_is_named_with_its_file_and_key(
    content: SmallLibrary, code: str, path: str, key: str, break_it: Break
) -> None:
    break_it(content)

    found = content.lint()

    assert (path, key, code) in {(one.path.as_posix(), one.key, one.code) for one in found}, "\n".join(map(str, found))


def test_every_rule_has_a_test_that_breaks_it() -> None:
    by_cases = {"LK300", "LK301"}  # told by the use case, see tests/unit/cli/test_author.py

    assert {code for code, _, _, _ in BROKEN} | by_cases == set(RULES)


def test_all_problems_are_reported_at_once(content: SmallLibrary) -> None:
    content.change(TOML, "points = 60", "points = 61")
    content.change(BRIEF, "192.0.2.7", "8.8.8.8")
    content.remove("exercises/prints/trainer/notes.en.md")

    assert {one.code for one in content.lint()} == {"LK170", "LK191", "LK120"}


def test_a_slip_in_a_reference_is_met_with_the_nearest_name(content: SmallLibrary) -> None:
    content.change(TOML, "stick:media.sha256", "stick:medai.sha256")

    (problem,) = content.lint()

    assert "did you mean 'stick:media.sha256'?" in problem.message


def test_a_changed_heading_is_met_with_the_heading_of_the_brief(content: SmallLibrary) -> None:
    content.change(HINTS, "## 1. The medium", "## 1. The disk")

    messages = [one.message for one in content.lint() if one.code == "LK130"]

    assert messages == ["is not a heading of the brief; the brief has '1. The medium'"]


def test_an_enum_whose_answer_is_a_fact_is_compared_with_its_options(content: SmallLibrary) -> None:
    content.change(TOML, CHOICE, 'truth = "stick:sheet.option"')
    assert content.lint() == ()

    content.change(TOML, '{ id = "blue-one"', '{ id = "blue"')
    assert [(one.code, one.key) for one in content.lint()] == [("LK230", "tasks[2].answer.truth")]


def test_hints_may_name_the_rows_of_a_table_but_not_what_is_right_in_them(content: SmallLibrary) -> None:
    table("b = 5", a='"x"')(content)
    content.change(HINTS, "- Box or content?", "- Look at `x` first.")
    assert content.lint() == ()

    content.change(TOML, 'key = "a"', 'key = "b"')
    assert [(one.code, one.path.as_posix()) for one in content.lint()] == [("LK133", HINTS)]


def test_a_digest_may_be_that_of_a_named_stream(content: SmallLibrary) -> None:
    content.change(TOML, "stick:media.sha256", "stick:note.stream_sha256")
    assert {one.code for one in content.lint()} == {"LK140"}  # this stick has none; the kind of fact is right

    content.change(TOML, "stream_sha256", "stream_size_bytes")
    assert "LK142" in {one.code for one in content.lint()}


def test_unfinished_work_may_be_incomplete(content: SmallLibrary) -> None:
    content.change(TOML, 'status = "beta"', 'status = "wip"')
    content.change(LAB, 'status = "beta"', 'status = "wip"')
    content.remove("exercises/prints/trainer/exemplar/answers.toml")
    content.remove("exercises/prints/hints.ru.md")
    content.remove("labs/00-prints/trainer/design.md")
    content.change(HINTS, "\n## 2. The choice\n\n- Look again.\n", "")

    assert content.lint() == ()


def test_nothing_is_said_about_a_case_that_has_problems_of_its_own(content: SmallLibrary) -> None:
    found = lint(content.root, {}, unreadable_cases=frozenset({"kite"}), mistake_is_known=lambda _: True)

    assert found == ()


def test_a_reviewed_text_names_who_and_when(content: SmallLibrary) -> None:
    old = "Legal terms in this text have not yet been reviewed by a practitioner."
    content.change(GUIDE, old, "Legal terms in this text were reviewed by A. Judge, 2026-05-01.")

    assert content.lint() == ()


@pytest.mark.parametrize(
    "text",
    [
        "Open lab.toml, KF-06.raw and notes.md; see section 5.4.4 and 5.4.4.1.",
        "Mail to someone@mail.kestrel.example or https://cloudnest.example/x and http://localhost:8000.",
        "The addresses 198.51.100.7, 203.0.113.9, 127.0.0.1 and 2001:db8::7 are for documentation; 14:05:30 is a time.",
        "The version is 10.0.19045.1 and the time 2026-03-03T14:05:00+05:00.",
    ],
)
def test_fiction_and_file_names_are_not_taken_for_the_real_world(text: str) -> None:
    assert list(lint_text(Path("x.md"), text)) == []


@pytest.mark.parametrize(
    "text",
    ["see kestrel.com", "https://sub.norvia.kz/page", "a.b@mail.ru", "10.1.2.3", "8.8.8.8", "2a00:1450:4001::200e"],
)
def test_addresses_of_the_real_world_are_found(text: str) -> None:
    assert len(list(lint_text(Path("x.md"), text))) == 1


def test_the_page_of_rules_is_the_registry() -> None:
    page = Path(__file__).resolve().parents[3] / "docs" / "author" / "lint-codes.md"

    assert page.read_text("utf-8") == rules_page(), "write it anew from labkit.content.codes.rules_page()"


def test_a_code_outside_of_the_registry_is_a_fault_of_ours() -> None:
    with pytest.raises(ValueError, match="LK999 is not in the registry"):
        Problem(Path("x"), "", "LK999", "")


def test_the_truth_of_the_small_case_is_known() -> None:
    assert set(kite().public_variables) < set(kite().truth.variables)
