"""Headless Chromium, used as a reader of our pages: what is too wide, what is fetched, what it looks like."""

import html
import json
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)
# Chromium does not go below a window of 500 px; a frame of the wanted width gives a true narrow viewport.
_PROBE = """<!DOCTYPE html><title>probe</title><body style="margin:0">{frames}<script>
addEventListener('load', () => {{
  const found = [...document.querySelectorAll('iframe')].map(frame => {{
    const page = frame.contentDocument, width = Number(frame.dataset.width);
    const wide = [...page.querySelectorAll('body *')].filter(e => {{
      if (e.closest('.scroll, pre, .visually-hidden')) return false;
      const box = e.getBoundingClientRect();
      return box.width > 0 && (box.right > width + 1 || box.left < -1);
    }}).map(e => e.tagName + '.' + e.className);
    return {{name: frame.dataset.name, width: width, overflow: page.documentElement.scrollWidth - width,
             wide: wide.slice(0, 5), text: page.body.innerText.length}};
  }});
  document.body.innerHTML = '<p id="result"></p>';
  document.getElementById('result').textContent = JSON.stringify(found);
}});
</script>"""
_FRAME = (
    '<iframe src="{file}" data-name="{name}" data-width="{width}" '
    'style="border:0;width:{width}px;height:4000px"></iframe>'
)


def chromium() -> str:
    """Return the browser, or skip the test."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("no Chromium is installed (Debian: chromium)")
    return found


def laid_out(
    pages: Mapping[str, str], widths: Sequence[int], folder: Path, *, direction: str
) -> list[dict[str, object]]:
    """Lay every page out in viewports of ``widths`` pixels, in one browser, and return what sticks out of each."""
    frames = []
    for number, (name, page) in enumerate(pages.items()):
        # The page forbids scripts; the probe's copy must let the probe look inside.
        copy = re.sub(r"<meta http-equiv=\"Content-Security-Policy\"[^>]*>", "", page)
        copy = re.sub(r'dir="(ltr|rtl)">\n<head>', f'dir="{direction}">\n<head>', copy)
        (folder / f"page{number}.html").write_text(copy, encoding="utf-8")
        frames += [_FRAME.format(file=f"page{number}.html", name=name, width=width) for width in widths]
    (folder / "probe.html").write_text(_PROBE.format(frames="".join(frames)), encoding="utf-8")
    dom = _run(folder, "--allow-file-access-from-files", "--virtual-time-budget=20000", "--dump-dom", "probe.html")
    found = re.search(r'<p id="result">(.*?)</p>', dom)
    assert found, f"the probe did not run: {dom[:500]}"
    result = json.loads(html.unescape(found.group(1)))
    assert isinstance(result, list)
    return result


def screenshot(page: str, width: int, height: int, target: Path) -> None:
    """Take a picture of ``page``; for people who look."""
    (target.parent / "shot.html").write_text(page, encoding="utf-8")
    _run(target.parent, f"--window-size={width},{height}", f"--screenshot={target}", "shot.html")


def printed(page: str, target: Path) -> Path:
    """Print ``page`` into a PDF file and return it."""
    (target.parent / "print.html").write_text(page, encoding="utf-8")
    _run(target.parent, "--no-pdf-header-footer", f"--print-to-pdf={target}", "print.html")
    assert target.exists(), "nothing was printed"
    return target


def _run(folder: Path, *arguments: str) -> str:
    command = [chromium(), *_FLAGS, f"--user-data-dir={folder / 'profile'}", *arguments[:-1]]
    done = subprocess.run(
        [*command, (folder / arguments[-1]).as_uri()], capture_output=True, timeout=120, check=False, cwd=folder
    )
    return done.stdout.decode("utf-8", "replace")
