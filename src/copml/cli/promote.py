"""The command that carries a version from one workspace to another."""

from pathlib import Path

from copml.cli.output import progress, say, show_json, shown_path
from copml.cli.place import HERE, Place


def promote(version: str, *, to: Path, by: str | None = None, place: Place = HERE) -> None:
    """Carry a version, with its evidence, to another workspace, where its gates are judged again.

    Args:
        version: Which version, such as v3.
        to: Folder of the other workspace, in which the project was applied.
        by: Who promotes it, and may then not approve it there; the login name unless given.
    """
    from copml.app import promote as promote_version

    with place.opened() as (workspace, project), progress(enabled=not place.json) as shown:
        done = promote_version(workspace.showing(shown), project, version, to=to, by=place.who(by))
    if place.json:
        show_json(done)
        return
    there, arrived = shown_path(to), done.version
    verb = "is" if done.new else "was promoted before: it is"
    say(f"{version} {verb} {arrived.name} in {there}, {arrived.state}: {arrived.state_reason}")
    say(f"its origin is kept as {arrived.cause!r}")
    if arrived.state == "candidate":
        say(f"next: copml run all --workspace {there}, after `copml approve` where the project asks for it")
