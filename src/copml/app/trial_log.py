"""Use cases on trials: log one from a notebook, list them, set them side by side.

Invariant: what was logged is on the disk when the call returns; a trial that has ended never changes, and is an entry
of the ledger.
"""

import math
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from types import TracebackType
from typing import Any, Self

from copml.app.people import me
from copml.app.snapshots import TableSnapshot
from copml.app.workspace import Workspace
from copml.digest import digest_of
from copml.errors import MetricInputWrong, ProjectUnknown, TrialEnded, TrialUnknown
from copml.metrics import Sample, measure_all
from copml.operations import keep, look
from copml.records import DecisionRule, Interval, Trial, TrialState

NOTEBOOK = "notebook"
ID_LENGTH = 8
TEXT_MAX = 500
NAMED = 5


class OpenTrial:
    """A trial that runs: log what comes out, in a `with` block or until `end()`."""

    def __init__(self, workspace: Workspace, trial: Trial, *, metrics: tuple[str, ...], rule: DecisionRule) -> None:
        self._workspace = workspace
        self._metrics, self._rule = metrics, rule
        self.record = trial
        self._keep(trial)

    @property
    def id(self) -> str:
        """Its name within the project."""
        return self.record.id

    def log_metric(self, name: str, value: float) -> None:
        """Log a figure of which only the value is known.

        Raises:
            TrialEnded: when the trial is over.
            MetricInputWrong: when the value is no finite number.
        """
        number = float(value)
        if not math.isfinite(number):
            raise MetricInputWrong(name, f"the value {number}", "a finite number")
        self._log({name: Interval(value=number, low=number, high=number, n=0)})

    def measure(
        self,
        outcome: Any,
        answer: Any,
        *,
        weight: Any = None,
        entity: Any = None,
        names: Iterable[str] | None = None,
        threshold: float | None = None,
    ) -> dict[str, Interval]:
        """Measure and log metrics with their 95 % intervals on rows that the model has not seen; what has a value.

        `outcome`, shape (rows,): 0 or 1, the number of the class, or a number. `answer`: the probability of a 1, of
        each class (rows, classes), a number or a score. Unless given, metrics and threshold are the project's.

        Raises:
            TrialEnded: when the trial is over.
            MetricUnknown, MetricInputWrong: for names and columns that cannot be used.
        """
        rule = self._rule if threshold is None else replace(self._rule, threshold=threshold)
        sample = Sample.of(outcome, answer, rule=rule, weight=weight, entity=entity)
        measured, _ = measure_all(self._metrics if names is None else names, sample)
        self._log(measured)
        return measured

    def note(self, text: str) -> None:
        """Keep a remark, in place of an earlier one.

        Raises:
            TrialEnded: when the trial is over.
        """
        self._change(note=text[:TEXT_MAX])

    def end(self, *, failed: str = "") -> Trial:
        """End the trial, as failed where a reason is given; nothing can be logged to it any more."""
        changes: dict[str, object] = {"note": failed[:TEXT_MAX]} if failed else {}
        state = TrialState.FAILED if failed else TrialState.DONE
        self._change(state=state, ended_at=self._workspace.clock.now(), **changes)
        return self.record

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self.record.ended_at is None:
            self.end(failed=f"{kind.__name__}: {error}" if kind is not None else "")

    def __repr__(self) -> str:
        return f"<trial {self.record.id} of {self.record.project}, {self.record.state}>"

    def _repr_html_(self) -> str:
        return side_by_side([self.record])._repr_html_()

    def _log(self, metrics: Mapping[str, Interval]) -> None:
        self._change(metrics={**self.record.metrics, **metrics})

    def _change(self, **changes: Any) -> None:
        if self.record.ended_at is not None:
            raise TrialEnded(self.record.id)
        changed = replace(self.record, **changes)
        self._keep(changed)
        self.record = changed

    def _keep(self, trial: Trial) -> None:
        with self._workspace.stages.state.write() as tx:
            keep(tx, (trial,), self._workspace.clock.now())


def start_trial(
    workspace: Workspace,
    project: str,
    *,
    params: Mapping[str, Any] | None = None,
    seed: int | None = None,
    snapshot: TableSnapshot | Iterable[TableSnapshot] = (),
    note: str = "",
    by: str | None = None,
) -> OpenTrial:
    """Begin a trial. `snapshot`: the rows that it learns from, one or several. `by`: who; the login name unless given.

    Parameters are kept as JSON has them; what JSON has no form for is kept as its text.
    """
    now = workspace.clock.now()
    view = look(workspace.stages, project, now)
    if view is None:
        raise ProjectUnknown(project, workspace.projects())
    rows = (snapshot,) if isinstance(snapshot, TableSnapshot) else tuple(snapshot)
    trial = Trial(
        project=project,
        id=_new_id(project, now),
        source=NOTEBOOK,
        by=by or me(),
        params={str(name): _plain(value) for name, value in (params or {}).items()},
        seed=seed,
        snapshots={item.table: item.version for item in rows},
        metrics={},
        state=TrialState.RUNNING,
        started_at=now,
        ended_at=None,
        note=note[:TEXT_MAX],
    )
    return OpenTrial(workspace, trial, metrics=view.project.metrics, rule=view.project.rule)


def trials(workspace: Workspace, project: str, *ids: str) -> "Trials":
    """Every trial, oldest first, or those that are named.

    Raises:
        TrialUnknown: when one that is named is not there.
    """
    with workspace.stages.state.read() as reader:
        found = sorted(reader.find(Trial, project=project), key=lambda item: (item.started_at, item.id))
    by_id = {item.id: item for item in found}
    for name in ids:
        if name not in by_id:
            raise TrialUnknown(name, [item.id for item in found[: -NAMED - 1 : -1]])
    return side_by_side([by_id[name] for name in ids] if ids else found)


class Trials(tuple[Trial, ...]):
    """Trials, which show themselves side by side."""

    __slots__ = ()

    def frame(self) -> Any:
        """A pandas frame: a row for each trial, a column for each parameter and metric."""
        import pandas as pd

        rows = [
            {
                "id": item.id,
                "source": item.source,
                "by": item.by,
                "started_at": item.started_at,
                "state": item.state.value,
                **{f"params.{name}": value for name, value in item.params.items()},
                **{name: seen.value for name, seen in item.metrics.items()},
            }
            for item in self
        ]
        return pd.DataFrame(rows)

    def _repr_html_(self) -> str:
        from copml.reporting import trials_html

        return trials_html(self)


def side_by_side(found: Iterable[Trial]) -> Trials:
    """Trials as one value."""
    return Trials(found)


def _new_id(project: str, now: datetime) -> str:
    return digest_of([project, now, secrets.token_hex(8)])[:ID_LENGTH]


def _plain(value: Any) -> Any:
    """A parameter as JSON has it."""
    if hasattr(value, "item") and not hasattr(value, "__len__"):
        value = value.item()
    match value:
        case None | bool() | str() | int():
            return value
        case float():
            return value if math.isfinite(value) else str(value)
        case Mapping():
            return {str(name): _plain(item) for name, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
    return repr(value)[:TEXT_MAX]
