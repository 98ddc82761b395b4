"""Puts one program into a cell and waits for its end. A script of its own, started anew for every program:

    python -I -S launcher.py CELL          CELL as JSON; the program on stdin, in the form that `BOOTSTRAP` reads

    launcher       outside; maps the user ids
    `- first       makes the namespaces
       `- init     process 1 of the cell: lays out its files and keeps the time; when it ends, all in the cell end
          `- the program: an interpreter without rights and under limits

Each dies with the one above it, so the death of any of them, or of the process that started the launcher, leaves
nothing behind. Only the standard library is imported: the package cannot be seen under -I.

Stdout is the report: `ready`, the token if the program reached its end, and how it ended, written by init when nothing
else in the cell runs any more: an exit code, minus a signal's number, or `timeout`. What failed before `ready` is told
on stderr.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import select
import signal
import stat
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

NOBODY = 65534
"""The program's user and group. Root maps it to the same id outside, anyone else to their own."""

_ROOT = "/tmp"  # noqa: S108  (covered by the cell's root in a mount namespace of its own)
_SCRATCH = "/tmp"  # noqa: S108  (inside the cell)
_PROCESSES, _FILES, _FILE_NAMES = 32, 64, 4096
"""Limits that no honest program meets: threads, open files, files in the scratch folder."""

# sched.h
_NEW_MOUNT, _NEW_CGROUP, _NEW_UTS, _NEW_IPC = 0x00020000, 0x02000000, 0x04000000, 0x08000000
_NEW_USER, _NEW_PID, _NEW_NET = 0x10000000, 0x20000000, 0x40000000
# linux/mount.h and fcntl.h. The three calls have one number on all architectures and need Linux 5.12.
_MS_NOSUID, _MS_NODEV, _MS_NOEXEC, _MS_RECURSIVE, _MS_PRIVATE, _MNT_DETACH = 2, 4, 8, 0x4000, 0x40000, 2
_OPEN_TREE, _MOVE_MOUNT, _MOUNT_SETATTR = 428, 429, 442
_AT_CWD, _AT_EMPTY_PATH, _AT_RECURSIVE, _CLONE_TREE, _FROM_EMPTY_PATH = -100, 0x1000, 0x8000, 1, 4
_READ_ONLY, _NO_SUID, _NO_DEVICES = 1, 2, 4
# linux/prctl.h
_SET_PARENT_DEATH_SIGNAL, _SET_SECCOMP, _SET_NO_NEW_PRIVILEGES, _SECCOMP_FILTER = 1, 22, 38, 2

BOOTSTRAP = """
import os
os.write(3, b"ready\\n")
def run():
    text = b""
    while chunk := os.read(0, 1 << 20):
        text += chunk
    token, _, source = text.partition(b"\\n")
    nothing, end = os.pipe()
    os.dup2(nothing, 0)
    os.close(nothing)
    os.close(end)
    exec(compile(source, "program.py", "exec"), {"__name__": "__main__"})
    os.write(3, b"\\n" + token)
    os._exit(0)
run()
"""
"""What the interpreter runs. The token is told only when the program has run to its end: exit code 0 alone
says nothing, since a program may exit before it is tested."""


@dataclass(frozen=True)
class Cell:
    """What the cell is made of. Sizes in bytes, times in seconds."""

    parent: int
    """Process id of who starts the launcher."""
    python: str
    trees: tuple[str, ...]
    """Files and folders that can be read inside, under the same path; none lies in another."""
    links: tuple[tuple[str, str], ...]
    """Symbolic links inside, and what they point at."""
    filter: str
    """Seccomp filter in hexadecimal."""
    cpu_seconds: int
    wall_seconds: float
    memory_bytes: int
    scratch_bytes: int


class _Attributes(ctypes.Structure):
    """struct mount_attr"""

    _fields_ = [(name, ctypes.c_uint64) for name in ("set", "clear", "propagation", "user_namespace")]


class _Filter(ctypes.Structure):
    """struct sock_fprog"""

    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p)]


_LIBC = ctypes.CDLL(None, use_errno=True)


def _call(name: str, *arguments: Any) -> int:
    """A libc function; OSError naming it where it gives -1. Integers are passed as long."""
    passed = [ctypes.c_long(value) if isinstance(value, int) else value for value in arguments]
    result = int(getattr(_LIBC, name)(*passed))
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}{arguments[:1]}: {os.strerror(number)}")
    return result


def _die_with(parent: int) -> None:
    _call("prctl", _SET_PARENT_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it died before the kernel was told
        os._exit(1)


def _fork(work: Callable[[], None]) -> int:
    """The id of a child that does `work` and nothing after it."""
    child = os.fork()
    if child == 0:
        try:
            work()
        except Exception as error:
            os.write(2, f"{error}\n".encode())
        finally:
            os._exit(1)
    return child


# --- outside ----------------------------------------------------------------------------------


def main() -> None:
    given = json.loads(sys.argv[1])
    cell = Cell(**{**given, "links": tuple(map(tuple, given["links"]))})
    _die_with(cell.parent)
    launcher, (unshared, say_unshared), (mapped, say_mapped) = os.getpid(), os.pipe(), os.pipe()

    def first() -> None:
        os.close(say_mapped)
        _call("unshare", _NEW_USER | _NEW_MOUNT | _NEW_PID | _NEW_NET | _NEW_IPC | _NEW_UTS | _NEW_CGROUP)
        _die_with(launcher)
        os.write(say_unshared, b".")
        if os.read(mapped, 1):
            alive = os.pipe()
            os.waitpid(_fork(lambda: _init(cell, alive)), 0)

    child = _fork(first)
    os.close(say_unshared)
    if os.read(unshared, 1):
        _map_ids(Path(f"/proc/{child}"))
        os.write(say_mapped, b".")
    os.waitpid(child, 0)


def _map_ids(process: Path) -> None:
    """Who is who in the new user namespace, which only a process outside it may say."""
    if os.geteuid() == 0:
        # Init stays root of its namespace, so the program, which is somebody else, cannot touch it.
        users = groups = f"0 0 1\n{NOBODY} {NOBODY} 1\n"
    else:
        (process / "setgroups").write_text("deny")
        users, groups = f"{NOBODY} {os.geteuid()} 1\n", f"{NOBODY} {os.getegid()} 1\n"
    (process / "uid_map").write_text(users)
    (process / "gid_map").write_text(groups)


# --- inside -----------------------------------------------------------------------------------


def _init(cell: Cell, alive: tuple[int, int]) -> None:
    """`alive` is a pipe that ends with the process above, whose id cannot be seen from here."""
    os.close(alive[1])
    _die_with(0)
    if select.select(alive[:1], (), (), 0)[0]:
        return
    null = os.open("/dev/null", os.O_WRONLY)
    _lay_out(cell)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    program = _fork(lambda: _become_program(cell, null))
    code = _await(program, cell.wall_seconds)
    os.write(1, b"\ntimeout" if code is None else f"\n{code}".encode())


def _await(program: int, seconds: float) -> int | None:
    """Its exit code, minus the number of the signal that ended it, or None: it was ended for the time it took."""
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        # SIGCHLD also tells of a child that merely stopped.
        signal.sigtimedwait({signal.SIGCHLD}, left)
        ended, status = os.waitpid(program, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
    os.kill(program, signal.SIGKILL)
    os.waitpid(program, 0)
    return None


def _lay_out(cell: Cell) -> None:
    """A root that holds `cell.trees`, read-only, and a scratch folder; everything else is gone."""
    _call("mount", None, b"/", None, _MS_RECURSIVE | _MS_PRIVATE, None)
    # Taken hold of before anything is covered: one of them may lie where the root is built.
    trees = {path: _copy_of_tree(path) for path in cell.trees}
    _mount_memory(_ROOT, _MS_NOSUID | _MS_NODEV, "size=1m,mode=755")
    place = Path(_ROOT + _SCRATCH)
    place.mkdir()
    scratch = f"size={cell.scratch_bytes},nr_inodes={_FILE_NAMES},mode=1777"
    _mount_memory(str(place), _MS_NOSUID | _MS_NODEV | _MS_NOEXEC, scratch)
    for path, tree in trees.items():
        place = Path(_ROOT + path)
        _make_place(place, is_folder=stat.S_ISDIR(os.fstat(tree).st_mode))
        _call("syscall", _MOVE_MOUNT, tree, b"", _AT_CWD, bytes(place), _FROM_EMPTY_PATH)
    for link, target in cell.links:
        Path(_ROOT + link).symlink_to(target)
    _set_attributes(_AT_CWD, _ROOT.encode(), 0)
    os.chdir(_ROOT)
    # The old root ends up on top of the new one, and is let go (pivot_root(2), "pivot_root(".", ".")").
    _call("pivot_root", b".", b".")
    _call("umount2", b".", _MNT_DETACH)
    os.chdir("/")


def _copy_of_tree(path: str) -> int:
    tree = _call("syscall", _OPEN_TREE, _AT_CWD, path.encode(), _CLONE_TREE | os.O_CLOEXEC | _AT_RECURSIVE)
    _set_attributes(tree, b"", _AT_EMPTY_PATH | _AT_RECURSIVE)
    return tree


def _set_attributes(folder: int, path: bytes, flags: int) -> None:
    attributes = _Attributes(_READ_ONLY | _NO_SUID | _NO_DEVICES, 0, 0, 0)
    _call("syscall", _MOUNT_SETATTR, folder, path, flags, ctypes.byref(attributes), ctypes.sizeof(attributes))


def _mount_memory(path: str, flags: int, options: str) -> None:
    _call("mount", b"tmpfs", path.encode(), b"tmpfs", flags, options.encode())


def _make_place(place: Path, *, is_folder: bool) -> None:
    (place if is_folder else place.parent).mkdir(parents=True, exist_ok=True)
    if not is_folder:
        place.touch()


def _become_program(cell: Cell, null: int) -> NoReturn:
    os.setsid()
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    report = os.dup(1)
    os.dup2(null, 1)
    os.dup2(report, 3)
    os.set_inheritable(3, True)
    if os.getuid() == 0:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    _set_limits(cell)
    os.chdir(_SCRATCH)
    instructions = bytes.fromhex(cell.filter)
    filter_ = _Filter(len(instructions) // 8, instructions)
    _call("prctl", _SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    _call("prctl", _SET_SECCOMP, _SECCOMP_FILTER, ctypes.byref(filter_), 0, 0)
    # An ordinary user's process has no capability after this, whatever it had in its namespace.
    os.execve(cell.python, [cell.python, "-I", "-S", "-B", "-c", BOOTSTRAP], {})  # noqa: S606


def _set_limits(cell: Cell) -> None:
    for limit, soft, hard in (
        # At the soft limit the kernel sends SIGXCPU, at the hard one SIGKILL.
        (resource.RLIMIT_CPU, cell.cpu_seconds, cell.cpu_seconds + 1),
        (resource.RLIMIT_AS, cell.memory_bytes, cell.memory_bytes),
        (resource.RLIMIT_FSIZE, cell.scratch_bytes, cell.scratch_bytes),
        (resource.RLIMIT_NPROC, _PROCESSES, _PROCESSES),
        (resource.RLIMIT_NOFILE, _FILES, _FILES),
        (resource.RLIMIT_MSGQUEUE, 0, 0),
        (resource.RLIMIT_MEMLOCK, 0, 0),
        (resource.RLIMIT_CORE, 0, 0),
    ):
        resource.setrlimit(limit, (soft, hard))


if __name__ == "__main__":
    main()
