"""What is written beside a model's file: all that is needed to predict with it as at training.

Invariant: two fits that are alike have the same description, byte for byte; it holds no time and no address.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import msgspec

from copml.digest import canonical
from copml.errors import ModelUnreadable
from copml.records import Digest, ProblemKind

FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """How to serve a model.

    `columns`: name → number or text, in the order of training. `batch_difference`: how far a probability may depend on
    its batch mates, as measured; 0.0 is not at all. `library`: scikit-learn's release. `classes`: what the answers of a
    multiclass model are about, in their order; else empty.
    """

    runtime: str
    columns: dict[str, str]
    content_digest: Digest
    batch_difference: float
    library: str
    kind: ProblemKind = ProblemKind.BINARY
    classes: tuple[str, ...] = ()
    format: int = FORMAT

    def write(self, path: Path) -> None:
        """Write as canonical JSON; columns as a list, because their order counts; what is binary is left unsaid."""
        values = {name: getattr(self, name) for name in self.__slots__}
        values["columns"] = [[name, kind] for name, kind in self.columns.items()]
        if self.kind is ProblemKind.BINARY:
            del values["kind"], values["classes"]
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
