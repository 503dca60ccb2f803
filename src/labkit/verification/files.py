"""Files of a volume, live and deleted: who is asked about them depends on the file system."""

from collections.abc import Iterator

from labkit.model.truth import Trace
from labkit.verification.built import BuiltItem
from labkit.verification.confirmation import Confirmation
from labkit.verification.fat_files import confirm_deleted_fat_file, confirm_fat_file, confirm_overwritten_fat_file
from labkit.verification.ntfs_files import confirm_deleted_ntfs_file, confirm_ntfs_file
from labkit.verification.ntfs_view import NtfsView


def confirm_file(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:
    """Yield confirmations of a live file."""
    view = item.view(int(str(trace.facts["volume"])))
    if isinstance(view, NtfsView):
        yield from confirm_ntfs_file(trace, item, view)
    else:
        yield from confirm_fat_file(trace, item, view)


def confirm_deleted_file(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:
    """Yield confirmations of a deleted file whose content can be recovered whole."""
    view = item.view(int(str(trace.facts["volume"])))
    if isinstance(view, NtfsView):
        yield from confirm_deleted_ntfs_file(trace, item, view)
    else:
        yield from confirm_deleted_fat_file(trace, item, view)


def confirm_overwritten_file(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:
    """Yield confirmations of a deleted file of which another file has overwritten a part.

    Raises:
        LookupError: The file lay on a volume that is not FAT; no story leaves such a trace there.
    """
    view = item.view(int(str(trace.facts["volume"])))
    if isinstance(view, NtfsView):
        raise LookupError("an overwritten file is verified on FAT volumes only")  # noqa: TRY004 - the truth is wrong
    yield from confirm_overwritten_fat_file(trace, item, view)
