"""The ledger of claims: what the simulator must show, as experiments with controls and verdicts."""
