"""What a child is asked to do, as it travels from the caller through the server to the worker."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from copml.sandbox.limits import Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Call `function` (`module:function`) with `argument` (of JSON types) in a child with `root` as its folder.

    `called` is what errors call it: the entry of the project file on whose behalf copml's own function runs.
    """

    function: str
    called: str
    argument: object
    root: Path
    limits: Limits
    log: Path
    environment: dict[str, str]

    def encode(self) -> bytes:
        """The request as JSON.

        Raises:
            TypeError: when the argument is not of JSON types.
        """
        return json.dumps(asdict(self) | {"root": str(self.root), "log": str(self.log)}).encode()

    @classmethod
    def decode(cls, body: bytes) -> "Request":
        """Read what `encode` wrote."""
        value = json.loads(body)
        return cls(
            function=value["function"],
            called=value["called"],
            argument=value["argument"],
            root=Path(value["root"]),
            limits=Limits(**value["limits"]),
            log=Path(value["log"]),
            environment=value["environment"],
        )
