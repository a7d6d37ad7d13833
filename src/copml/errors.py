"""The one exception tree.

    CopmlError                      what a user can do something about; exit status 1 unless the class says otherwise
    ├── usage            COPML-00x  the command, the workspace
    ├── project file     COPML-01x
    ├── store            COPML-02x
    ├── data             COPML-03x
    ├── project code     COPML-04x
    ├── models           COPML-05x
    ├── scoring          COPML-06x
    ├── monitoring       COPML-07x
    ├── ledger and keys  COPML-08x
    ├── decisions        COPML-09x
    ├── verdicts         COPML-10x
    ├── state elsewhere  COPML-11x
    ├── exploration      COPML-12x  tables, notebooks, trials
    ├── exports, promotions and sweeps  COPML-13x
    ├── models, again    COPML-14x  libraries, pickles, files from elsewhere
    ├── adoption         COPML-15x  models that run elsewhere
    ├── notifications    COPML-16x  preferences, e-mail, webhooks
    ├── access           COPML-17x  accounts, tokens, rights
    └── HTTP             COPML-18x  the API and its clients

Invariant: every class has a code that never changes its meaning, and keeps its facts as attributes. The message says
what happened, with the value seen, and what to do next. Exit statuses are in `cli`, HTTP statuses will be in `api`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

EXTRAS = {
    "xgboost": "xgboost",
    "lightgbm": "lightgbm",
    "onnx": "onnx",
    "onnxruntime": "onnx",
    "skl2onnx": "onnx",
    "torch": "torch",
    "onnxscript": "torch",
    "mlflow": "mlflow",
}
"""Libraries that come with an extra of copml, and its name."""


def how_to_install(library: str) -> str:
    """The command that installs a library.

    >>> how_to_install("onnxruntime")
    "install it with `pip install 'copml[onnx]'`"
    """
    wanted = f"'copml[{EXTRAS[library]}]'" if library in EXTRAS else library
    return f"install it with `pip install {wanted}`"


class CopmlError(Exception):
    """What a user can do something about. Anything else that is raised is a defect of copml."""

    code: ClassVar[str] = "COPML-000"


# usage and workspace


class WorkspaceMissing(CopmlError):
    """No workspace where one was expected."""

    code = "COPML-001"

    def __init__(self, path: str, above: str = "") -> None:
        self.path, self.above = path, above
        near = f"there is one above: go there, or give `--workspace {above}`; " if above else ""
        super().__init__(
            f"no workspace at {path}; {near}`copml apply` makes one here from a project file, `copml init NAME` writes "
            "a new project, `--workspace` names the folder of another"
        )


class WorkspaceTooNew(CopmlError):
    """The workspace was written by a newer copml."""

    code = "COPML-002"

    def __init__(self, path: str, found: str, known: str) -> None:
        self.path, self.found, self.known = path, found, known
        super().__init__(
            f"the workspace {path} has schema revision {found}, and this copml knows revisions up to {known}; "
            "upgrade copml, nothing was changed"
        )


class WorkspaceReadOnly(CopmlError):
    """The workspace cannot be written."""

    code = "COPML-003"

    def __init__(self, path: str, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(f"the workspace {path} cannot be written: {reason}; make it writable and run this again")


class DiskFull(CopmlError):
    """No space is left on the disk of the workspace."""

    code = "COPML-004"

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(f"no space left on the disk of {path}; free some and run this again, nothing was lost")


class ProjectUnknown(CopmlError):
    """A project was named that the workspace does not have, or none was named and there are several."""

    code = "COPML-005"

    def __init__(self, project: str, known: list[str]) -> None:
        self.project, self.known = project, known
        if not known:
            words = "this workspace has no project yet; `copml apply` registers one"
        elif not project:
            words = f"this workspace has several projects; say which with `--project`: {', '.join(known)}"
        else:
            words = f"no project {project!r} in this workspace (it has: {', '.join(known)})"
        super().__init__(words)


# store: lake and blobs


class BlobMissing(CopmlError):
    """No blob is kept under a digest."""

    code = "COPML-020"

    def __init__(self, digest: str, place: str) -> None:
        self.digest, self.place = digest, place
        super().__init__(f"blob {digest[:12]} is not in {place}; restore it from a backup of the workspace")


class BlobAltered(CopmlError):
    """The bytes of a blob no longer hash to its name."""

    code = "COPML-021"

    def __init__(self, digest: str, place: str) -> None:
        self.digest, self.place = digest, place
        super().__init__(f"{place} no longer holds the bytes of its name {digest[:12]}; restore it from a backup")


class TableMissing(CopmlError):
    """A lake table, or a version of it, was asked for that does not exist."""

    code = "COPML-022"

    def __init__(self, table: str, version: int | None) -> None:
        self.table, self.version = table, version
        what = f"no table {table}" if version is None else f"no version {version} of the table {table}"
        super().__init__(f"the lake has {what}; `copml data` lists what it has")


class TableConflict(CopmlError):
    """New rows have a column of another type than the table."""

    code = "COPML-023"

    def __init__(self, table: str, column: str, held: str, found: str) -> None:
        self.table, self.column, self.held, self.found = table, column, held, found
        super().__init__(
            f"column {column!r} of the table {table} is of type {held}, and now came as {found}; "
            "give the new column another name, or convert it to the old type"
        )


class TableDamaged(CopmlError):
    """A file of the lake is missing or cannot be read."""

    code = "COPML-024"

    def __init__(self, table: str, reason: str) -> None:
        self.table, self.reason = table, reason
        super().__init__(f"the table {table} cannot be read: {reason}; restore its folder from a backup")


# store: state (lake and blobs use COPML-020..024)


class RecordExists(CopmlError):
    """A record with this key is kept already."""

    code = "COPML-025"

    def __init__(self, table: str, key: str) -> None:
        self.table, self.key = table, key
        super().__init__(f"{table} {key} exists already; it was made by somebody else meanwhile, look again")


class StateUnavailable(CopmlError):
    """The state database cannot be reached, or is locked for too long."""

    code = "COPML-026"

    def __init__(self, place: str, reason: str) -> None:
        self.place, self.reason = place, reason
        super().__init__(f"the state database {place} does not answer: {reason}; see that it runs, then try again")


class LeaseLost(CopmlError):
    """Another worker took over a task, because this one seemed gone."""

    code = "COPML-027"

    def __init__(self, task: str, worker: str) -> None:
        self.task, self.worker = task, worker
        super().__init__(f"task {task} is no longer held by {worker}; its new holder goes on, nothing was written here")


class StateCorrupt(CopmlError):
    """The state database is no database, or not one of ours."""

    code = "COPML-028"

    def __init__(self, place: str, reason: str) -> None:
        self.place, self.reason = place, reason
        super().__init__(f"the state database {place} cannot be read: {reason}; restore it from a backup")


# state elsewhere: a database server


class StateAddressWrong(CopmlError):
    """What was given as the address of a state database is none that can be used."""

    code = "COPML-110"

    def __init__(self, given: str, reason: str) -> None:
        self.given, self.reason = given, reason
        super().__init__(
            f"{given} is no address for the state of a workspace: {reason}; give "
            "`--state postgresql://ROLE@HOST/DATABASE` without a password, or the name of an environment variable that "
            "holds such an address"
        )


class StateRefused(CopmlError):
    """The database server is there, and does not let this role work in this database."""

    code = "COPML-111"

    def __init__(self, place: str, reason: str) -> None:
        self.place, self.reason = place, reason
        super().__init__(
            f"the database server refuses {place}: {reason}; see that the database exists, that role and password are "
            "right (PGPASSWORD and pgpass files count), and that the role may create in the database, or in a schema "
            "that the address names with `?schema=`"
        )


class StateForeign(CopmlError):
    """A schema of a database server holds the state of another workspace, or of none."""

    code = "COPML-112"

    def __init__(self, place: str, reason: str) -> None:
        self.place, self.reason = place, reason
        super().__init__(
            f"{place} is not the state of this workspace: {reason}; correct the address (in `state.json` of the "
            "workspace, or in the environment variable that it names); nothing was changed"
        )


class StateDecided(CopmlError):
    """A workspace was asked to keep its state elsewhere than it does."""

    code = "COPML-113"

    def __init__(self, path: str, kept: str, wanted: str) -> None:
        self.path, self.kept, self.wanted = path, kept, wanted
        super().__init__(
            f"the workspace {path} has its state in {kept}, and cannot have it in {wanted}: that is decided when a "
            "workspace is made; leave out `--state` and COPML_STATE, or name another folder with `--workspace`"
        )


# scoring


class NothingToScore(CopmlError):
    """There is no row of features to predict from."""

    code = "COPML-060"

    def __init__(self, project: str, what: str) -> None:
        self.project, self.what = project, what
        super().__init__(
            f"no rows to score for {project}: {what}; run the features stage for this time, then score again"
        )


class FeaturesLackColumns(CopmlError):
    """The features lack columns that the model was trained on."""

    code = "COPML-061"

    def __init__(self, version: str, missing: list[str], found: list[str]) -> None:
        self.version, self.missing, self.found = version, missing, found
        super().__init__(
            f"model {version} was trained on {', '.join(missing)}, which the features no longer have "
            f"(they have: {', '.join(found[:30])}); bring the columns back in the project's features, or retrain"
        )


class FeatureInfinite(CopmlError):
    """A number that is fed to the model is infinite."""

    code = "COPML-062"

    def __init__(self, column: str, rows: int, entity: str) -> None:
        self.column, self.rows, self.entity = column, rows, entity
        super().__init__(
            f"feature {column} is infinite in {rows} rows, first for entity {entity}; no row was scored. "
            "Look for a division by zero in the project's features, or bound the column in `data.checks`"
        )


class AnswerWrong(CopmlError):
    """What a model answered is no probability, or no finite number."""

    code = "COPML-063"

    def __init__(self, version: str, seen: str) -> None:
        self.version, self.seen = version, seen
        super().__init__(
            f"model {version} answered {seen} where a probability between 0 and 1, or a finite number, was expected "
            "for each row; nothing was recorded. Repair the model, or roll back"
        )


class EntityRepeated(CopmlError):
    """An entity has more than one row of features at one time."""

    code = "COPML-064"

    def __init__(self, repeated: int, entity: str) -> None:
        self.repeated, self.entity = repeated, entity
        super().__init__(
            f"{repeated} rows repeat an entity that was there before, among them {entity}; a scoring run needs one row "
            "for each entity, or it would be treated twice. Group by entity in the project's features"
        )


# project file


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong in a project file, and what would be right. Line and column count from 1."""

    line: int
    column: int
    where: str
    """The key, dotted from the top: `business.kpi.target`; empty for the file as a whole."""
    message: str
    hint: str = ""

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}: {self.where or 'file'}: {self.message}" + (
            f"; {self.hint}" if self.hint else ""
        )


class ProjectInvalid(CopmlError):
    """A project file that says something wrong, or not enough. `problems` are all of them, by line."""

    code = "COPML-010"

    def __init__(self, path: str, problems: tuple[Problem, ...]) -> None:
        self.path, self.problems = path, problems
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        lines = "\n".join(f"  {problem}" for problem in problems)
        super().__init__(f"{path} has {count}; correct the lines and run `copml validate`:\n{lines}")


class ConditionInvalid(CopmlError):
    """A condition of a gate or a trigger that cannot be read. `column` counts from 1 within the condition."""

    code = "COPML-011"

    def __init__(self, text: str, column: int, message: str, hint: str) -> None:
        self.text, self.column, self.message, self.hint = text, column, message, hint
        shown = text if len(text) <= 120 else f"{text[:120]}…"
        super().__init__(f"the condition {shown!r} cannot be read at column {column}: {message}; {hint}")


class SampleUnusable(CopmlError):
    """A data file from which no project can be inferred."""

    code = "COPML-013"

    def __init__(self, path: str, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(
            f"nothing can be inferred from {path}: {reason}; give a CSV file with a header and at least one row"
        )


class FileInTheWay(CopmlError):
    """A new project would overwrite a file."""

    code = "COPML-014"

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(f"{path} exists already and is not overwritten; choose another name or folder")


class NameUnusable(CopmlError):
    """A project name that cannot be one."""

    code = "COPML-015"

    def __init__(self, name: str, reason: str) -> None:
        self.name, self.reason = name, reason
        super().__init__(f"{name!r} cannot be the name of a project: {reason}; use something like `telco-churn`")


class FolderUnwritable(CopmlError):
    """A folder for a new project that cannot be written."""

    code = "COPML-016"

    def __init__(self, path: str, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(f"{path} cannot be written: {reason}; make it writable or choose another folder")


# monitoring: statistics, profiles, value


class MetricUndefined(CopmlError):
    """A metric has no value on these rows."""

    code = "COPML-070"

    def __init__(self, metric: str, reason: str) -> None:
        self.metric, self.reason = metric, reason
        super().__init__(
            f"{metric} has no value here: {reason}; measure it over a longer window or a larger segment, or not at all"
        )


class MetricUnknown(CopmlError):
    """A metric was named that does not exist."""

    code = "COPML-071"

    def __init__(self, metric: str, known: list[str]) -> None:
        self.metric, self.known = metric, known
        super().__init__(f"no metric is called {metric!r}; choose from {', '.join(known)}")


class MetricInputWrong(CopmlError):
    """What was given to a metric is not an outcome, a probability, a weight or an entity for each row."""

    code = "COPML-072"

    def __init__(self, argument: str, seen: str, wanted: str) -> None:
        self.argument, self.seen, self.wanted = argument, seen, wanted
        super().__init__(f"{argument} has {seen}, and must have {wanted}; repair these rows and measure again")


class ProfilesDiffer(CopmlError):
    """Two profiles do not share their bins, so their counts can be neither added nor compared."""

    code = "COPML-073"

    def __init__(self, column: str, why: str) -> None:
        self.column, self.why = column, why
        super().__init__(
            f"the profiles of {column} cannot be put together: {why}; profile both tables like the same reference"
        )


class DesignWrong(CopmlError):
    """A control group or an effect was described with impossible numbers."""

    code = "COPML-074"

    def __init__(self, what: str, seen: float, wanted: str) -> None:
        self.what, self.seen, self.wanted = what, seen, wanted
        super().__init__(f"{what} is {seen:g}, and must be {wanted}; correct it in the project file")


# sandbox and project code


class CodeFailed(CopmlError):
    """Project code raised."""

    code = "COPML-040"

    def __init__(self, function: str, exception: str, where: tuple[str, ...], log: str) -> None:
        self.function, self.exception, self.where, self.log = function, exception, where, log
        at = "".join(f"\n    {line}" for line in where)
        super().__init__(
            f"{function} raised {exception}{at}\n  its output is in {log}; mend the code and run this again"
        )


class CodeTimedOut(CopmlError):
    """Project code ran past its time limit; it and all that it started was ended."""

    code = "COPML-041"

    def __init__(self, function: str, seconds: float, log: str) -> None:
        self.function, self.seconds, self.log = function, seconds, log
        super().__init__(
            f"{function} ran past its limit of {seconds:g} seconds and was ended, with all that it had started; "
            f"its output is in {log}; make it faster, or raise the time limit in the project file"
        )


class CodeOutOfMemory(CopmlError):
    """Project code wanted more memory than it may have."""

    code = "COPML-042"

    def __init__(self, function: str, memory_mb: int, where: tuple[str, ...], log: str) -> None:
        self.function, self.memory_mb, self.where, self.log = function, memory_mb, where, log
        at = "".join(f"\n    {line}" for line in where)
        super().__init__(
            f"{function} wanted more than its {memory_mb} MB of memory{at}\n"
            f"  its output is in {log}; make it use less, or raise `memory_mb` in the project file"
        )


class CodeKilled(CopmlError):
    """Project code ended its own process, crashed it, or was killed before it returned."""

    code = "COPML-043"

    def __init__(self, function: str, reason: str, log: str) -> None:
        self.function, self.reason, self.log = function, reason, log
        super().__init__(f"{function} {reason}; its output is in {log}")


class CodeReturnedWrong(CopmlError):
    """Project code returned what nothing can be done with."""

    code = "COPML-044"

    def __init__(self, function: str, found: str, wanted: str) -> None:
        self.function, self.found, self.wanted = function, found, wanted
        super().__init__(f"{function} returned {found}; it must return {wanted}")


class EntryInvalid(CopmlError):
    """An entry of the project file leads to no function that can be called as it must be."""

    code = "COPML-045"

    def __init__(self, entry: str, reason: str) -> None:
        self.entry, self.reason = entry, reason
        super().__init__(f"entry {entry}: {reason}")


class EntriesInvalid(CopmlError):
    """Several entries of the project file do not work."""

    code = "COPML-047"

    def __init__(self, problems: tuple[CopmlError, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(f"[{problem.code}] {problem}" for problem in problems))


class TrainingRowsUnusable(CopmlError):
    """There are no rows to train on, too few, or rows that teach nothing."""

    code = "COPML-048"

    def __init__(self, reason: str, then: str) -> None:
        self.reason, self.then = reason, then
        super().__init__(f"cannot train: {reason}; {then}")


class SandboxUnavailable(CopmlError):
    """The process from which project code is started does not start."""

    code = "COPML-046"

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(
            f"no process for project code could be started: {reason}; "
            "see that `python -c 'import copml.sandbox.server'` works with this interpreter, then run this again"
        )


# decisions


class NotDecidable(CopmlError):
    """Nothing of that name waits for a decision, or the decision lacks its reason."""

    code = "COPML-090"

    def __init__(self, why: str, waiting: list[str] | None = None) -> None:
        self.why, self.waiting = why, waiting
        asked = "" if waiting is None else f"; what waits for somebody: {_some(waiting) if waiting else 'nothing'}"
        super().__init__(why + asked)


class NotInRole(CopmlError):
    """The person may not decide this."""

    code = "COPML-091"

    def __init__(self, by: str, role: str, people: list[str]) -> None:
        self.by, self.role, self.people = by, role, people
        who = ", ".join(people) if people else "nobody: name one under `people`"
        super().__init__(f"{by!r} is not in the role {role!r} of this project, who decides this ({who})")


class FourEyes(CopmlError):
    """Nobody approves what they made."""

    code = "COPML-092"

    def __init__(self, by: str, subject: str) -> None:
        self.by, self.subject = by, subject
        super().__init__(f"{by!r} made {subject} and may not approve it (four eyes); ask somebody else in the role")


class ChoiceUnknown(CopmlError):
    """What was chosen is none of the answers of its topic."""

    code = "COPML-095"

    def __init__(self, topic: str, text: str, options: tuple[str, ...]) -> None:
        self.topic, self.text, self.options = topic, text, options
        super().__init__(f"{text!r} is no answer on {topic}; give {' or '.join(options)}")


class DecisionIncomplete(CopmlError):
    """A choice was to be recorded without its topic, its answer or its reason."""

    code = "COPML-096"

    def __init__(self, topics: Sequence[str]) -> None:
        self.topics = topics
        super().__init__(
            "a choice needs a topic, an answer and a reason: `copml advise TOPIC --decide ANSWER --reason WHY`; topics "
            f"are {', '.join(topics)}"
        )


class ProjectFileMissing(CopmlError):
    """No project file where one was expected."""

    code = "COPML-006"

    def __init__(self, path: str, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(f"cannot read the project file {path}: {reason}; make one with `copml init NAME`")


class ProjectFolderMissing(CopmlError):
    """The folder that a project was applied from is gone."""

    code = "COPML-012"

    def __init__(self, project: str, root: str) -> None:
        self.project, self.root = project, root
        super().__init__(
            f"the folder of project {project} is not there: {root}; put it back, or, where it was moved, "
            "run `copml apply` in its new place"
        )


# keys, ledger and predictions


class KeysMissing(CopmlError):
    """A workspace lacks its keys, or one of them."""

    code = "COPML-080"

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(
            f"no key at {path}; put the workspace's own keys back from where you keep their copy "
            "(new ones would give every customer a new pseudonym)"
        )


class KeysExist(CopmlError):
    """Keys were to be made where there are some, or where something else lies."""

    code = "COPML-081"

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(f"{path} is not empty, and keys are never overwritten; nothing was changed")


class KeysExposed(CopmlError):
    """Other users of the machine may read or change a key."""

    code = "COPML-082"

    def __init__(self, path: str, mode: int, wanted: int) -> None:
        self.path, self.mode, self.wanted = path, mode, wanted
        super().__init__(
            f"{path} is open to other users (mode {mode:04o}); run `chmod {wanted:o} {path}`, "
            "and think about who may have read it"
        )


class KeyUnusable(CopmlError):
    """A key file that cannot be read, or that does not hold what it should."""

    code = "COPML-083"

    def __init__(self, path: str, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(f"the key in {path} cannot be used: {reason}; put the file back from your copy of the keys")


class IdentifierUnreadable(CopmlError):
    """A row of the vault that does not open with the workspace's vault key."""

    code = "COPML-084"

    def __init__(self, project: str, pseudonym: str) -> None:
        self.project, self.pseudonym = project, pseudonym
        super().__init__(
            f"the identifier behind pseudonym {pseudonym[:8]}… of {project} does not open with this workspace's vault "
            "key: the row was altered or moved, or the key is another one; compare the ids of the keys with your copy"
        )


class CheckpointInvalid(CopmlError):
    """A text that is no checkpoint of the ledger that it should be of."""

    code = "COPML-085"

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(
            f"this is no valid checkpoint: {reason}; compare it with the copy held outside, and with the verifier key"
        )


class LedgerIncomplete(CopmlError):
    """The ledger lacks a hash that its size says it has."""

    code = "COPML-086"

    def __init__(self, level: int, index: int) -> None:
        self.level, self.index = level, index
        super().__init__(
            f"the ledger lacks node {index} of level {level}; `copml ledger verify` tells what else is wrong, "
            "and a backup of the state database has it"
        )


class PredictionsUnsealable(CopmlError):
    """Rows of predictions that have no leaf, or not in the order in which a seal takes them."""

    code = "COPML-087"

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"these predictions cannot be sealed: {reason}; score the window again")


class InputUnsupported(CopmlError):
    """A feature column of a type that a prediction cannot record."""

    code = "COPML-088"

    def __init__(self, column: str, found: str) -> None:
        self.column, self.found = column, found
        super().__init__(
            f"feature {column!r} is of type {found}, which a prediction cannot record; "
            "let `build` return it as a number, a text or a truth value"
        )


# verdicts


class NothingToExplain(CopmlError):
    """No requirement and no incident has this id, or several incidents start with it."""

    code = "COPML-100"

    def __init__(self, subject: str, close: list[str]) -> None:
        self.subject, self.close = subject, close
        incidents = f", or the id of an incident ({', '.join(close)})" if close else "; no incident is on record"
        super().__init__(f"nothing is known as {subject!r}; name a requirement, such as EF-3{incidents}")


class VerdictsUnreadable(CopmlError):
    """A file that is to hold earlier verdicts does not."""

    code = "COPML-101"

    def __init__(self, path: str, why: str) -> None:
        self.path, self.why = path, why
        super().__init__(f"{path} holds no verdicts: {why}; `copml check --json > {path}` writes such a file")


# models and registry


class ModelUntrusted(CopmlError):
    """A model holds types that are not loaded from files."""

    code = "COPML-050"

    def __init__(self, types: list[str], where: str) -> None:
        self.types, self.where = types, where
        super().__init__(
            f"the model ({where}) holds types that copml does not load from files, because that could run code: "
            f"{', '.join(types)}; build it of the parts of scikit-learn, XGBoost and LightGBM and put other steps into "
            "the features, or allow pickles with `training: {pickle: true}` in the project file"
        )


class ModelUnreadable(CopmlError):
    """A model cannot be written to a file, or a file holds none."""

    code = "COPML-051"

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(
            f"the model cannot be kept or read: {reason}; build it of scikit-learn's own parts, or retrain"
        )


class ModelAltered(CopmlError):
    """What was kept of a model is not what was registered."""

    code = "COPML-052"

    def __init__(self, what: str, found: str, expected: str) -> None:
        self.what, self.found, self.expected = what, found, expected
        super().__init__(
            f"{what} has the digest {found[:12]}, and {expected[:12]} was registered: it was altered since; "
            "restore it from a backup, or roll back to another version"
        )


class ModelColumnsMissing(CopmlError):
    """The rows lack columns that the model was trained on."""

    code = "COPML-053"

    def __init__(self, missing: list[str], found: list[str]) -> None:
        self.missing, self.found = missing, found
        super().__init__(
            f"the model was trained on {', '.join(missing)}, and the rows have only {', '.join(found)}; "
            "let the features give these columns again, or retrain"
        )


class FeatureKindWrong(CopmlError):
    """A feature column is neither number, boolean nor text."""

    code = "COPML-054"

    def __init__(self, column: str, kind: str) -> None:
        self.column, self.kind = column, kind
        super().__init__(
            f"the feature {column} is of type {kind}, and models take numbers, booleans and text; convert it in `build`"
        )


class ModelLibraryDiffers(CopmlError):
    """A model was trained with another release of its library than is installed."""

    code = "COPML-055"

    def __init__(self, library: str, trained: str, installed: str) -> None:
        self.library, self.trained, self.installed = library, trained, installed
        super().__init__(
            f"the model was trained with {library} {trained}; {installed} is installed, and may predict otherwise; "
            f"install {library} {trained}, or retrain"
        )


class ManifestUnsigned(CopmlError):
    """The signature of a version's manifest is missing or not ours."""

    code = "COPML-056"

    def __init__(self, version: str, reason: str) -> None:
        self.version, self.reason = version, reason
        super().__init__(
            f"the manifest of {version} is not signed by this workspace ({reason}), so its model does not load; "
            "restore it from a backup, or roll back to another version"
        )


class ArtifactMissing(CopmlError):
    """A file of a version is not among the blobs."""

    code = "COPML-057"

    def __init__(self, version: str, path: str, digest: str) -> None:
        self.version, self.path, self.digest = version, path, digest
        super().__init__(
            f"{path} of {version} (blob {digest[:12]}) is missing; "
            "restore it from a backup, or roll back to another version"
        )


class LibraryMissing(CopmlError):
    """A model needs a library that is not installed."""

    code = "COPML-140"

    def __init__(self, library: str) -> None:
        self.library = library
        super().__init__(f"the model needs {library}, which is not installed; {how_to_install(library)}")


class PickleRefused(CopmlError):
    """A model of our own that is a pickle, where pickles are not opened."""

    code = "COPML-141"

    def __init__(self, file: str, reason: str) -> None:
        self.file, self.reason = file, reason
        super().__init__(
            f"{file} is a pickle, and opening one runs code: it is opened in a child process only, and only as the "
            f"signed manifest of its version has it; {reason}. Load it by its version, or retrain without "
            "`training: {pickle: true}`"
        )


class PickleNotTrusted(CopmlError):
    """A pickle from elsewhere, and nobody has said that it may run."""

    code = "COPML-142"

    def __init__(self, file: str, imports: list[str]) -> None:
        self.file, self.imports = file, imports
        super().__init__(
            f"{file} is a pickle, and opening it runs whatever it says; it would import "
            f"{', '.join(imports) or 'nothing'}; if you know who made it, say that you trust it (--trust-pickle), "
            "else ask for skops or ONNX"
        )


class ModelFileRefused(CopmlError):
    """A model file that does harm, or could, when it is opened."""

    code = "COPML-143"

    def __init__(self, file: str, reason: str) -> None:
        self.file, self.reason = file, reason
        super().__init__(f"{file} is not opened: {reason}; ask whoever made it for a sound one")


class ModelUnusable(CopmlError):
    """A model whose inputs or answers are not those of the project's problem."""

    code = "COPML-144"

    def __init__(self, model: str, reason: str) -> None:
        self.model, self.reason = model, reason
        super().__init__(f"the {model} cannot be used: {reason}")


class MoveRefused(CopmlError):
    """A model version cannot go from its state to that one."""

    code = "COPML-058"

    def __init__(self, version: str, state: str, wanted: str, possible: list[str]) -> None:
        self.version, self.state, self.wanted, self.possible = version, state, wanted, possible
        ways = f"it can become {' or '.join(possible)}" if possible else "that is final; train a new version"
        super().__init__(f"{version} is {state} and cannot become {wanted}; {ways}")


# data


class SourceUnreachable(CopmlError):
    """A source's database does not answer, or its query fails."""

    code = "COPML-030"

    def __init__(self, source: str, reason: str) -> None:
        self.source, self.reason = source, reason
        super().__init__(
            f"source {source} could not be read: {reason}; check its `url` and `query`, then run ingest again"
        )


class FileDamaged(CopmlError):
    """A file ends in the middle, or is not of the format that its name says."""

    code = "COPML-031"

    def __init__(self, file: str, reason: str) -> None:
        self.file, self.reason = file, reason
        super().__init__(f"{file} cannot be read: {reason}; deliver it again, whole, and run ingest again")


class FileEmpty(CopmlError):
    """A file of no bytes."""

    code = "COPML-032"

    def __init__(self, file: str) -> None:
        self.file = file
        super().__init__(f"{file} is empty, without even a header; deliver it again, or remove it if there is no news")


class EncodingWrong(CopmlError):
    """A file has bytes that its encoding does not know."""

    code = "COPML-033"

    def __init__(self, file: str, encoding: str, offset: int) -> None:
        self.file, self.encoding, self.offset = file, encoding, offset
        super().__init__(
            f"{file} is not {encoding} at byte {offset}; deliver it in one encoding, and name that as the source's "
            "`encoding` unless it is utf-8"
        )


class DelimiterWrong(CopmlError):
    """A file has one column where several are expected."""

    code = "COPML-034"

    def __init__(self, file: str, delimiter: str, header: str, likely: str) -> None:
        self.file, self.delimiter, self.header, self.likely = file, delimiter, header, likely
        super().__init__(
            f"{file} has one column, {header!r}, when split at {delimiter!r}; it looks split at {likely!r}: "
            f"set the source's `delimiter: {likely!r}`"
        )


class ColumnMissing(CopmlError):
    """A column that a source cannot do without is not there."""

    code = "COPML-035"

    def __init__(self, place: str, column: str, found: list[str]) -> None:
        self.place, self.column, self.found = place, column, found
        super().__init__(f"{place} has no column {column!r}; it has {_some(found)}: correct the file or the source")


class OutcomeNotNumeric(CopmlError):
    """The outcome of a regression stands in a column that holds no numbers."""

    code = "COPML-029"

    def __init__(self, column: str, kind: str) -> None:
        self.column, self.kind = column, kind
        super().__init__(
            f"column {column!r} holds {kind} and not the numbers that a regression predicts: name another column under "
            "`data.outcome.column`, or state its type under `columns` of the source"
        )


class ColumnUnusable(CopmlError):
    """A column has a name or a type that cannot be kept."""

    code = "COPML-036"

    def __init__(self, place: str, column: str, reason: str) -> None:
        self.place, self.column, self.reason = place, column, reason
        super().__init__(f"column {column!r} of {place} {reason}")


class TooManyColumns(CopmlError):
    """A file has more columns than copml takes."""

    code = "COPML-037"

    def __init__(self, place: str, found: int, most: int) -> None:
        self.place, self.found, self.most = place, found, most
        super().__init__(
            f"{place} has {found} columns, and at most {most} are taken; deliver only those that are needed"
        )


class FeaturesInvalid(CopmlError):
    """The project's `build` returned something that is no table of features."""

    code = "COPML-038"

    def __init__(self, entry: str, as_of: str, reason: str) -> None:
        self.entry, self.as_of, self.reason = entry, as_of, reason
        super().__init__(f"{entry} as of {as_of}: {reason}")


class SourceUnknown(CopmlError):
    """Project code asked for a source that the project file does not have."""

    code = "COPML-039"

    def __init__(self, source: str, known: list[str]) -> None:
        self.source, self.known = source, known
        super().__init__(f"there is no source {source!r}; the project file has {_some(known)}")


def _some(names: list[str]) -> str:
    return ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "") if names else "none"


class ExampleMissing(CopmlError):
    """The example project is not part of this installation."""

    code = "COPML-007"

    def __init__(self, example: str) -> None:
        self.example = example
        super().__init__(
            f"the example {example} is not part of this installation; install copml from its wheel or source"
        )


class DemonstrationDiffers(CopmlError):
    """A demonstration is to go on with other settings than it was begun with."""

    code = "COPML-008"

    def __init__(self, folder: str, begun: str, wanted: str) -> None:
        self.folder, self.begun, self.wanted = folder, begun, wanted
        super().__init__(
            f"the demonstration in {folder} was begun with {begun}, and cannot go on with {wanted}; "
            "give it the same again, or another `--folder`"
        )


class RealTableUnusable(CopmlError):
    """What was given as the public Telco churn table is not it."""

    code = "COPML-009"

    def __init__(self, path: str, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(
            f"{path} cannot be read as the public Telco churn table: {reason}; "
            "give IBM's sample as CSV, with customerID, TotalCharges, Churn and 18 columns more"
        )


class LoopFailed(CopmlError):
    """A task of the loop failed for good while something waited for it."""

    code = "COPML-094"

    def __init__(self, task: str, error: str) -> None:
        self.task, self.error = task, error
        super().__init__(f"the task {task} failed: {error.splitlines()[0]}; mend the cause, then `copml retry`")


class BacktestTooShort(CopmlError):
    """There are too few batches between the times of a backtest to compare anything."""

    code = "COPML-097"

    def __init__(self, since: datetime, until: datetime, batches: int) -> None:
        self.since, self.until, self.batches = since, until, batches
        super().__init__(
            f"{batches} batches lie between {since:%Y-%m-%d} and {until:%Y-%m-%d}, and a backtest needs three: begin "
            "earlier with `--since`, or deliver more history with times (`event_at`)"
        )


# exploration: tables, notebooks, trials


class TableUnusable(CopmlError):
    """A table that cannot be explored."""

    code = "COPML-120"

    def __init__(self, table: str, reason: str) -> None:
        self.table, self.reason = table, reason
        super().__init__(
            f"{table} cannot be explored: {reason}; give CSV with a header, JSON lines or Parquet, with a row at least"
        )


class ColumnUnknown(CopmlError):
    """A column was named that the table does not have."""

    code = "COPML-121"

    def __init__(self, table: str, column: str, known: list[str]) -> None:
        self.table, self.column, self.known = table, column, known
        super().__init__(f"{table} has no column {column!r}; it has {_some(known)}")


class OutcomeUnclear(CopmlError):
    """It does not follow which values of the outcome's column are the event."""

    code = "COPML-122"

    def __init__(self, column: str, reason: str, values: list[str]) -> None:
        self.column, self.reason, self.values = column, reason, values
        choice = f"name the value that counts as the event with `--positive`: {_some(values)}" if values else ""
        super().__init__(f"the outcome {column} {reason}; {choice or 'name another column with `--outcome`'}")


class NotebookUnusable(CopmlError):
    """A notebook from which no module can be made."""

    code = "COPML-123"

    def __init__(self, path: str, reason: str, remedy: str) -> None:
        self.path, self.reason, self.remedy = path, reason, remedy
        super().__init__(f"no module can be made of {path}: {reason}; {remedy}")


class CellUnusable(CopmlError):
    """A tagged cell of a notebook cannot become part of a module."""

    code = "COPML-124"

    def __init__(self, path: str, cell: int, line: int, reason: str, remedy: str) -> None:
        self.path, self.cell, self.line, self.reason, self.remedy = path, cell, line, reason, remedy
        super().__init__(f"{path}, cell {cell} (counted from the top), line {line}: {reason}; {remedy}")


class ModuleInTheWay(CopmlError):
    """A module that was to be written is there already, with another content."""

    code = "COPML-125"

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(f"{path} is there already and differs; `--replace` writes over it, `--as` names another")


class TableUnknown(CopmlError):
    """Rows were asked for of a table that the project does not have, or that has none as of that time."""

    code = "COPML-126"

    def __init__(self, table: str, reason: str, known: list[str]) -> None:
        self.table, self.reason, self.known = table, reason, known
        super().__init__(f"no rows of {table!r}: {reason}; the project has {_some(known)}")


class TrialUnknown(CopmlError):
    """A trial was named that the project does not have."""

    code = "COPML-127"

    def __init__(self, trial: str, known: list[str]) -> None:
        self.trial, self.known = trial, known
        super().__init__(f"there is no trial {trial!r}; the newest are {_some(known)}: `copml trials` lists them")


class TrialEnded(CopmlError):
    """Something was to be logged to a trial that has ended."""

    code = "COPML-128"

    def __init__(self, trial: str) -> None:
        self.trial = trial
        super().__init__(f"trial {trial} has ended and stays as it is; start another one with `project.trial(…)`")


# exports, promotions and sweeps


class ExportExists(CopmlError):
    """Something is there already under the name of an export."""

    code = "COPML-130"

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(f"{path} is there already, and nothing was changed; name another folder, or remove it first")


class VersionNotExportable(CopmlError):
    """A version is kept in a way that the export does not carry."""

    code = "COPML-138"

    def __init__(self, version: str, kept: str) -> None:
        self.version, self.kept = version, kept
        super().__init__(
            f"{version} is kept as {kept}, and estimators of scikit-learn, XGBoost and LightGBM are exported; "
            "hand on its file as it is, or train such an estimator"
        )


class NothingToExport(CopmlError):
    """No prediction is of the version and time asked for."""

    code = "COPML-131"

    def __init__(self, project: str) -> None:
        self.project = project
        super().__init__(
            f"no prediction of {project} is of that version and time; `copml status` says when was scored, "
            "`copml versions` which versions there are"
        )


class VersionMissing(CopmlError):
    """There is no model version of a name."""

    code = "COPML-132"

    def __init__(self, project: str, version: str, known: list[str]) -> None:
        self.project, self.version, self.known = project, version, known
        super().__init__(f"{project} has no version {version!r}; it has {_some(known[-12:])}")


class PromotionRefused(CopmlError):
    """A version may not be carried to another workspace."""

    code = "COPML-133"

    def __init__(self, what: str, reason: str, remedy: str) -> None:
        self.what, self.reason, self.remedy = what, reason, remedy
        super().__init__(f"{what} was not promoted: {reason}; {remedy}")


class EvidenceAltered(CopmlError):
    """The ledger does not bear out what is said of a version."""

    code = "COPML-134"

    def __init__(self, version: str, reason: str) -> None:
        self.version, self.reason = version, reason
        super().__init__(f"{version} was not promoted: {reason}; run `copml ledger verify`, and compare with a backup")


class SweepMissing(CopmlError):
    """A sweep is asked for, and the project file describes none."""

    code = "COPML-135"

    def __init__(self, project: str) -> None:
        self.project = project
        super().__init__(
            f"{project} has no `sweep` under `training`; say there which parameters to search, as in "
            "`sweep: {space: {C: {min: 0.01, max: 100, log: true}}}`, then `copml apply`"
        )


class SweepExtraMissing(CopmlError):
    """The library that searches is not installed."""

    code = "COPML-136"

    def __init__(self) -> None:
        super().__init__("sweeps search with Optuna, which is not installed; run `pip install 'copml[sweep]'`")


class SweepHeld(CopmlError):
    """Another process runs the same sweep."""

    code = "COPML-137"

    def __init__(self, sweep: str, worker: str) -> None:
        self.sweep, self.worker = sweep, worker
        super().__init__(f"the sweep {sweep} is run by {worker} already; wait for it, or stop it and run this again")


# models that run elsewhere


class TopicElsewhere(CopmlError):
    """Advice was asked on something that is decided where the model runs."""

    code = "COPML-150"

    def __init__(self, topic: str, known: list[str]) -> None:
        self.topic, self.known = topic, known
        super().__init__(f"{topic} is decided where the model runs, not here; advice is given on {', '.join(known)}")


class ModelElsewhere(CopmlError):
    """Something was asked for that only a project can do whose model runs here."""

    code = "COPML-151"

    def __init__(self, project: str, what: str) -> None:
        self.project, self.what = project, what
        super().__init__(
            f"the model of {project} runs elsewhere (deployment.mode: external), so nothing is {what} here; "
            "ask whoever runs it, or write `mode: batch` with `features` and `training` to move it here"
        )


class OutcomeUnusable(CopmlError):
    """The column that is to be predicted cannot be."""

    code = "COPML-152"

    def __init__(self, column: str, reason: str) -> None:
        self.column, self.reason = column, reason
        super().__init__(f"{column!r} cannot be what is predicted: {reason}; name another column with `--outcome`")


class RegistryRefused(CopmlError):
    """A registry of models does not give what was asked of it."""

    code = "COPML-153"

    def __init__(self, address: str, reason: str) -> None:
        self.address, self.reason = address, reason
        super().__init__(
            f"{address} could not be fetched: {reason}; see that MLFLOW_TRACKING_URI names the registry and that the "
            "model is in it, or name a folder or file in its place"
        )


# notifications


class PreferenceWrong(CopmlError):
    """A wish on how to be told that could not be kept to."""

    code = "COPML-160"

    def __init__(self, field: str, value: str, hint: str) -> None:
        self.field, self.value = field, value
        super().__init__(f"{field} cannot be {value[:80]!r}: {hint}")


class MailMisconfigured(CopmlError):
    """E-mail cannot be sent as the environment stands."""

    code = "COPML-161"

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(
            f"e-mail cannot be sent: {reason}; set COPML_SMTP_URL to smtps://user:password@host:465 and "
            "COPML_SMTP_FROM to the sender's address, for every process that runs the loop"
        )


class ChannelUnset(CopmlError):
    """An environment variable that a preference names holds nothing that could be used."""

    code = "COPML-162"

    def __init__(self, variable: str, expected: str) -> None:
        self.variable = variable
        super().__init__(
            f"the environment variable {variable} does not hold {expected}; set it for every process that runs the "
            "loop, or name another with `copml notify set`"
        )


class NoWayToTell(CopmlError):
    """A person is to be told something and has no channel."""

    code = "COPML-163"

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(
            f"there is no way to tell {name} anything: name one with `copml notify set --email ADDRESS`, `--webhook` "
            "or `--apprise`, or set COPML_SMTP_URL, so that who is called by an address is told there"
        )


class NotifyExtraMissing(CopmlError):
    """apprise is not installed."""

    code = "COPML-164"

    def __init__(self) -> None:
        super().__init__("this channel needs apprise, which is not installed; run `pip install 'copml[notify]'`")


# access


class NotSignedIn(CopmlError):
    """Nobody is signed in, or no longer."""

    code = "COPML-170"

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"nobody is signed in: {reason}; `copml login` signs in, or send a token")


class Forbidden(CopmlError):
    """Somebody may not do what they asked for."""

    code = "COPML-171"

    def __init__(self, who: str, right: str, where: str) -> None:
        self.who, self.right, self.where = who, right, where
        super().__init__(
            f"{who} may not do this: it takes the right {right!r} {where}; `people` of the project file says who is in "
            "which role, docs/reference/permissions.md what each role may do"
        )


class PasswordRefused(CopmlError):
    """A password that is guessed easily, or cannot be taken."""

    code = "COPML-172"

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"this password is not taken: {reason}; choose another, such as four words of your own")


class SignInRefused(CopmlError):
    """Name and password do not belong together. Whether there is such an account is not said."""

    code = "COPML-173"

    def __init__(self) -> None:
        super().__init__("name and password do not belong together; an administrator can send a new invitation")


class SignInLocked(CopmlError):
    """Signing in failed so often that it waits."""

    code = "COPML-174"

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        super().__init__(f"signing in failed too often; try again in {seconds} seconds")


class InvitationRefused(CopmlError):
    """An invitation that is not there, was used, or is over."""

    code = "COPML-175"

    def __init__(self) -> None:
        super().__init__("this invitation was used, is over, or never was; ask an administrator for a new one")


class AccountUnknown(CopmlError):
    """There is no account of this name."""

    code = "COPML-176"

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"there is no account {name!r}; `copml accounts list` names those that there are")


class AccountUnusable(CopmlError):
    """What was asked of an account cannot be done."""

    code = "COPML-177"

    def __init__(self, name: str, reason: str) -> None:
        self.name, self.reason = name, reason
        super().__init__(f"account {name!r}: {reason}")


class TokenUnusable(CopmlError):
    """A token cannot be issued as asked, or there is none of that name."""

    code = "COPML-178"

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"no such token: {reason}")


class IdentityAsserted(CopmlError):
    """Somebody would decide under a name that nobody checked, in a workspace that has accounts."""

    code = "COPML-179"

    def __init__(self, by: str) -> None:
        self.by = by
        super().__init__(
            f"this workspace has accounts, so {by!r} must sign in to decide: set COPML_TOKEN to a token of theirs, or "
            "use `--server`"
        )


class RevisionMoved(CopmlError):
    """A project file was written against a revision that is no longer in force."""

    code = "COPML-180"

    def __init__(self, project: str, expected: int, active: int | None) -> None:
        self.project, self.expected, self.active = project, expected, active
        now = f"r{active} is in force" if active is not None else "there is none"
        super().__init__(
            f"{project}: this was written against revision r{expected}, and {now}; look at what changed, then apply it"
        )


class RequestRefused(CopmlError):
    """A request that is not as the API asks for."""

    code = "COPML-181"

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class JobUnknown(CopmlError):
    """There is no job of this name."""

    code = "COPML-182"

    def __init__(self, job: str) -> None:
        self.job = job
        super().__init__(f"there is no job {job!r} of this project; a server forgets them when it starts anew")


class ServerRefused(CopmlError):
    """A server of copml did not do what it was asked to."""

    code = "COPML-183"

    def __init__(self, server: str, reason: str, *, told: str = "") -> None:
        self.server, self.reason = server, reason
        self.code = told or type(self).code  # type: ignore[misc]  # the server's own, where it gave one
        super().__init__(f"{server}: {reason}")


class NotOverHttp(CopmlError):
    """Something that a server of copml is not asked for."""

    code = "COPML-184"

    def __init__(self, what: str, reason: str) -> None:
        self.what, self.reason = what, reason
        super().__init__(f"{what} cannot be used with --server: {reason}; leave --server and COPML_SERVER out")
