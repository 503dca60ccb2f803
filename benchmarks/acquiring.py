"""``python -m benchmarks.acquiring ours|peer SOURCE OUT``: acquire, hash and verify, in a process of its own.

Each begins by removing what its last run left, because neither tool overwrites an image.
"""

import subprocess
import sys
from pathlib import Path

from benchmarks.measure import labkit, program

_DIGESTS = ("-d", "sha1,sha256")


def ours(device: Path, out: Path) -> None:
    """Acquire with labkit, which verifies by itself."""
    command = [
        *labkit(),
        "acquire",
        "--plain",
        device,
        f"{out}.E01",
        "--blocker",
        "none",
        "--justification",
        "benchmark",
    ]
    subprocess.run(command, check=True, capture_output=True)


def peer(media: Path, out: Path) -> None:
    """Acquire with ewfacquire and verify with ewfverify; each side verifies by one digest."""
    acquirer, verifier = program("ewfacquire", "ewf-tools"), program("ewfverify", "ewf-tools")
    subprocess.run([acquirer, "-u", "-q", "-c", "fast", *_DIGESTS, "-t", out, media], check=True, capture_output=True)
    subprocess.run([verifier, "-q", f"{out}.E01"], check=True, capture_output=True)


def main() -> None:
    """Run the part that the first argument names."""
    part = {"ours": ours, "peer": peer}[sys.argv[1]]
    source, out = Path(sys.argv[2]), Path(sys.argv[3])
    for left in out.parent.glob(f"{out.name}.*"):
        if left.suffix != ".out":
            left.unlink()
    part(source, out)


if __name__ == "__main__":
    main()
