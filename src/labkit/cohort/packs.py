"""Writing one pack: an allow-list of files, a manifest, a signature; the same bytes every time.

Nothing goes into a pack that is not named here: evidence, pages, the public part of the tasks, hints, guides.
"""

import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from labkit.cohort.keys import ClassKeys
from labkit.errors import ContentError, PackError
from labkit.hashing import file_blocks
from labkit.workspace.manifest import SIGNATURE, Manifest, file_hash, is_safe_name
from labkit.workspace.pack import Pack
from labkit.workspace.root import MANIFEST

KIT_MIN_VERSION = "0.1.0"
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)  # a zip has to say something; the same for everybody
_UNIX = 3
_MODE = 0o100644
_LEVEL = 1  # evidence is mostly zeros; higher levels cost minutes and save little
_BLOCK_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class PackContent:
    """What goes into a pack: files on disk and texts in memory, each by its name in the pack."""

    files: Mapping[str, Path]
    texts: Mapping[str, bytes]

    def __post_init__(self) -> None:
        names = [*self.files, *self.texts]
        twice = sorted({name for name in names if names.count(name) > 1})
        unsafe = sorted(name for name in names if not is_safe_name(name))
        if twice or unsafe:
            raise ContentError(
                f"a pack can not hold {', '.join((*twice, *unsafe))}",
                remedy="Give evidence files plain names of ASCII letters, digits, dots and hyphens, each once.",
            )


def write_pack(path: Path, content: PackContent, manifest: Manifest, keys: ClassKeys) -> bytes:
    """Write a pack to ``path`` and return its signature. ``manifest.files`` is filled in here.

    The compressed bytes depend on the zlib in use; what is signed does not.

    Raises:
        OSError: The file can not be written; a part of it may stand there.
    """
    digests = {}
    for name in sorted([*content.files, *content.texts]):
        digest = file_hash()
        for block in _blocks(content, name):
            digest.update(block)
        digests[name] = digest.hexdigest()
    data = _with_files(manifest, digests).to_bytes()
    signature = keys.sign(data)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as archive:
        _add(archive, MANIFEST, iter((data,)))
        _add(archive, SIGNATURE, iter((signature,)))
        for name in digests:
            _add(archive, name, _blocks(content, name))
    return signature


def valid_pack(path: Path, expected: Manifest) -> bytes | None:
    """Return the signature of a pack that is already there and whole, and was made for ``expected``; else None.

    ``expected.files`` is not looked at: that the evidence is right follows from the signature.
    """
    if not path.is_file():
        return None
    try:
        with Pack(path) as pack:
            if _with_files(pack.manifest, {}) != _with_files(expected, {}):
                return None
            pack.verify()
            return pack.signature
    except PackError:
        return None


def _with_files(manifest: Manifest, files: Mapping[str, str]) -> Manifest:
    return replace(manifest, files=files)


def _blocks(content: PackContent, name: str) -> Iterator[bytes]:
    if name in content.texts:
        yield content.texts[name]
    else:
        yield from file_blocks(content.files[name], _BLOCK_BYTES)


def _add(archive: zipfile.ZipFile, name: str, blocks: Iterator[bytes]) -> None:
    info = zipfile.ZipInfo(name, _ZIP_TIME)
    info.create_system = _UNIX
    info.external_attr = _MODE << 16
    info.compress_type = zipfile.ZIP_DEFLATED
    info._compresslevel = _LEVEL  # type: ignore[attr-defined]  # noqa: SLF001 - open() takes no level of its own
    with archive.open(info, "w", force_zip64=True) as target:
        for block in blocks:
            target.write(block)
