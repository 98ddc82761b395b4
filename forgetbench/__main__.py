"""`python -m forgetbench` is the command `forgetbench`."""

from forgetbench.cli import main

main()
