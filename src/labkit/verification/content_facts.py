"""The facts about where the content of a file lies, and about the bytes of it."""

from typing import Any

from labkit.hashing import digest_blocks
from labkit.verification.fat_view import FatView
from labkit.verification.ntfs_view import NtfsView


def places(view: FatView | NtfsView, cluster_offsets: list[int]) -> dict[str, Any]:
    """Return the facts about places, from where each cluster of a file begins on the medium."""
    clusters = tuple(view.geometry.cluster_at(offset) for offset in cluster_offsets)
    return {
        "clusters": clusters,
        "first_cluster": clusters[0] if clusters else 0,
        "last_cluster": clusters[-1] if clusters else 0,
        "offset_bytes": cluster_offsets[0] if cluster_offsets else None,
    }


def digests(content: bytes, slack: bytes) -> dict[str, Any]:
    """Return the facts about content, and about content with the slack behind it."""
    plain, with_slack = digest_blocks([content]), digest_blocks([content, slack])
    return {
        "size_bytes": plain.size_bytes,
        "md5": plain.md5,
        "sha1": plain.sha1,
        "sha256": plain.sha256,
        "sha256_with_slack": with_slack.sha256,
    }
