"""Use case: adopt a model that runs elsewhere, from its file, a sample of its inputs and, if there is one, its log.

Invariant: nothing of the data is copied, and the model's file stays where it is: only its digest is written down. It is
looked at, and opened, by `app.asking` in a child process.
"""

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from copml.app.asking import Asked, ask_model, fetch_model, sample_rows
from copml.app.provisional import FirstCheck, first_check
from copml.exploration import Proxy, proxies, remarks
from copml.models.foreign import address_name, is_address
from copml.operations import no_progress
from copml.operations.stages import Progress
from copml.spec.infer import Guesses, guess
from copml.spec.infer_columns import facts_of, read_sample
from copml.spec.infer_external import Adoption, ModelFile, adopted_text, guess_log, no_log
from copml.spec.infer_text import path_from
from copml.spec.skeleton import GIT_IGNORED, refuse_name, write_files


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopted:
    """What was written and found; `first` is the first check, `not_opened`: why the model was not asked."""

    project: str
    files: tuple[Path, ...]
    model: Asked
    not_opened: str
    protected: tuple[str, ...]
    proxies: tuple[Proxy, ...]
    first: FirstCheck


def adopt(
    model: str | Path,
    sample: Path,
    *,
    folder: Path = Path(),
    name: str | None = None,
    predictions: Path | None = None,
    outcome: str | None = None,
    positive: str | None = None,
    trust_pickle: bool = False,
    progress: Progress = no_progress,
) -> Adopted:
    """Write a project for a model that runs elsewhere, and say what is known of it.

    `model`: its file, the folder of an MLflow model, or where MLflow has it, such as `models:/churn/3`.
    `sample`: a table of its inputs, with outcomes or without. `predictions`: a file of its log. `outcome`, `positive`:
    the column of the truth in the sample, and the value that counts as yes. `trust_pickle`: a person knows who made
    the model's file, and accepts that opening it runs code.

    Raises:
        NameUnusable, FileInTheWay, FolderUnwritable: about the project's folder.
        SampleUnusable, OutcomeUnusable: about the tables.
        ModelFileRefused, ModelUntrusted, ModelUnreadable, ModelUnusable, LibraryMissing, RegistryRefused: about the
            model.
    """
    project = name or project_name(model)
    refuse_name(project)
    progress("reading the sample", 0, None)
    texts = read_sample(sample)
    guesses = guess(facts_of(texts), outcome=outcome)
    progress("asking the model", 0, None)
    with _at_hand(str(model)) as path:
        opened = ask_model(path, sample, guesses, positive, trust_pickle=trust_pickle)
    found = likely_proxies(sample, guesses)
    target = folder / project
    text = adopted_text(
        Adoption(
            name=project,
            sample=path_from(target, sample),
            guesses=guesses,
            positive=positive,
            log=None if predictions is None else path_from(target, predictions),
            log_guess=no_log(guesses)
            if predictions is None
            else guess_log(facts_of(read_sample(predictions)), guesses),
            model=ModelFile(digest=opened.digest, format=opened.format, made_with=opened.library),
            remarks=remarks(found),
        )
    )
    files = write_files(target, {"copml.yaml": text, ".gitignore": GIT_IGNORED})
    progress("first check", 0, None)
    return Adopted(
        project=project,
        files=files,
        model=opened,
        not_opened=_not_opened(opened, guesses),
        protected=guesses.protected,
        proxies=found,
        first=first_check(files[0], progress=progress),
    )


def project_name(model: str | Path) -> str:
    """What a project is called after its model: `churn-2` for `Churn_2.joblib`, and for `models:/Churn_2/7`."""
    name = address_name(str(model)) if is_address(str(model)) else Path(model).name
    return re.sub(r"[^a-z0-9]+", "-", name.partition(".")[0].lower()).strip("-")[:63]


@contextmanager
def _at_hand(model: str) -> Iterator[Path]:
    """Where a model's files are, while it is looked at."""
    if not is_address(model):
        yield Path(model)
        return
    with tempfile.TemporaryDirectory(prefix="copml-adopt-") as folder:
        yield fetch_model(model, Path(folder))


def likely_proxies(sample: Path, guesses: Guesses) -> tuple[Proxy, ...]:
    """Columns of a table that tell a protected one well."""
    if not guesses.protected:
        return ()
    rows = sample_rows(sample)
    outcome = guesses.outcome.name if guesses.outcome is not None else None
    left_out = {outcome, guesses.entity, guesses.event_at}
    others = [name for name in rows.column_names if name not in left_out]
    return proxies(rows, [name for name in guesses.protected if name in others], others)


def _not_opened(opened: Asked, guesses: Guesses) -> str:
    if opened.columns is not None:
        return ""
    if guesses.outcome is None:
        return "the outcome is not known: name its column with --outcome to have the sample predicted"
    return "it is a pickle, and opening it runs whatever it says: if you know who made it, add --trust-pickle"
