"""What the interpreter in a cell runs: limits, the last rights given up, then the program. Passed as text with -c.

    stdin                  the word to say at the end, a line break, the program
    stdout                 the report: `ready`, and the word if the program ran to its end
    first argument         which open file is /dev/null; processor seconds, bytes of memory, bytes of a file

The word is told only when the program has run to its last line: exit code 0 alone says nothing, since a program may
exit before it is tested.
"""

import os
import resource
import sys

NOBODY = 65534
"""The program's user and group."""
REPORT = 3
_THREADS, _FILES, _SIGNALS = 32, 64, 64
"""Limits that no honest program meets: threads, open files, pending signals."""


def _limit(seconds: int, memory: int, size: int) -> None:
    for kind, soft, hard in (
        # At the soft limit the kernel sends SIGXCPU, at the hard one SIGKILL.
        (resource.RLIMIT_CPU, seconds, seconds + 1),
        (resource.RLIMIT_AS, memory, memory),
        (resource.RLIMIT_FSIZE, size, size),
        (resource.RLIMIT_NPROC, _THREADS, _THREADS),
        (resource.RLIMIT_NOFILE, _FILES, _FILES),
        (resource.RLIMIT_SIGPENDING, _SIGNALS, _SIGNALS),
        (resource.RLIMIT_MSGQUEUE, 0, 0),
        (resource.RLIMIT_MEMLOCK, 0, 0),
        (resource.RLIMIT_CORE, 0, 0),
    ):
        resource.setrlimit(kind, (soft, hard))


def _rearrange(null: int) -> None:
    """The report moves out of the way of what the program prints, which is dropped; and there is no input."""
    os.dup2(1, REPORT)
    for standard in (0, 1):
        os.dup2(null, standard)
    os.closerange(REPORT + 1, _FILES)


def _main() -> None:
    null, *limits = map(int, sys.argv.pop().split(","))
    if os.getuid() == 0:  # of its namespace; its rights go with it
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    _limit(*limits)
    os.write(1, b"ready\n")
    text = b""
    while chunk := os.read(0, 1 << 20):
        text += chunk
    word, _, source = text.partition(b"\n")
    _rearrange(null)
    exec(compile(source, "program.py", "exec"), {"__name__": "__main__"})  # noqa: S102
    os.write(REPORT, b"\n" + word)
    os._exit(0)


if __name__ == "__main__":
    _main()
