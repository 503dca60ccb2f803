"""Sentences for findings, in the reader's language."""

from collections.abc import Mapping

from labkit.i18n import Translator


def sentence(t: Translator, rule: str, values: Mapping[str, str | int]) -> str:
    """Return what is wrong by ``rule``, and in which way; ``values`` are those of the finding."""
    spoken = _spoken(t, values)
    said = t(f"custody.rule.{rule}", **spoken)
    detail = f"custody.reason.{rule}.{values.get('reason', '')}"
    return f"{said} {t(detail, **spoken)}" if t.has(detail) else said


def cure(t: Translator, rule: str) -> str:
    """Return what to do about a finding of ``rule``."""
    return t(f"custody.cure.{rule}")


def _spoken(t: Translator, values: Mapping[str, str | int]) -> dict[str, str | int]:
    spoken = dict(values)
    if "kind" in spoken:
        spoken["kind"] = t(f"custody.kind.{spoken['kind']}")
    return spoken
