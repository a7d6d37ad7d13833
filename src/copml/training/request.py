"""What a training is asked to do, and what it hands back."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from copml.records import DecisionRule, Digest, Interval, ModelVersion, Run, VersionName
from copml.sandbox import Limits
from copml.training.dataset import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainRequest:
    """What to train, how to judge it, and where.

    `name`, `number`: of the version, if one comes out. `root`: the project's folder. `staging`: a folder of this
    training's own. `live`: the folder of the live model; `live_pickle`: the signed digest of its pickle, if it is one.
    `pickle`: whether the model may be kept as a pickle. `constants`: `baseline` and `target` of the KPI. `snapshots`:
    the table versions that the rows come from.
    """

    project: str
    run: str
    cause: str
    revision: int
    name: VersionName
    number: int
    entry: str
    params: Mapping[str, Any]
    seed: int
    policy: Policy
    rule: DecisionRule
    gates: tuple[str, ...]
    constants: Mapping[str, float]
    snapshots: Mapping[str, int]
    live: Path | None
    limits: Limits
    root: Path
    staging: Path
    log: Path
    pickle: bool = False
    live_pickle: Digest | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainResult:
    """A run, and what came out of it.

    `version` (None: the run failed) is to be registered with the files in `folder`; its `manifest` is empty until then.
    `live`: figures of the live version on the same holdout. `missing`: figures without a value, and why. `left_out`:
    rows by reason. `batch_difference`: how far a prediction depends on its batch mates.
    """

    run: Run
    version: ModelVersion | None
    folder: Path
    live: Mapping[str, Interval]
    missing: Mapping[str, str]
    left_out: Mapping[str, int]
    batch_difference: float | None
