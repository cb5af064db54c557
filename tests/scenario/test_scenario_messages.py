"""The words of whole messages."""

import pytest

from netmod.errors import NetmodError
from netmod.scenario import load_scenario

SNAPSHOTS = {
    "unit": (
        ("duration_s: 300", "duration: 300"),
        "c.yaml:8:11: scanner.duration: unknown key\n"
        "  expected: one of: duration_s, tr_s, warmup_s, hemodynamics\n"
        "  got: 'duration'\n"
        "  hint: write 'duration_s': a key carries its unit, here s",
    ),
    "value with unit": (
        ("duration_s: 300", "duration_s: 5 min"),
        "c.yaml:8:23: scanner.duration_s: not a number\n"
        "  expected: a number from 60 to 7200 s (default 300)\n"
        "  got: '5 min'\n"
        "  hint: write 300: the unit is fixed, s",
    ),
    "range": (
        ("sessions: 10", "sessions: 100"),
        "c.yaml:14:83: arms.rtms.parameters.sessions: out of range\n"
        "  expected: a number from 1 to 60 (default 20)\n"
        "  got: 100\n"
        "  hint: use 60 or less",
    ),
    "law of the noise": (
        ("dt_ms: 1}", "dt_ms: 1, noise: threepoint}"),
        "c.yaml:7:39: solver.noise: not an accepted value\n"
        "  expected: one of: gaussian, three_point\n"
        "  got: 'threepoint'\n"
        "  hint: did you mean 'three_point'?",
    ),
    "bare time": (
        ("1 d]", "24]"),
        "c.yaml:10:24: times.2: a time needs a unit\n"
        "  expected: min, h, d or wk\n"
        "  got: 24\n"
        "  hint: write '24 h', '24 d' or '24 wk'",
    ),
    "arm": (
        ("mdd: {}", "shamm: {}"),
        "c.yaml:13:3: arms.shamm: unknown arm\n"
        "  expected: one of: healthy, mdd, sham, rtms_10hz, ect_bl, psilocybin, ssri\n"
        "  got: 'shamm'\n"
        "  hint: did you mean 'sham'?",
    ),
    "duplicate": (
        ("readout:", "seed: 8\nreadout:"),
        "c.yaml:11:1: seed: duplicate key\n"
        "  expected: every key once\n"
        "  got: 'seed' on line 3 and again on line 11\n"
        "  hint: remove one of them; the first is at 3:1",
    ),
    "missing": (
        ("seed: 7\n", ""),
        "c.yaml:1:1: seed: missing key\n"
        "  expected: a whole number from 0 to 4294967295\n"
        "  hint: add 'seed: 20261'",
    ),
    "syntax": (
        ("[baseline, 2 h, 1 d]", "[baseline, 2 h, 1 d"),
        "c.yaml:11:8: not valid YAML: expected ',' or ']', but got ':'\n"
        "  hint: close the bracket, and put commas between the entries",
    ),
    "two at once": (
        ("subjects: 8", "subjects: 1, tr_s: 2"),
        "2 problems\n"
        "c.yaml:9:20: cohort.subjects: out of range\n"
        "  expected: a whole number from 2 to 10000 (default 16)\n"
        "  got: 1\n"
        "  hint: use 2 or more\n"
        "c.yaml:9:23: cohort.tr_s: unknown key\n",
    ),
}


@pytest.mark.parametrize(("edit", "expected"), SNAPSHOTS.values(), ids=SNAPSHOTS)
def test_the_message_is_word_for_word(edit, expected, write, base):
    with pytest.raises(NetmodError) as caught:
        load_scenario(write(base.replace(*edit)))
    if expected.endswith("\n"):
        assert str(caught.value).startswith(expected)
    else:
        assert str(caught.value) == expected
