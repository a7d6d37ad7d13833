"""`python -m copml` is `copml`."""

from copml.cli import main

main()
