"""Remarks: each once, and not without end."""

from labkit.evidence.remarks import listening, remark


def test_each_remark_is_told_once_to_those_who_listen():
    heard: list[str] = []
    remark("before")
    with listening(heard.append):
        for text in ("a", "b", "a"):
            remark(text)
    remark("after")
    assert heard == ["a", "b"]


def test_remarks_end_with_a_line_that_says_so():
    heard: list[str] = []
    with listening(heard.append):
        for number in range(1000):
            remark(f"damage {number}")
    assert heard[:2] == ["damage 0", "damage 1"]
    assert len(heard) == 301
    assert "more damage" in heard[-1]
