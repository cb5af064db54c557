"""``netmod metrics``: a list to scan, and everything about a name of any group."""

import re

import pytest

from netmod.cli import main
from netmod.graph.catalogue import GROUPS


def printed(capsys, *words):
    assert main(["metrics", *words]) == 0
    return capsys.readouterr().out


def test_the_list_has_a_line_for_every_name_under_its_group(capsys):
    text = printed(capsys)
    assert max(map(len, text.splitlines())) <= 100
    parts = text.split("\n\n")
    assert len(parts) == len(GROUPS) + 1
    for group, part in zip(GROUPS, parts, strict=False):
        head, how, *lines = part.splitlines()
        assert head == group.title and how.strip() == group.doc.replace("`", "")
        assert [line.split()[0] for line in lines] == list(group.members)
        for line, one in zip(lines, group.members.values(), strict=True):
            start = re.match(r"  \S+ +\S+  +(.*?)( …)?$", line)[1]
            assert (one.doc.startswith(start) and len(start) > 25) or start == one.doc


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.kind)
def test_a_name_tells_what_it_declares(group, capsys):
    for name, one in group.members.items():
        text = printed(capsys, name)
        assert f"{name} ({group.kind})\n" in text
        flat = " ".join(text.split())
        for said in (
            one.doc,
            f"unit: {one.unit}; range: {one.range}; gives: {one.gives}",
            f"meaning: {one.direction_note}",
            f"input: {one.input}",
            f"python: {one.call}",
            f"source: {one.source}",
        ):
            assert " ".join(said.split()) in flat


def test_several_names_and_a_name_of_two_groups(capsys):
    text = printed(capsys, "gbc", "lead")
    assert re.findall(r"^(\w.*)$", text, re.M) == [
        "gbc (signature)",
        "gbc (graph measure)",
        "lead (estimator)",
    ]
    assert "input: symmetric matrix, negative weights allowed" in text
    assert "gives: [N, N], who leads whom" in text


def test_an_unknown_name_is_a_short_error(capsys):
    assert main(["metrics", "modularty"]) == 2
    error = capsys.readouterr().err
    assert "unknown metric" in error and "did you mean 'modularity'?" in error
    assert main(["metrics", "xyz"]) == 2
    assert "'netmod metrics' lists them all" in capsys.readouterr().err
