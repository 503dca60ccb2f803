"""Sentences for findings, in the reader's language."""

from collections.abc import Mapping

from labkit.custody.rules.reading import RuleFinding
from labkit.i18n import Translator


def sentence(t: Translator, finding: RuleFinding) -> str:
    """Return what is wrong, and in which way."""
    values = _spoken(t, finding.values)
    said = t(f"custody.rule.{finding.rule}", **values)
    detail = f"custody.reason.{finding.rule}.{finding.values.get('reason', '')}"
    return f"{said} {t(detail, **values)}" if t.has(detail) else said


def cure(t: Translator, finding: RuleFinding) -> str:
    """Return what to do about it."""
    return t(f"custody.cure.{finding.rule}")


def _spoken(t: Translator, values: Mapping[str, str | int]) -> dict[str, str | int]:
    spoken = dict(values)
    if "kind" in spoken:
        spoken["kind"] = t(f"custody.kind.{spoken['kind']}")
    return spoken
