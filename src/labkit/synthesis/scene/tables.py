"""The lists of a scene that depend on personal numbers: the legend of the room and the lines of the duty log."""

import html
from collections.abc import Mapping

from labkit.model.scene import SceneEvent
from labkit.synthesis.scene.told import ToldScene
from labkit.synthesis.variables import fill


def legend(told: ToldScene) -> str:
    """Return the legend as list items, by number."""
    objects = sorted(told.spec.objects, key=lambda each: told.numbers[each.id])
    return "\n".join(
        f'<li id="legend-{each.id}" value="{told.numbers[each.id]}">{_both(each.name)}</li>' for each in objects
    )


def log_rows(told: ToldScene, values: Mapping[str, str]) -> str:
    """Return the lines of the duty log as table rows; their times are texts to be drawn."""
    return "\n".join(_row(number, event, told, values) for number, event in enumerate(told.spec.events, start=1))


def _row(number: int, event: SceneEvent, told: ToldScene, values: Mapping[str, str]) -> str:
    text = {language: html.escape(fill(each, values)) for language, each in event.text.items()}
    day, _, clock = told.written(event).partition(" ")
    exhibits = " ".join(f"<span>{exhibit}</span>" for exhibit in event.exhibits)
    return (
        f'<tr id="line-{event.id}"><td class="no">{number}</td>'
        '<td class="time"><svg viewBox="0 0 158 54" role="img" aria-label="time / время">'
        f'<text id="day-{event.id}" class="hand" x="4" y="21" font-size="21" fill="#1d4f8c">{day}</text>'
        f'<text id="time-{event.id}" class="hand" x="4" y="47" font-size="21" fill="#1d4f8c">{clock}</text></svg></td>'
        f'<td><div class="duo">{_both(text)}</div></td>'
        f'<td id="exhibits-{event.id}" class="exhibits">{exhibits}</td>'
        f'<td class="by">{html.escape(fill(event.by, values))}</td></tr>'
    )


def _both(texts: Mapping[str, str]) -> str:
    return "".join(f'<span lang="{language}">{text}</span>' for language, text in texts.items())
