"""The kinds of traces that are about a Windows computer, and who confirms each."""

from collections.abc import Callable, Iterator, Mapping

from labkit.model.truth import Trace
from labkit.verification.browsing import confirm_download, confirm_forgotten_visit, confirm_visit
from labkit.verification.built import BuiltItem
from labkit.verification.clocks import confirm_clock, confirm_clock_change
from labkit.verification.confirmation import Confirmation
from labkit.verification.devices import confirm_usb_device
from labkit.verification.found_content import confirm_carved, confirm_split_hit
from labkit.verification.mailing import confirm_mail
from labkit.verification.names import confirm_names
from labkit.verification.opened import confirm_opened_document, confirm_opened_on_device
from labkit.verification.sessions import confirm_log_off, confirm_log_on, confirm_program_run
from labkit.verification.streams import confirm_recycled, confirm_stream

WINDOWS_KINDS: Mapping[str, Callable[[Trace, BuiltItem], Iterator[Confirmation]]] = {
    "clock": confirm_clock,
    "clock_change": confirm_clock_change,
    "carved": confirm_carved,
    "split_hit": confirm_split_hit,
    "names": confirm_names,
    "stream": confirm_stream,
    "recycled": confirm_recycled,
    "usb_device": confirm_usb_device,
    "opened_document": confirm_opened_document,
    "opened_on_device": confirm_opened_on_device,
    "visit": confirm_visit,
    "forgotten_visit": confirm_forgotten_visit,
    "download": confirm_download,
    "mail": confirm_mail,
    "log_on": confirm_log_on,
    "log_off": confirm_log_off,
    "program_run": confirm_program_run,
}
