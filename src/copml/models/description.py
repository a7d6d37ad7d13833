"""What is written beside a model's file: all that is needed to predict with it as at training.

Invariant: two fits that are alike have the same description, byte for byte; it holds no time and no address.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import msgspec

from copml.digest import canonical
from copml.errors import ModelUnreadable
from copml.models.formats import SKOPS
from copml.records import Digest, ProblemKind

FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """How to serve a model.

    `columns`: name → number or text, in the order of training. `batch_difference`: how far a probability may depend on
    its batch mates, as measured; 0.0 is not at all. `library`: scikit-learn's release, empty where it has no part;
    `libraries`: the releases of others. `classes`: what the answers of a multiclass model are about, in their order;
    else empty. `kept_as`: the format of the model's file.
    """

    runtime: str
    columns: dict[str, str]
    content_digest: Digest
    batch_difference: float
    library: str
    kind: ProblemKind = ProblemKind.BINARY
    classes: tuple[str, ...] = ()
    kept_as: str = SKOPS
    libraries: dict[str, str] = field(default_factory=dict)
    format: int = FORMAT

    @property
    def made_with(self) -> str:
        """The libraries with their releases, for people.

        >>> bare = dict(runtime="", columns={}, content_digest=Digest(""), batch_difference=0.0)
        >>> Description(**bare, library="1.9", libraries={"xgboost": "3.2"}).made_with
        'sklearn 1.9 + xgboost 3.2'
        """
        own = {"sklearn": self.library} if self.library else {}
        return " + ".join(f"{name} {release}" for name, release in (own | self.libraries).items())

    def write(self, path: Path) -> None:
        """Write as canonical JSON: columns as a list, because their order counts; without what older files lack."""
        values = {name: getattr(self, name) for name in self.__slots__}
        values["columns"] = [[name, kind] for name, kind in self.columns.items()]
        if self.kind is ProblemKind.BINARY:
            del values["kind"], values["classes"]
        if self.kept_as == SKOPS:
            del values["kept_as"]
        if not self.libraries:
            del values["libraries"]
        path.write_bytes(canonical(values))

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read what `write` wrote.

        Raises:
            ModelUnreadable: when it is missing or something else.
        """
        try:
            value = msgspec.json.decode(path.read_bytes())
            return msgspec.convert(value | {"columns": dict(value["columns"])}, cls)
        except (OSError, msgspec.MsgspecError, TypeError, KeyError, ValueError) as error:
            raise ModelUnreadable(f"{path.name}: {error}") from error
