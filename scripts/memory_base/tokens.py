"""The personal values of a capture: what they are called, how long they are, and what stands for them in it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

_ORDINARY = "abcdefghijklmnopqrstuvwxyz0123456789"
_RARE = "%@="  # every second character of a short placeholder, so that nothing else looks like it
WAYBILLS = 240
CONFIG_BYTES = 512
SHORT = 6  # below this many characters a placeholder is looked for within its surroundings


@dataclass(frozen=True, slots=True)
class Token:
    """One personal value of fixed width.

    ``form`` is a regular expression for values. ``text`` says whether it stands anywhere as text; ``before`` is what
    then always stands before it. ``template`` and ``key`` make a derived token (``docs/developer/memory-base.md``).
    """

    name: str
    width: int
    form: str
    about: str
    text: bool = True
    before: str = ""
    template: str = ""
    key: str = ""

    @property
    def placeholder(self) -> str:
        """Return what stands for the value in a capture: the same for every capture, unlike any other."""
        digest = hashlib.shake_256(f"labkit memory base/{self.name}".encode()).digest(self.width)
        letters = (_RARE if self.width < SHORT and place % 2 else _ORDINARY for place in range(self.width))
        return "".join(choice[byte % len(choice)] for byte, choice in zip(digest, letters, strict=True))


_PORT = "[2-5][0-9]{4}"
_CONFIG = (
    "[sync]\0\0\0\0\0\0\0\0\0\0relay2 = node-{spare_name}.example:{spare_port}\0\0\0\0"
    "                retry  = 900\0\0\0\0\0\0                mode   = quiet          \0\0\0\0\0\0\0\0"
)


def _tokens() -> tuple[Token, ...]:
    named = (
        Token("relay_name", 10, "[0-9a-f]{10}", "name of the relay, relay-<...>.example"),
        Token("relay_octet", 3, "1[0-9]{2}|2[0-4][0-9]", "last part of 203.0.113.<...>", before="203.0.113."),
        Token("relay_port", 5, _PORT, "port of the relay", before=".example:"),
        Token("relay_local_port", 5, "[3-5][0-9]{4}", "local end of that connection, from 32768", text=False),
        Token(
            "provider_local_port", 5, "[3-5][0-9]{4}", "local end of the ordinary connection, from 32768", text=False
        ),
        Token("listen_port", 5, _PORT, "port on which kf_sync listens", before="--listen\0"),
        Token("spare_name", 10, "[0-9a-f]{10}", "name of the second relay, node-<...>.example", text=False),
        Token("spare_port", 5, _PORT, "port of the second relay", text=False),
        Token("agent_id", 8, "[0-9a-f]{8}", "an argument of kf_sync"),
        Token("sync_key", 24, "[A-Za-z0-9]{24}", "in the environment of kf_sync and in its configuration"),
        Token("session_id", 32, "[0-9a-f]{32}", "session in the request of kf_sync"),
        Token("build_id", 12, "[0-9a-f]{12}", "in the program file of kf_sync"),
        Token("shm_name", 8, "[a-z0-9]{8}", "folder of kf_sync, /dev/shm/.<...>"),
        Token("shell_password", 16, "[a-z0-9]{16}", "typed into the shell, and in a file"),
        Token("new_account", 24, "NV[0-9]{2} KFBK [0-9]{4} [0-9]{4} [0-9]{4}", "in the note and in the payments"),
        Token("phone", 17, r"\+999 [0-9]{2} [0-9]{3} [0-9]{2} [0-9]{2}", "in the note"),
        Token("share_token", 12, "[0-9A-F]{12}", "typed into the shell"),
        Token("order_number", 5, "[1-9][0-9]{4}", "in the note, in the payments, typed into the shell"),
        Token("encoded_key", 2, "[89A-E][0-9A-F]|F[0-9A-E]", "the byte of the encoding, hexadecimal", text=False),
        Token("encoded_config", CONFIG_BYTES, "", "the encoded configuration", template=_CONFIG, key="encoded_key"),
    )
    waybills = (Token(f"waybill_{number:03}", 10, "KF[0-9]{8}", "ordinary life") for number in range(1, WAYBILLS + 1))
    return (*named, *waybills)


TOKENS: Mapping[str, Token] = {token.name: token for token in _tokens()}
BASE_KEY = 0xA7  # with what the placeholder of encoded_config is encoded


def placeholder(name: str) -> str:
    """Return the placeholder of the token ``name``."""
    return TOKENS[name].placeholder


def filled(template: str) -> str:
    """Return ``template`` with the placeholder of each ``{token}``."""
    return template.format_map({name: token.placeholder for name, token in TOKENS.items()})


def encoded_config() -> bytes:
    """Return the placeholder of the encoded configuration: its template, filled, to full width, every byte XORed."""
    plain = filled(TOKENS["encoded_config"].template).encode("latin-1").ljust(CONFIG_BYTES, b" ")
    return bytes(byte ^ BASE_KEY for byte in plain)
