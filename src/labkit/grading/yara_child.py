"""A program of its own: compiles one YARA rule and tries it on samples. Run by ``yara_trial``, never imported by it.

Rules come from trainees, and the YARA library is written in C: a fault in it must not reach the process that holds keys
and results. One JSON object comes in on standard input, one goes out on standard output.
"""

import base64
import json
import sys
from typing import Any

MATCH_TIMEOUT_S = 10
_MESSAGE_CHARACTERS = 300
_MOST_STRINGS = 1000
_MOST_MATCH_BYTES = 256


def limit_memory(most_bytes: int) -> None:
    """Limit what this process can take; nothing where the system has no such limit (Windows)."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (most_bytes, most_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # it has nothing to write but its answer, through a pipe


def tried(order: dict[str, Any]) -> dict[str, Any]:
    """Return the rules with their meta keys and the names of the samples that were hit, or why there are none.

    Args:
        order: ``rule`` is the text; ``sets`` maps the name of a set to samples, name to base64.
    """
    import yara

    yara.set_config(max_strings_per_rule=_MOST_STRINGS, max_match_data=_MOST_MATCH_BYTES)
    try:
        rules = yara.compile(source=order["rule"], includes=False, error_on_warning=False)
    except (yara.Error, ValueError) as error:
        return {"refused": str(error)[:_MESSAGE_CHARACTERS]}
    hits: dict[str, list[str]] = {}
    for name, samples in order["sets"].items():
        hits[name] = []
        for sample, content in samples.items():
            data = base64.b64decode(content)
            try:
                found = rules.match(data=data, fast=True, timeout=MATCH_TIMEOUT_S, console_callback=_silent)
            except yara.Error as error:
                return {"stopped": str(error)[:_MESSAGE_CHARACTERS]}
            if found:
                hits[name].append(sample)
    return {"rules": [{"name": rule.identifier, "meta": sorted(rule.meta)} for rule in rules], "hits": hits}


def _silent(message: str) -> None:
    """Swallow what the module console would print between the lines of the answer."""


def main() -> None:
    """Read the order, obey it within the limits, write the answer."""
    order = json.loads(sys.stdin.buffer.read())
    limit_memory(int(order["memory_bytes"]))
    sys.stdout.write(json.dumps(tried(order)))


if __name__ == "__main__":
    main()
