"""`netmod claims` from words to files, on a small study."""

import pytest

from netmod.claims.run import run_claims
from netmod.cli import main
from netmod.errors import ConfigError

ROW = """id: R99
claim: a drug activates TrkB, and the network of the untreated does not change
family: rtms
arms:
  mdd: {}
  drug: {treatment: psilocybin, parameters: {doses: 1}}
measures:
  - what: TrkB at a target
    observable: state
    with: {name: trkb, arm: drug, at: 2 h, target: dlpfc_left}
    expected: increase
    controls:
      - {what: nothing, with: {arm: mdd}}
  - what: FC of the untreated
    observable: metric
    with: {name: gbc, arm: mdd, at: 1 d}
    minus: {at: baseline}
    expected: equal
    margin: 0.01
"""


def test_a_ledger_is_written_drawn_and_found_again(rows_folder, tmp_path, capsys):
    (rows_folder / "R99.yaml").write_text(ROW)
    out = tmp_path / "ledger"
    assert run_claims((), out, jobs=1, folder=rows_folder) == 0
    printed = capsys.readouterr()
    assert printed.out.startswith("R99  reproduced")
    assert "2 arms" in printed.err
    names = {path.name for path in out.iterdir()}
    assert names == {"claims.tsv", "measures.tsv", "claims.md", "study.yaml", "evidence"}
    first = (out / "claims.tsv").read_bytes()
    assert run_claims((), out, jobs=1, folder=rows_folder) == 0
    assert "arms (" not in capsys.readouterr().err  # nothing was computed
    assert (out / "claims.tsv").read_bytes() == first


def test_a_row_that_cannot_be_computed_is_told_and_costs_the_exit_code(rows_folder, tmp_path):
    text = ROW.replace("target: dlpfc_left", "target: insula")
    (rows_folder / "R99.yaml").write_text(text)
    assert run_claims((), tmp_path / "ledger", jobs=1, folder=rows_folder) == 3
    lines = (tmp_path / "ledger" / "claims.tsv").read_text().splitlines()
    assert "\tfailed\t" in lines[1] and "no target 'insula'" in lines[1]


def test_another_folder_is_left_alone(rows_folder, tmp_path):
    (rows_folder / "R99.yaml").write_text(ROW)
    (tmp_path / "mine.txt").write_text("x")
    with pytest.raises(ConfigError, match="something else"):
        run_claims((), tmp_path, folder=rows_folder)


def test_robust_rows_must_be_among_those_computed(rows_folder, tmp_path):
    (rows_folder / "R99.yaml").write_text(ROW)
    with pytest.raises(ConfigError, match="no row 'R98'"):
        run_claims((), tmp_path / "ledger", robust=["R98"], folder=rows_folder)


def test_the_command_refuses_an_unknown_row(capsys, tmp_path):
    assert main(["claims", "R77", "-o", str(tmp_path / "ledger")]) == 2
    assert "no row 'R77'" in capsys.readouterr().err
    assert not (tmp_path / "ledger").exists()


def test_changes_without_rows_to_repeat_are_refused(rows_folder, tmp_path):
    (rows_folder / "R99.yaml").write_text(ROW)
    with pytest.raises(ConfigError, match="nothing is repeated"):
        run_claims((), tmp_path / "ledger", changes=3, folder=rows_folder)
