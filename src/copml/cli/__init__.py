"""The command line: one file per command group, each command calling one use case.

Invariant: a user's mistake ends in one clear message and an exit status, never in a traceback. Statuses: 0 done, 1 a
CopmlError, 2 wrong usage, 3 `check` found a breach, 4 the loop had failed tasks, 5 `check --against` found a verdict
that got worse, 130 interrupted.
"""

import sys

EXIT_ERROR = 1
EXIT_BREACHED = 3
EXIT_FAILED_TASKS = 4
EXIT_WORSE = 5
EXIT_INTERRUPTED = 130


def main() -> None:
    """Entry point of the `copml` script: one of the three places that catch everything."""
    from copml.cli.commands import app
    from copml.cli.output import console
    from copml.errors import CopmlError

    try:
        app()
    except CopmlError as error:
        console(to_stderr=True).print(f"{error.code}: {error}", style="red", markup=False)
        sys.exit(EXIT_ERROR)
    except KeyboardInterrupt:
        console(to_stderr=True).print("stopped; what was finished is kept", markup=False)
        sys.exit(EXIT_INTERRUPTED)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(EXIT_ERROR)
    except Exception as error:  # noqa: BLE001 - the fence of the command line: a defect, reported as one
        console(to_stderr=True).print(
            f"COPML-000: a defect of copml: {type(error).__name__}: {error}; "
            "set COPML_DEBUG=1 to see where, and report it",
            style="red",
            markup=False,
        )
        _debug(error)
        sys.exit(EXIT_ERROR)


def _debug(error: Exception) -> None:
    import os
    import traceback

    if os.environ.get("COPML_DEBUG"):
        traceback.print_exception(error)
