"""What was done in a browser: pages looked at and deleted from the history, files fetched."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from labkit.evidence.artifacts.moments import from_unix_microseconds, from_webkit
from labkit.model.truth import Trace
from labkit.verification.browser_history import FreedPage, History, open_history
from labkit.verification.built import BuiltItem
from labkit.verification.confirmation import Confirmation, Testimony, Unreadable, statement, weigh
from labkit.verification.hearing import Witness, heard
from labkit.verification.machine_clock import clock_of, worked_out_utc
from labkit.verification.ntfs_files import file_witnesses
from labkit.verification.windows_view import WindowsView, windows_of

_MARK = "Zone.Identifier"


def confirm_visit(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:
    """Yield confirmations of a page that was looked at, whether its row is still there or was deleted later."""
    windows = windows_of(trace, item)
    yield from weigh(trace, heard(trace, [partial(_visited, trace, item, windows)]))


def confirm_forgotten_visit(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:
    """Yield confirmations of a page that was deleted from the history."""
    windows = windows_of(trace, item)
    history = _history(trace, windows)
    rows = len(tuple(history.visits(str(trace.facts["url"]))))
    yield statement(trace.id, "(live rows)", "sqlite3", 0, rows)
    yield from weigh(trace, heard(trace, [partial(_forgotten, trace, item, windows, history)]))


def confirm_download(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:
    """Yield confirmations of a file that was fetched: of the file, its row in the history, its mark of the internet."""
    windows = windows_of(trace, item)
    witnesses: list[Witness] = [
        *file_witnesses(trace, item, windows.view),
        partial(_downloaded, trace, item, windows),
        partial(_marked, trace, windows),
    ]
    yield from weigh(trace, heard(trace, witnesses))


def _of_history(trace: Trace, history: History, windows: WindowsView) -> dict[str, Any]:
    return {"browser": history.browser, "history_path": windows.file(str(trace.facts["history_path"])).path}


def _history(trace: Trace, windows: WindowsView) -> History:
    return open_history(windows.content(str(trace.facts["history_path"])))


def _visited(trace: Trace, item: BuiltItem, windows: WindowsView) -> Iterator[Testimony]:
    history = _history(trace, windows)
    url = str(trace.facts["url"])
    facts = _of_history(trace, history, windows)
    visits = list(history.visits(url))
    at = None
    if visits:
        title, stored = min(visits, key=lambda one: abs(_time(history, one[1]) - trace.facts["at_device_utc"]))
        at = _time(history, stored)
        yield Testimony("sqlite3", {**facts, "url": url, "title": title, "at_device_utc": at})
    else:
        pages = list(history.freed(url))
        yield Testimony("sqlite3", facts)
        yield Testimony("freed row by hand", _freed_facts(history, url, pages))
        at = _time(history, pages[0].last_visit) if pages else None
        if pages:
            visit = at if history.freed_visit(pages[0].last_visit) else Unreadable("no visit of that time")
            yield Testimony("freed visit by hand", {"at_device_utc": visit})
    if at is not None:
        yield worked_out_utc({"at": at}, clock_of(trace, item.truth))


def _freed_facts(history: History, url: str, pages: list[FreedPage]) -> dict[str, Any]:
    if not pages:
        return {"url": Unreadable(f"no row of {url}, live or freed")}
    return {"url": pages[0].url, "title": pages[0].title, "at_device_utc": _time(history, pages[0].last_visit)}


def _forgotten(trace: Trace, item: BuiltItem, windows: WindowsView, history: History) -> Iterator[Testimony]:
    """The freed row; and the last change of the history: the deletion, unless something came into it later."""
    url = str(trace.facts["url"])
    pages = list(history.freed(url))
    facts = _of_history(trace, history, windows)
    facts["url"] = pages[0].url if pages else Unreadable("no freed row of it")
    yield Testimony("freed row by hand", facts)
    written = windows.file(str(trace.facts["history_path"])).times["modified"]
    latest = _time(history, history.last_use())
    expected = trace.facts["at_device_utc"]
    if written is None or (written != expected and latest is not None and latest > expected):
        return
    yield Testimony("libfsntfs, the history's last change", {"at_device_utc": written})
    yield worked_out_utc({"at": written}, clock_of(trace, item.truth))


def _downloaded(trace: Trace, item: BuiltItem, windows: WindowsView) -> Iterator[Testimony]:
    history = _history(trace, windows)
    target = "C:" + str(trace.facts["path"]).replace("/", "\\")
    facts = _of_history(trace, history, windows)
    row = history.download(target)
    if row is None:
        yield Testimony("sqlite3", {**facts, "url": Unreadable(f"the history has no download to {target}")})
        return
    at = _time(history, row.began)
    yield Testimony("sqlite3", {**facts, "url": row.url, "referrer": row.referrer, "at_device_utc": at})
    if at is not None:
        yield worked_out_utc({"at": at}, clock_of(trace, item.truth))


def _marked(trace: Trace, windows: WindowsView) -> Iterator[Testimony]:
    """The named stream in which Windows notes where a file came from, by two readers."""
    address = int(str(trace.facts["address"]))
    yield _mark("libfsntfs", [(one.name, one.content) for one in windows.view.by_libfsntfs(address).streams])
    streams = [(one.name, one.content) for one in windows.view.by_pytsk3(address).streams if one.name]
    yield _mark("pytsk3", [(str(name), content) for name, content in streams])


def _mark(reader: str, streams: list[tuple[str, bytes]]) -> Testimony:
    content = dict(streams).get(_MARK)
    if content is None:
        return Testimony(reader, {"stream": Unreadable(f"no mark, only {[name for name, _ in streams]}")})
    lines = dict(line.partition("=")[::2] for line in content.decode("utf-8", "replace").splitlines())
    return Testimony(reader, {"stream": _MARK, "url": lines.get("HostUrl"), "referrer": lines.get("ReferrerUrl", "")})


def _time(history: History, stored: int | None) -> Any:
    if stored is None:
        return None
    return from_webkit(stored) if history.browser == "edge" else from_unix_microseconds(stored)
