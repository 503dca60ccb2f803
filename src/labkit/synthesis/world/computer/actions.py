"""Every action of a computer and the handler that plays it."""

from collections.abc import Mapping

from labkit.synthesis.world.computer.browsing import BROWSING_ACTIONS
from labkit.synthesis.world.computer.devices import DEVICE_ACTIONS
from labkit.synthesis.world.computer.documents import DOCUMENT_ACTIONS
from labkit.synthesis.world.computer.mailing import MAIL_ACTIONS
from labkit.synthesis.world.computer.programs import PROGRAM_ACTIONS
from labkit.synthesis.world.computer.recycling import RECYCLE_ACTIONS
from labkit.synthesis.world.computer.sessions import SESSION_ACTIONS
from labkit.synthesis.world.world import Handler

COMPUTER_ACTIONS: Mapping[str, Handler] = {
    **SESSION_ACTIONS,
    **PROGRAM_ACTIONS,
    **DOCUMENT_ACTIONS,
    **BROWSING_ACTIONS,
    **MAIL_ACTIONS,
    **DEVICE_ACTIONS,
    **RECYCLE_ACTIONS,
}
