from labkit.reports.pages import markdown


def test_each_command_of_a_block_is_a_line_that_may_be_folded() -> None:
    html = markdown('```\nlabkit status\nlabkit answer a/b "x < y"\n```\n')

    assert html.count('<span class="command">') == 2
    assert '<span class="command">labkit status</span>' in html
    assert '<span class="command">labkit answer a/b &quot;x &lt; y&quot;</span>' in html


def test_a_word_with_a_hyphen_stays_whole() -> None:
    html = markdown("```\nlabkit custody add seized --exhibit KF-02\nlabkit custody show\n```\n")

    assert 'seized <span class="word">--exhibit</span> <span class="word">KF-02</span></span>' in html


def test_a_block_of_anything_else_keeps_its_columns() -> None:
    html = markdown("```\nexhibit,bag\nKF-01,B-1\n```\n")

    assert "command" not in html
    assert "exhibit,bag\nKF-01,B-1\n" in html


def test_a_check_list_has_boxes_to_tick() -> None:
    assert "<li>\N{BALLOT BOX} Read twice.</li>" in markdown("- [ ] Read twice.\n")
