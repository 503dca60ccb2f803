"""What a reader notices beside its result: that a partition table is damaged, that its backup was used.

Such a remark is true of the image whatever is asked of it, so it goes to whoever listens at that time, and to nobody
where nobody does.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

Listener = Callable[[str], None]
_MOST = 300

_listeners: list[Listener] = []


def remark(text: str) -> None:
    """Tell a line to all who listen."""
    for listener in _listeners:
        listener(text)


@contextmanager
def listening(tell: Listener) -> Iterator[None]:
    """Let ``tell`` hear what is remarked within the block, each line once, and at most a few hundred lines."""
    heard: set[str] = set()

    def once(text: str) -> None:
        if text not in heard and len(heard) <= _MOST:
            heard.add(text)
            tell(text if len(heard) <= _MOST else "there is more damage of this kind, which is not told line by line")

    _listeners.append(once)
    try:
        yield
    finally:
        _listeners.remove(once)
