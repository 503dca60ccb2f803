"""Digest algorithms as a ledger names them."""

import hashlib
from collections.abc import Mapping

# Hexadecimal digits of each algorithm (FIPS 180-4, FIPS 202, RFC 1321).
HEX_DIGITS: Mapping[str, int] = {
    "MD5": 32,
    "SHA1": 40,
    "SHA224": 56,
    "SHA256": 64,
    "SHA384": 96,
    "SHA512": 128,
    "SHA3256": 64,
    "SHA3384": 96,
    "SHA3512": 128,
}
# Both were broken by chosen-prefix collisions; NIST wants SHA-1 out of use by the end of 2030.
BROKEN = frozenset({"MD5", "SHA1"})
# What each algorithm gives for no bytes at all: such a value is of nothing, whatever the line says.
OF_NOTHING = frozenset(
    hashlib.new(name, usedforsecurity=False).hexdigest()
    for name in ("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha3_256", "sha3_384", "sha3_512")
)


def plain_algorithm(name: str) -> str:
    """Return an algorithm's name without the ways of writing it: ``sha-256`` and ``SHA256`` are the same."""
    return "".join(letter for letter in name.upper() if letter.isalnum())
