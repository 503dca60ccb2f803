"""A content root with one lab, one exercise and one course that break no rule."""

from datetime import UTC, datetime
from pathlib import Path

from labkit.content.codes import Problem
from labkit.content.lint import lint
from labkit.content.lint_links import KnownCase
from labkit.content.lint_texts import NOT_REVIEWED
from labkit.model.truth import CaseTruth, GroundTruth, Trace

EXERCISE = """
slug = "prints"
uuid = "5aee5dbb-903f-41f2-b410-f468434ee789"
status = "beta"
title = { en = "Prints", ru = "Отпечатки" }
case = "kite"
items = ["stick"]

[[tasks]]
id = "media"
points = 60
answer = { type = "HASH", algorithm = "sha256", truth = "stick:media.sha256" }
mistakes = [{ code = "H-CONT", truth = "stick:container.sha256" }]

[[tasks]]
id = "choice"
points = 40
mistakes = [{ code = "A-OVER", value = "red" }]
[tasks.answer]
type = "ENUM"
value = "blue-one"
options = [
    { id = "red", title = { en = "Red, by {officer}", ru = "Красный, {officer}" } },
    { id = "blue-one", title = { en = "Blue", ru = "Синий" } },
]
"""
LAB = """
slug = "00-prints"
uuid = "b6a759e8-8b9c-40ee-baff-f1b79d2dd8dc"
code = "L00"
status = "beta"
title = { en = "Prints", ru = "Отпечатки" }
role = "all"
minutes = 30
case = "kite"
items = ["stick"]
exercises = ["prints"]
teaches = ["hash"]
requires = []
"""
SECOND_LAB = (
    LAB.replace('"00-prints"', '"01-more"')
    .replace("b6a759e8", "c6a759e8")
    .replace("L00", "L01")
    .replace('teaches = ["hash"]', 'teaches = ["offset"]')
    .replace("requires = []", 'requires = ["hash"]')
)
COURSE = """
[courses.short]
title = { en = "Short", ru = "Краткий" }
labs = ["00-prints"]
"""
BRIEF = {
    "en": """# Prints

The officer is {officer}. Write to clerk@kestrel.example from 192.0.2.7.

## 1. The medium

Work out the digest.

```
# not a heading
## 9. nor this one
labkit answer prints/media {{officer}}
```

## 2. The choice

Red or blue? Answer `red` or `blue-one`.

---

""",
    "ru": """# Отпечатки

Сотрудник: {officer}.

## 1. Носитель

Вычислите хеш-сумму.

## 2. Выбор

Красный или синий?

---

""",
}
HINTS = {
    "en": """# Hints

## General

- Read the question.

## 1. The medium

- Box or content?
- Look at the size.

  More about it.

## 2. The choice

- Look again.
""",
    "ru": """# Подсказки

## 1. Носитель

- Коробка или содержимое?

## 2. Выбор

- Посмотрите ещё раз.
""",
}
GUIDE = {"en": "# Guide\n\nBegin here.\n\n", "ru": "# Руководство\n\nНачните здесь.\n\n"}
NOTES = {"en": "# Notes\n", "ru": "# Заметки\n"}
DESIGN = "# Design\n\n## Out of scope\n\nEverything else.\n"
DIGEST = "ab" * 32


def kite() -> KnownCase:
    """Return what lint knows of the case kite."""
    traces = {
        "media": Trace("media", "medium", None, {"sha256": DIGEST, "md5": "ab" * 16, "size_bytes": 512}),
        "container": Trace("container", "container", None, {"sha256": "cd" * 32, "stored_md5": "ef" * 16}),
        "sheet": Trace(
            "sheet",
            "file",
            None,
            {
                "path": "/Docs/sheet of kites.csv",
                "name": "sheet of kites.csv",
                "address": 40,
                "option": "blue-one",
                "born_utc": datetime(2026, 2, 3, tzinfo=UTC),
                "words": ("kite", "string"),
            },
        ),
    }
    truth = CaseTruth("kite", {"officer": "A. Person", "secret_word": "tree"}, {"stick": GroundTruth("stick", traces)})
    return KnownCase(truth, {"officer": "A. Person"})


class SmallLibrary:
    """The files under a folder, made to be broken in one place."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "evidence_images").mkdir(parents=True)
        self.write("labs/course.toml", COURSE)
        self.write("exercises/prints/exercise.toml", EXERCISE)
        self.write_lab("00-prints", LAB)
        for language in ("en", "ru"):
            self.write(f"exercises/prints/brief.{language}.md", BRIEF[language] + NOT_REVIEWED[language] + "\n")
            self.write(f"exercises/prints/hints.{language}.md", HINTS[language])
            self.write(f"exercises/prints/trainer/notes.{language}.md", NOTES[language])
        self.write("exercises/prints/trainer/exemplar/answers.toml", "")
        for name in ("one", "two", "three", "four"):
            self.write(f"exercises/prints/trainer/attempts/{name}/answers.toml", "")
            self.write(f"exercises/prints/trainer/attempts/{name}/expect.toml", "")

    def write(self, path: str, text: str) -> None:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8", newline="\n")

    def write_lab(self, folder: str, definition: str) -> None:
        self.write(f"labs/{folder}/lab.toml", definition)
        self.write(f"labs/{folder}/trainer/design.md", DESIGN)
        for language in ("en", "ru"):
            self.write(f"labs/{folder}/guide.{language}.md", GUIDE[language] + NOT_REVIEWED[language] + "\n")
            self.write(f"labs/{folder}/trainer/notes.{language}.md", NOTES[language])

    def change(self, path: str, old: str, new: str) -> None:
        """Replace a text that stands in a file."""
        text = (self.root / path).read_text("utf-8")
        assert old in text, f"{path} does not hold {old!r}"
        self.write(path, text.replace(old, new))

    def remove(self, path: str) -> None:
        (self.root / path).unlink()

    def lint(self) -> tuple[Problem, ...]:
        return lint(self.root, {"kite": kite()}, mistake_is_known=lambda code: code != "X-UNKNOWN")
