"""`python -m mobility_app` is `mobility`."""

from mobility_app.cli import main

main()
