"""Templates and Markdown made into self-contained HTML: one file, no script, nothing fetched."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markdown_it import MarkdownIt
from markupsafe import Markup

from labkit.i18n import Translator

_COMMANDS = re.compile(r"<pre><code>((?:labkit [^\n<]*\n)+)</code></pre>")
_HYPHENATED = re.compile(r"[^ \n]*-[^ \n]*")


def render(template: str, t: Translator, **values: Any) -> str:
    """Return the page of ``template`` with ``values``; every value is escaped unless it is :class:`Markup`."""
    return _environment().get_template(template).render(t=t, **values)


def markdown(text: str) -> Markup:
    """Return our own Markdown as HTML. Raw HTML in it is shown as text, never passed on."""
    html = _markdown().render(text)
    html = _COMMANDS.sub(lambda match: f"<pre><code>{_command_lines(match[1])}</code></pre>", html)
    html = html.replace("<li>[ ] ", "<li>\N{BALLOT BOX} ")
    # Commands, hashes and paths read left to right in every language.
    return Markup(html.replace("<code>", '<code dir="ltr">'))  # noqa: S704 - rendered with html=False


def _command_lines(text: str) -> str:
    # A long command is folded with its further lines indented, so that all of it is seen, and printed; never at a
    # hyphen, because "--" at the end of a line is typed as a word of its own. The line feeds stay out: each line is a
    # block, and what is copied gets one line feed after each.
    folded = _HYPHENATED.sub(lambda match: f'<span class="word">{match[0]}</span>', text)
    return "".join(f'<span class="command">{line}</span>' for line in folded.splitlines())


def translated(texts: Mapping[str, str], language: str) -> str:
    """Return the text of ``language``, else the English one, else any."""
    return texts.get(language) or texts.get("en") or next(iter(texts.values()))


def number(value: float) -> str:
    """Return points without a trailing ``.0``."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("labkit.reports"),
        autoescape=select_autoescape(["html.j2"], default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable("table")
