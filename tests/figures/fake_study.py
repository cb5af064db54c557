"""A finished study folder made up from a seed: plausible shapes, no simulation."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

NETWORKS = (
    "Visual",
    "Somatomotor",
    "DorsalAttention",
    "VentralAttention",
    "Limbic",
    "Frontoparietal",
    "Default",
)
DIRECTION = {"healthy": 1.0, "mdd": 0.0, "sham": 0.0, "rtms_10hz": 0.6, "ect_bl": 0.9}
TIME_LABELS = {0: "baseline", 2: "2h", 24: "1d", 168: "1wk", 1008: "6wk"}
METRICS = {
    "modularity": (0.22, -0.05, 0.02),
    "modularity_gsr": (0.35, -0.05, 0.02),
    "segregation": (0.4, -0.1, 0.04),
    "segregation_gsr": (0.8, -0.1, 0.04),
    "gbc": (0.25, 0.06, 0.03),
    "between": (0.22, 0.06, 0.03),
    "dmn_within": (0.45, -0.03, 0.03),
    "dmn_within_gsr": (0.3, -0.03, 0.03),
    "dmn_fpn": (0.25, 0.05, 0.03),
    "sgacc_dmn": (0.4, -0.05, 0.03),
    "dlpfc_sgacc": (0.05, -0.12, 0.04),
    "dlpfc_sgacc_gsr": (-0.2, -0.12, 0.04),
    "sgacc_rate_hz": (6.5, -2.5, 0.4),
    "fc_distance": (0.08, 0.05, 0.01),
    "healthy_distance": (2.5, -1.2, 0.3),
}
# state: place where it is shown, value at rest, largest change, hours to its peak, hours to decay
SLOW_STATES = {
    "efficacy": ("dlpfc_left", 0.0, 0.12, 400, 3000),
    "early": ("dlpfc_left", 0.0, 0.05, 2, 40),
    "late": ("dlpfc_left", 0.0, 0.12, 500, 4000),
    "threshold": ("dlpfc_left", 1.0, 0.08, 100, 600),
    "bdnf": ("dlpfc_left", 0.8, 0.25, 24, 500),
    "trkb": ("dlpfc_left", 0.0, 0.6, 3, 200),
    "mtor": ("dlpfc_left", 0.0, 0.9, 2, 20),
    "vegf": ("hippocampus", 0.0, 1.5, 24, 300),
    "brake": ("dlpfc_left", 1.0, -0.5, 30, 700),
    "spines": ("cortex", 1.0, 0.1, 30, 900),
    "rise": ("cortex", 0.0, 0.04, 200, 900),
    "volume": ("hippocampus", -0.04, 0.03, 300, 5000),
    "neurogenesis_1": ("person", 0.7, 0.6, 150, 2000),
    "neurogenesis_4": ("person", 0.7, 0.4, 700, 3000),
    "maturity": ("person", 1.0, -0.2, 150, 800),
    "stress": ("person", 1.0, -0.3, 100, 3000),
    "autoreceptor": ("person", 0.0, 0.7, 300, 3000),
    "tone": ("person", 0.0, 0.8, 10, 1500),
    "occupancy_2a": ("person", 0.0, 0.7, 2, 6),
    "occupancy_nmda": ("person", 0.0, 0.0, 1, 3),
}
SLOW_TIMES = (0, 0.5, 1, 2, 3, 4, 6, 8, 12, *range(24, 337, 24), *range(420, 2017, 84))


@dataclass(frozen=True)
class FakeAtlas:
    name: str
    region: tuple
    hemisphere: tuple
    network: tuple
    kind: tuple
    centroids_mm: np.ndarray
    targets: dict
    citation: str = "Made up for tests."


def fake_atlas(n_cortex=10, n_below=2, seed=1):
    """Regions on an ellipsoid, left before right; networks in an order that is not canonical."""
    rng = np.random.default_rng(seed)
    half = n_cortex // 2
    network_left = [NETWORKS[-1 - place % len(NETWORKS)] for place in range(half)]
    names, sides, networks, kinds, places = [], [], [], [], []
    for side, sign in (("L", -1), ("R", 1)):
        generator = np.random.default_rng(seed + 1)
        for place in range(half):
            height = 1 - 2 * (place + 0.5) / half
            turn = np.pi * ((place * 0.618) % 1)
            ring = np.sqrt(1 - height**2)
            places.append(
                [
                    sign * (8 + 52 * ring * np.sin(turn)),
                    -18 + 78 * ring * np.cos(turn) + generator.normal(),
                    12 + 50 * height,
                ]
            )
            names.append(f"{side}_area{place:02d}")
            sides.append(side)
            networks.append(network_left[place])
            kinds.append("cortex")
        for place in range(n_below // 2):
            cerebellum = place == n_below // 2 - 1
            places.append([sign * (12 + 3 * place), -50 if cerebellum else 0, -20 - place])
            names.append(f"{side}_{'cerebellum' if cerebellum else f'deep{place}'}")
            sides.append(side)
            networks.append("Cerebellum" if cerebellum else "Subcortex")
            kinds.append("cerebellum" if cerebellum else "subcortex")
    return FakeAtlas(
        "fake",
        tuple(names),
        tuple(sides),
        tuple(networks),
        tuple(kinds),
        np.array(places) + rng.normal(0, 0.5, (len(names), 3)),
        {"dlpfc_left": (0,), "sgacc": (1, n_cortex // 2)},
    )


def write_fake_study(
    folder,
    atlas,
    arms=("healthy", "mdd", "rtms_10hz"),
    n_subjects=4,
    times=(0, 2, 1008),
    seed=7,
    failed=(),
    details=None,
    engine="linear",
):
    """Write the files of a finished study; ``failed`` lists (arm, subject, time) that failed.

    ``details`` gives (population, treatment) of arms that are not what their name says.
    """
    details = {arm: _meaning(arm) for arm in arms} | (details or {})
    rng = np.random.default_rng(seed)
    subjects = [f"{number:02d}" for number in range(1, n_subjects + 1)]
    n = len(atlas.region)
    same = np.equal.outer(atlas.network, atlas.network)
    mirror = np.equal.outer([r[1:] for r in atlas.region], [r[1:] for r in atlas.region])
    base = 0.25 + 0.4 * same + 0.4 * mirror
    pattern = rng.normal(0, 0.12, (n, n))
    patterns = {arm: (lambda m: m + m.T)(rng.normal(0, 0.05, (n, n))) for arm in arms}
    own = {s: (lambda m: m + m.T)(rng.normal(0, 0.06, (n, n))) for s in subjects}
    shared = {
        (s, t): (lambda m: m + m.T)(rng.normal(0, 0.04, (n, n))) for s in subjects for t in times
    }
    offset = {s: rng.normal() for s in subjects}
    noise = {(s, t): rng.normal(size=len(METRICS)) for s in subjects for t in times}
    rows, fcs, rates = [], [], []
    for arm in arms:
        for subject in subjects:
            for time in times:
                strength = _strength(arm, time, times)
                z = base + own[subject] + shared[subject, time]
                z = z + strength * (patterns[arm] - 0.15 * same + 0.05 * (pattern + pattern.T) / 2)
                fc = np.tanh(z)
                np.fill_diagonal(fc, 1)
                row = {"arm": arm, "subject": subject, "time_h": time, "status": "ok"}
                for place, (metric, (centre, effect, spread)) in enumerate(METRICS.items()):
                    jitter = offset[subject] + 0.5 * noise[subject, time][place]
                    if arm not in ("mdd", "sham") and strength:
                        jitter += 0.4 * rng.normal()
                    row[metric] = centre + strength * effect + spread * jitter
                if (arm, subject, time) in failed:
                    row = {key: row[key] for key in ("arm", "subject", "time_h")}
                    row["status"] = "failed: rates diverged"
                    fc = np.full((n, n), np.nan)
                rows.append(row)
                fcs.append(fc)
                rates.append(rng.gamma(9, 0.4, n))
    signatures = pd.DataFrame(rows)
    head = [f"name: fake\nseed: {seed}\natlas: {atlas.name}\nengine: {engine}"]
    _write(folder, atlas, head, details, subjects, times, signatures, np.array(fcs), rates)
    return folder


def _meaning(arm):
    return (arm, "none") if arm in ("healthy", "mdd") else ("mdd", arm)


def _strength(arm, time, times):
    if arm == "healthy":
        return 1.0
    if time == 0 or arm in ("mdd", "sham"):
        return 0.0
    if arm == "psilocybin":
        return {2: 1.6, 24: 0.5}.get(time, 0.3)
    return DIRECTION.get(arm, 0.5) * times.index(time) / (len(times) - 1)


def _write(folder, atlas, head, details, subjects, times, signatures, fc, rates):
    (folder / "code").mkdir(parents=True)
    (folder / "group").mkdir()
    lines = ["schema_version: 1", *head, f"times_h: [{', '.join(map(str, times))}]", "arms:"]
    for arm, (population, treatment) in details.items():
        lines.append(f"  {arm!r}: {{population: {population},")
        treatment = "none" if treatment == "none" else repr(treatment)
        lines.append(f"    treatment: {treatment}, modifiers: []}}")
    (folder / "code/scenario.resolved.yaml").write_text("\n".join(lines) + "\n")
    (folder / "dataset_description.json").write_text('{"Name": "fake"}\n')
    (folder / "participants.tsv").write_text(
        "participant_id\n" + "".join(f"sub-{s}\n" for s in subjects)
    )
    signatures.to_csv(folder / "group/signatures.tsv", sep="\t", index=False, na_rep="n/a")
    compare(signatures, details, times).to_csv(
        folder / "group/comparisons.tsv", sep="\t", index=False, na_rep="n/a"
    )
    slow_states(details, max(times)).to_csv(
        folder / "group/slow_states.tsv", sep="\t", index=False, na_rep="n/a"
    )
    np.savez(folder / "group/connectivity.npz", fc=fc.astype(np.float32), rates_hz=np.array(rates))
    name = f"sub-01_task-rest_desc-mdd_time-baseline_atlas-{atlas.name}"
    (folder / "sub-01").mkdir()
    path = folder / "sub-01" / f"{name}_stat-pearsoncorrelation_relmat.tsv"
    table = pd.DataFrame(fc[0], index=atlas.region, columns=atlas.region)
    table.to_csv(path, sep="\t", index_label="region", float_format="%.6f", na_rep="n/a")


def slow_states(details, last):
    """Rises and falls of every state, larger in later arms, none where nothing is given."""
    rows = []
    time_h = np.array([t for t in SLOW_TIMES if t <= last], float)
    for place, (arm, (population, treatment)) in enumerate(details.items()):
        size = 0.0 if treatment in ("none", "sham") else 0.3 + 0.7 * ((3 * place) % 7) / 6
        for state, (where, rest, change, rise, fall) in SLOW_STATES.items():
            shape = (1 - np.exp(-2 * time_h / rise)) * np.exp(-time_h / fall)
            begin = {"bdnf": 1.0, "stress": 0.0}.get(state, rest) if population != "mdd" else rest
            mean = begin + size * change * shape
            sd = 0.2 * np.abs(mean - begin) + (0.02 if state in ("bdnf", "stress") else 0.0)
            rows += [(arm, t, state, where, m, s)
                     for t, m, s in zip(time_h, mean, sd, strict=True)]  # fmt: skip
    return pd.DataFrame(rows, columns=["arm", "time_h", "state", "where", "mean", "sd"])


def compare(signatures, details, times):
    """Paired differences with normal intervals, enough for a picture."""
    rows = []
    plain = {}
    for arm, (population, treatment) in details.items():
        if treatment == "none":
            plain.setdefault(population, arm)
    good = signatures[signatures["status"] == "ok"].set_index(["arm", "subject", "time_h"])

    def row(metric, arm, time, reference, reference_arm, reference_time, noise):
        try:
            here = good.loc[arm].xs(time, level="time_h")[metric]
            there = good.loc[reference_arm].xs(reference_time, level="time_h")[metric]
        except KeyError:
            return
        difference = (here - there).dropna()
        error = difference.std(ddof=1) / np.sqrt(len(difference))
        mean = difference.mean()
        p = float(np.clip(np.exp(-0.7 * abs(mean / error)) if error else 1.0, 0.0005, 1))
        size = mean / np.sqrt((here.var() + there.var()) / 2)
        rows.append(
            {
                "metric": metric, "arm": arm, "time_h": time, "reference": reference,
                "noise": noise, "n": len(difference), "mean": here.mean(),
                "mean_reference": there.mean(), "difference": mean,
                "ci_low": mean - 2 * error, "ci_high": mean + 2 * error, "hedges_g": size,
                "d_z": mean / difference.std(ddof=1) if error else np.nan, "p": p,
                "p_corrected": min(1.0, 3 * p), "family": f"{reference} {time}",
            }
        )  # fmt: skip

    for metric in METRICS:
        for arm, (population, _) in details.items():
            own = plain.get(population, arm)
            for time in times:
                if arm != own:
                    row(metric, arm, time, own, own, time, "shared")
                if time != times[0]:
                    row(metric, arm, time, "baseline", arm, times[0], "independent")
        if len(plain) == 2:
            ill, well = plain["mdd"], plain["healthy"]
            row(metric, ill, times[0], well, well, times[0], "between")
    columns = (
        "metric arm time_h reference noise n mean mean_reference difference ci_low ci_high "
        "hedges_g d_z p p_corrected family"
    )
    return pd.DataFrame(rows, columns=columns.split())
