"""The Debian kernel of the captures, pinned by version and digest."""

import hashlib
import subprocess
from dataclasses import dataclass
from pathlib import Path

PACKAGE = "linux-image-6.1.0-56-cloud-amd64"
VERSION = "6.1.192-2"
SHA256 = "e7d02b943971edcb8790e256c02cfab3bca6c3d37c1bf25392a57c71300615ee"
RELEASE = "6.1.0-56-cloud-amd64"
MODULES = (  # in the order in which they are loaded
    "drivers/virtio/virtio_ring.ko",
    "drivers/virtio/virtio.ko",
    "drivers/virtio/virtio_pci_legacy_dev.ko",
    "drivers/virtio/virtio_pci_modern_dev.ko",
    "drivers/virtio/virtio_pci.ko",
    "net/core/failover.ko",
    "drivers/net/net_failover.ko",
    "drivers/net/virtio_net.ko",
)


class PackageError(RuntimeError):
    """The package can not be had, or is another one."""


@dataclass(frozen=True, slots=True)
class Kernel:
    """An unpacked kernel package."""

    root: Path

    @property
    def image(self) -> Path:
        """Return the kernel that a machine is started with."""
        return self.root / "boot" / f"vmlinuz-{RELEASE}"

    def module(self, name: str) -> bytes:
        """Return one of ``MODULES``."""
        return (self.root / "lib/modules" / RELEASE / "kernel" / name).read_bytes()


def unpacked_kernel(folder: Path, package: Path | None) -> Kernel:
    """Check the package (taken from the archive if it is not given) and unpack it into ``folder``.

    Security archives drop old versions; ``snapshot.debian.org`` keeps them.

    Raises:
        PackageError: It can not be downloaded, or its digest is not the pinned one.
    """
    package = package or _downloaded(folder)
    found = hashlib.sha256(package.read_bytes()).hexdigest()
    if found != SHA256:
        raise PackageError(f"{package} has the SHA-256 {found}, not {SHA256}; take version {VERSION} of {PACKAGE}")
    root = folder / "kernel"
    subprocess.run(["dpkg-deb", "-x", str(package), str(root)], check=True)
    return Kernel(root)


def _downloaded(folder: Path) -> Path:
    done = subprocess.run(["apt-get", "download", f"{PACKAGE}={VERSION}"], cwd=folder, check=False)
    packages = sorted(folder.glob(f"{PACKAGE}_*.deb"))
    if done.returncode or not packages:
        raise PackageError(f"{PACKAGE} {VERSION} is not in the archive any more; give it as a file (--package)")
    return packages[0]
