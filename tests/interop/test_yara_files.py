"""Rules over whole files inside an image, against files that the Sleuth Kit recovers and the program ``yara`` scans."""

from pathlib import Path

import pytest

from labkit.content.scenario import load_case
from labkit.synthesis.build import build_case
from tests.oracles import oracle
from tests.unit.cli.image_runner import objects

RULES = r"""
rule archive { strings: $a = "PK\x03\x04" condition: $a at 0 }
rule photo { strings: $a = { FF D8 FF } $b = { FF D9 } condition: $a at 0 and $b at filesize - 2 }
rule document { strings: $a = "%PDF-" $b = "%%EOF" condition: $a at 0 and $b }
rule small { condition: filesize < 4KB }
rule name { strings: $a = "kestrel" nocase wide ascii condition: #a > 1 }
"""
START_SECTOR = 2048


@pytest.mark.oracle
@pytest.mark.parametrize("seed", [b"whole files", b"other files"])
def test_whole_files_are_those_that_are_recovered(seed: bytes, tmp_path: Path) -> None:
    built = build_case(load_case("kestrel"), seed, tmp_path / "case", items=["usb"])
    image = built.files["usb/KF-06.raw"]
    rules, recovered = tmp_path / "rules.yar", tmp_path / "recovered"
    rules.write_text(RULES, encoding="utf-8")
    recovered.mkdir()
    oracle(["tsk_recover", "-a", "-o", str(START_SECTOR), image, recovered])
    theirs = set()
    for line in oracle(["yara", "-r", rules, recovered]).splitlines():
        rule, _, path = line.partition(" ")
        if Path(path).stat().st_size:  # what has no content is no content to scan
            theirs.add((rule, "/" + Path(path).relative_to(recovered).as_posix()))

    ours = {(hit["rule"], hit["path"]) for hit in objects("yara", rules, image, "--files")}

    assert ours == theirs
    assert {rule for rule, _ in ours} == {"archive", "photo", "document", "small", "name"}
