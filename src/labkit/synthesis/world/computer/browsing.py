"""Browsing: pages visited and forgotten, files fetched, with the mark that Windows puts on what comes from outside."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Protocol

from labkit.errors import SynthesisError
from labkit.model.scenario import Action
from labkit.synthesis.artifacts.chromium import ChromiumHistory, Transition
from labkit.synthesis.artifacts.firefox import FirefoxPlaces, VisitType
from labkit.synthesis.world.computer.at_work import computer_of, device_time
from labkit.synthesis.world.computer.computer import windows_path
from labkit.synthesis.world.computer.programs import run
from labkit.synthesis.world.file_actions import ntfs
from labkit.synthesis.world.world import Handler, Left, World

ZONE_IDENTIFIER = "Zone.Identifier"
_FIREFOX_PROFILE = "k3v8rq1t.default-release"
_SPEED_BYTES_PER_S = 400_000


class _Browser(Protocol):
    def render(self) -> bytes: ...


def open_browsers(world: World, at: datetime) -> None:
    """Make the profiles of both browsers."""
    computer = computer_of(world)
    profiles = {
        "edge": f"{computer.home}/AppData/Local/Microsoft/Edge/User Data/Default/History",
        "firefox": f"{computer.home}/AppData/Roaming/Mozilla/Firefox/Profiles/{_FIREFOX_PROFILE}/places.sqlite",
    }
    for path in profiles.values():
        world.make_folders(path.rpartition("/")[0], world.clock.true_from_device(at))
    seed = computer.spec.name.encode()
    computer.keep("edge", profiles["edge"], ChromiumHistory(seed, at), _rendered, at)
    computer.keep("firefox", profiles["firefox"], FirefoxPlaces(seed, at), _rendered, at)


def visit(world: World, action: Action) -> Left:
    """Look at a page."""
    at, url, title = device_time(world, action), str(action.details["url"]), str(action.details["title"])
    history = _history(world, action, at)
    typed = bool(action.details.get("typed"))
    if isinstance(history, ChromiumHistory):
        history.visit(url, title, at, how=Transition.TYPED if typed else Transition.LINK)
    else:
        history.visit(url, title, at, how=VisitType.TYPED if typed else VisitType.LINK)
    run(world, _name(action), at)
    return Left(facts={"url": url, "title": title, "browser": _name(action), "history_path": _path(world, action)})


def forget(world: World, action: Action) -> Left:
    """Delete a page from a browser's history; its row stays in a free block of the database."""
    url = str(action.details["url"])
    _history(world, action, device_time(world, action)).forget(url)
    return Left(facts={"url": url, "browser": _name(action), "history_path": _path(world, action)})


def download(world: World, action: Action) -> Left:
    """Fetch a file with a browser."""
    at, url = device_time(world, action), str(action.details["url"])
    volume = ntfs(world, action)
    data = world.content(action)
    ended = at + timedelta(seconds=1 + len(data) // _SPEED_BYTES_PER_S)
    world.make_folders(action.path.rpartition("/")[0], action.at)
    left = world.made(action, action.path, volume.create(action.path, data, ended))
    referrer = str(action.details.get("referrer", ""))
    volume.write_stream(action.path, ZONE_IDENTIFIER, _mark(url, referrer), ended)
    history, target = _history(world, action, ended), windows_path(action.path)
    if isinstance(history, ChromiumHistory):
        history.download(url, target, size_bytes=len(data), began=at, ended=ended, referrer=referrer)
    else:
        history.download(url, target, size_bytes=len(data), began=at, ended=ended)
    return Left(
        left.node_id,
        facts={
            "url": url,
            "referrer": referrer,
            "browser": _name(action),
            "stream": ZONE_IDENTIFIER,
            "history_path": _path(world, action),
        },
    )


def _mark(url: str, referrer: str) -> bytes:
    """Return what Windows notes of a file from outside: zone 3 is the internet."""
    lines = ["[ZoneTransfer]", "ZoneId=3", *([f"ReferrerUrl={referrer}"] if referrer else []), f"HostUrl={url}", ""]
    return "\r\n".join(lines).encode()


def _history(world: World, action: Action, at: datetime) -> ChromiumHistory | FirefoxPlaces:
    name = _name(action)
    if name not in {"edge", "firefox"}:
        raise SynthesisError(f"there is no browser {name!r}", remedy="Take edge or firefox.")
    store = computer_of(world).change(name, at)
    assert isinstance(store, ChromiumHistory | FirefoxPlaces)  # noqa: S101 - both were kept under these names
    return store


def _name(action: Action) -> str:
    return str(action.details.get("browser", "edge"))


def _path(world: World, action: Action) -> str:
    return computer_of(world).kept[_name(action)].path


def _rendered(history: _Browser, _saved: datetime) -> bytes:
    return history.render()


BROWSING_ACTIONS: Mapping[str, Handler] = {"visit": visit, "forget": forget, "download": download}
