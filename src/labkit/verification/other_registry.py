"""The SYSTEM hive as python-registry reads it, which shares nothing with libregf; asked where it is installed.

Sources: libyal, "Windows Registry Knowledge Base", "Time zones" (ActiveTimeBias) and "USB storage" (USBSTOR);
Microsoft, DEVPKEY_Device_FirstInstallDate (0065), _LastArrivalDate (0066) and _LastRemovalDate (0067).
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from labkit.evidence.artifacts.moments import from_filetime
from labkit.model.truth import Trace
from labkit.verification.confirmation import Testimony, Unreadable
from labkit.verification.windows_view import WindowsView

READER = "python-registry"
_SYSTEM = "/Windows/System32/config/SYSTEM"
_DATES = "{83da6326-97a6-4088-9453-a1923f573b29}"
_FIRST, _ARRIVAL, _REMOVAL = "0065", "0066", "0067"
_SIGN_BIT, _NUMBERS = 1 << 31, 1 << 32


def stick_by_python_registry(trace: Trace, windows: WindowsView, *, taken_out: bool) -> Iterator[Testimony]:
    """Yield what the hive says of a drive: its name, when it came first, and when it came last or went.

    The last of it only where the trace is about that moment, which is the last one of the story.
    """
    timed = "record" not in trace.facts
    told = ("device_serial", "name", "first_device_utc", *(("at_device_utc",) if timed else ()))
    with _control_set(windows) as current:
        if current is None:
            yield Testimony(READER, None, told)
            return
        serial = str(trace.facts["device_serial"])
        drives = [
            one for kind in current.find_key("Enum\\USBSTOR").subkeys() for one in kind.subkeys()
            if one.name().partition("&")[0] == serial
        ]  # fmt: skip
        if not drives:
            yield Testimony(READER, {"device_serial": Unreadable("no such drive")})
            return
        dates = {one.name(): one for one in drives[0].find_key(f"Properties\\{_DATES}").subkeys()}
        facts: dict[str, Any] = {
            "device_serial": serial,
            "name": drives[0].value("FriendlyName").value(),
            "first_device_utc": _date(dates[_FIRST]),
        }
        if timed:
            facts["at_device_utc"] = _date(dates[_REMOVAL if taken_out else _ARRIVAL])
        yield Testimony(READER, facts)


def bias_minutes(windows: WindowsView) -> int | None:
    """Return by how many minutes UTC was ahead of local time at last; None where python-registry is not installed."""
    with _control_set(windows) as current:
        if current is None:
            return None
        stored = int(current.find_key("Control\\TimeZoneInformation").value("ActiveTimeBias").value())
        return stored - _NUMBERS if stored & _SIGN_BIT else stored


@contextmanager
def _control_set(windows: WindowsView) -> Iterator[Any]:
    """Yield the control set that was in use.

    Raises:
        ValueError: The hive or a key of it can not be read.
    """
    try:
        registry, parse = import_module("Registry.Registry"), import_module("Registry.RegistryParse")
    except ImportError:
        yield None
        return
    try:
        hive = registry.Registry(io.BytesIO(windows.content(_SYSTEM)))
        yield hive.open(f"ControlSet{hive.open('Select').value('Current').value():03d}")
    except parse.RegistryException as error:
        raise ValueError(f"python-registry can not read it: {type(error).__name__}") from error


def _date(key: Any) -> object:
    data = key.values()[0].raw_data()
    return from_filetime(int.from_bytes(data[-8:], "little"))
