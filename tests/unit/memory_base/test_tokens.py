"""Placeholders and sample values: fixed widths, nothing that looks like another one."""

import re
from itertools import combinations

from memory_base.applying import sample_values
from memory_base.tokens import BASE_KEY, CONFIG_BYTES, TOKENS, encoded_config, filled

WITH_FORM = [token for token in TOKENS.values() if token.form]


def pieces(text, size=6):
    return {text[place : place + size] for place in range(max(1, len(text) - size + 1))}


def test_every_placeholder_has_its_width():
    assert [token.name for token in TOKENS.values() if len(token.placeholder) != token.width] == []


def test_no_placeholder_shares_six_characters_with_another_one():
    texts = [token.placeholder for token in TOKENS.values() if not token.template]

    assert [pair for pair in combinations(texts, 2) if pieces(pair[0]) & pieces(pair[1])] == []


def test_short_placeholders_hold_what_ordinary_words_do_not():
    short = [token.placeholder for token in TOKENS.values() if token.width < 6]

    assert all(set(text) & set("%@=") for text in short)


def test_sample_values_have_width_and_form():
    values = {name: value.decode("latin-1") for name, value in sample_values("one").items()}

    assert [token.name for token in WITH_FORM if len(values[token.name]) != token.width] == []
    assert [token.name for token in WITH_FORM if not re.fullmatch(token.form, values[token.name])] == []


def test_the_sample_follows_from_its_seed():
    assert sample_values("one") == sample_values("one") != sample_values("two")


def test_the_encoded_configuration_shows_its_key_where_zero_bytes_and_spaces_stand():
    blob = encoded_config()

    assert len(blob) == CONFIG_BYTES
    assert blob.count(BASE_KEY) > 20
    assert blob.count(BASE_KEY ^ 0x20) > 30
    assert filled("node-{spare_name}.example:{spare_port}").encode() in bytes(byte ^ BASE_KEY for byte in blob)


def test_the_encoded_configuration_of_a_sample_is_decoded_by_its_own_key():
    values = sample_values("one")
    key = int(values["encoded_key"], 16)
    plain = bytes(byte ^ key for byte in values["encoded_config"])

    assert b"node-" + values["spare_name"] + b".example:" + values["spare_port"] in plain
