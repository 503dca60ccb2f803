import pytest

from labkit.strict_json import RefusedJsonError, read_object


@pytest.mark.parametrize("content", ['{"a":[1,{"b":"щ[["}]}', '{"a":[1,{"b":"щ[["}]}'.encode()])
def test_text_and_bytes_are_read_alike(content: str | bytes) -> None:
    assert read_object(content, max_bytes=30) == {"a": [1, {"b": "щ[["}]}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("{" + " " * 40 + "}", "too-long"),
        (b"{" + b" " * 40 + b"}", "too-long"),
        ('{"a":"' + "щ" * 12 + '"}', "too-long"),  # 20 characters, 32 bytes
        (b'{"a":"\xff"}', "not-text"),
        ('{"a":"\udcff"}', "not-text"),
        (r'{"a":"\ud800"}', "not-text"),
        (r'{"a":["\u0000"]}', "not-text"),
        (r'{"\udfff":1}', "not-text"),
        ('{"a":[[[1]]]}', "too-deep"),
        ('{"a":1,"a":2}', "duplicate-key"),
        ('{"a":1.5}', "not-a-whole-number"),
        ('{"a":NaN}', "not-a-whole-number"),
        ('{"a":1234567890123456789}', "not-a-whole-number"),
        ('{"a":', "not-json"),
        ("[1]", "not-an-object"),
    ],
)
def test_what_is_odd_is_refused_by_its_code(content: str | bytes, code: str) -> None:
    with pytest.raises(RefusedJsonError) as caught:
        read_object(content, max_bytes=30, max_depth=3)

    assert caught.value.code == code


def test_limits_are_those_that_the_caller_names() -> None:
    deep = '{"a":' + "[" * 19 + "]" * 19 + "}"

    assert read_object(deep, max_bytes=len(deep)).keys() == {"a"}
    with pytest.raises(RefusedJsonError, match="too-deep"):
        read_object('{"a":' + "[" * 20 + "]" * 20 + "}", max_bytes=100)
    with pytest.raises(RefusedJsonError, match="too-long"):
        read_object(deep, max_bytes=len(deep) - 1)
