"""What browsers of all families have in common."""

import re
from typing import Any

VISIT, DOWNLOAD = "web_visit", "web_download"
KINDS = {
    VISIT: "Browsers: pages that were looked at, also deleted ones",
    DOWNLOAD: "Browsers: files that were fetched",
}
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*:\S+", re.IGNORECASE)


def looks_like_address(text: Any) -> bool:
    """Return whether a value may be the address of a page: a scheme, a colon, and no space behind it."""
    return isinstance(text, str) and _ADDRESS.fullmatch(text) is not None
