"""Five rules that somebody wrote in a hurry: handed out to be tested, with what each of them finds in the folder.

None of them holds the mark of the configuration or an address: those are for the trainee to find.
"""

from dataclasses import dataclass

from labkit.synthesis.samples import clean_files, decoys
from labkit.synthesis.samples.folder import SampleFolder
from labkit.synthesis.samples.kf_sync import ALIVE, LARGEST_BYTES

_COPIED_BYTES = 48  # of one copy's hidden text: host and port of that copy
_KIB = 1024


@dataclass(frozen=True, slots=True)
class DraftRule:
    """One rule: its source, and the names of the copies and of the clean files that it hits."""

    name: str
    source: str
    found: tuple[str, ...]
    clean: tuple[str, ...]


def draft_rules(folder: SampleFolder) -> tuple[DraftRule, ...]:
    """Return the rules in their order in the file."""
    everyone = folder.variants
    copied = folder.variant(0)
    start = copied.config_offset_bytes
    hidden = copied.content[start : start + _COPIED_BYTES].hex(" ").upper()
    named, short = decoys.HAS_NAME, f"filesize < {LARGEST_BYTES // _KIB + 1}KB"
    addressed = [name for name, kind in folder.ordinary.items() if kind in clean_files.HAS_ADDRESS]
    return (
        _rule("draft_name", '"kf_sync"', "$a", everyone, folder.named(named)),
        _rule("draft_message", f'"{ALIVE.decode()}"', "$a", everyone, folder.named(decoys.HAS_MESSAGES)),
        _rule("draft_short", '"kf_sync"', f"$a and {short}", everyone, folder.named(named - decoys.IS_LONG)),
        _rule(
            "draft_address", '".example" xor', "$a", everyone, (*folder.named(decoys.HAS_ADDRESS), *addressed)
        ),
        _rule("draft_copied_bytes", f"{{ {hidden} }}", "$a", everyone[:1], ()),
    )  # fmt: skip


def draft_file(rules: tuple[DraftRule, ...]) -> bytes:
    """Return the file of rules as it is handed out."""
    head = "// Drafts, not tested. Do not rely on any of them before you have.\n\n"
    return (head + "\n".join(rule.source for rule in rules)).encode()


def _rule(name: str, string: str, condition: str, found: tuple[str, ...], clean: tuple[str, ...]) -> DraftRule:
    source = f'rule {name}\n{{\n    meta:\n        author = "draft"\n    strings:\n        $a = {string}\n'
    return DraftRule(
        name, f"{source}    condition:\n        {condition}\n}}\n", tuple(sorted(found)), tuple(sorted(clean))
    )
