"""Keep fitted models as files and predict with them: digests of what was learnt, safe loading, fast exact runtimes.

Invariant: loading runs no code but that of the model's library and ours, except for pickles, which are opened in a
child process only, and only if they are signed or trusted; a model that loads is bit for bit the one that was saved; a
row's prediction does not depend on the rows beside it, or the model says by how much. What the files are signed with,
and where they are kept, is for `registry`.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from copml.models.answers import NUMBERS as NUMBERS
    from copml.models.answers import answer_of as answer_of
    from copml.models.answers import class_names as class_names
    from copml.models.artifact import load as load
    from copml.models.artifact import save as save
    from copml.models.columns import NUMBER as NUMBER
    from copml.models.columns import fitted_columns as fitted_columns
    from copml.models.columns import to_frame as to_frame
    from copml.models.content import content_digest as content_digest
    from copml.models.copying import standalone_package as standalone_package
    from copml.models.copying import types_to_trust as types_to_trust
    from copml.models.description import Description as Description
    from copml.models.direct import Problem as Problem
    from copml.models.dressed import as_estimator as as_estimator
    from copml.models.family import model_family as model_family
    from copml.models.foreign import inspect as inspect
    from copml.models.foreign import open_foreign as open_foreign
    from copml.models.formats.pickle_file import pickle_digest as pickle_digest
    from copml.models.runtimes import Model as Model
    from copml.models.standalone import output_names as output_names

_NAMES = {
    "Description": "description",
    "Model": "runtimes",
    "NUMBER": "columns",
    "NUMBERS": "answers",
    "Problem": "direct",
    "answer_of": "answers",
    "as_estimator": "dressed",
    "class_names": "answers",
    "content_digest": "content",
    "fitted_columns": "columns",
    "inspect": "foreign",
    "load": "artifact",
    "model_family": "family",
    "open_foreign": "foreign",
    "output_names": "standalone",
    "pickle_digest": "formats.pickle_file",
    "save": "artifact",
    "standalone_package": "copying",
    "types_to_trust": "copying",
    "to_frame": "columns",
}


def __getattr__(name: str) -> object:
    if name not in _NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_NAMES[name]}"), name)
