"""`python -m forgetbench` is the command `forgetbench`."""

from forgetbench.cli.app import main

main()
