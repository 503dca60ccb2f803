"""Codes of grading turned into sentences of the reader's language."""

from labkit.custody import wording
from labkit.i18n import Translator
from labkit.model.grading import Detail, Flag, Outcome, TaskResult

MARKS = {
    Outcome.CORRECT: "✓",
    Outcome.PARTIAL: "◐",
    Outcome.WRONG: "✗",
    Outcome.MISSING: "–",
    Outcome.UNREADABLE: "?",
    Outcome.BLOCKED: "…",
    Outcome.BROKEN: "!",
}


def mistake_name(t: Translator, code: str) -> str:
    """Return the name of a mistake in a few words; the code itself where no catalogue knows it."""
    key = f"mistake.{code}.name"
    return t(key) if t.has(key) else code


def feedback(t: Translator, result: TaskResult) -> list[str]:
    """Return what to say about one result: the mistake first, then remarks that cost nothing."""
    sentences = []
    if result.mistake and t.has(f"mistake.{result.mistake}"):
        sentences.append(t(f"mistake.{result.mistake}"))
    elif result.outcome in (Outcome.WRONG, Outcome.MISSING, Outcome.UNREADABLE, Outcome.BROKEN, Outcome.BLOCKED):
        sentences.append(t(f"feedback.{result.outcome}"))
    sentences.extend(t(f"notice.{code}") for code in result.notices if t.has(f"notice.{code}"))
    return sentences


def detail(t: Translator, item: Detail) -> str:
    """Return the sentence of one finding inside a task; for a custody rule, also what to do about it."""
    if t.has(f"custody.rule.{item.code}"):
        return f"{wording.sentence(t, item.code, item.values)} {wording.cure(t, item.code)}"
    if not t.has(f"detail.{item.code}"):
        return item.code
    named = {"mistake": mistake_name(t, str(item.values["mistake"]))} if "mistake" in item.values else {}
    return t(f"detail.{item.code}", **{**item.values, **named})


def flag(t: Translator, item: Flag) -> str:
    """Return the sentence of something that a person should look at."""
    key = f"flag.{item.kind}"
    if t.has(key):
        return t(key, trainee=item.trainee_id, **item.values)
    return f"{item.trainee_id}: {item.kind}"
