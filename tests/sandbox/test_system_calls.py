"""System calls that programs do not get, and what honest ones need."""

from __future__ import annotations

import platform
import signal

import pyseccomp
import pytest
from sandboxed import SHORT, ask

from forgetbench import sandbox

pytestmark = pytest.mark.usefixtures("consent")


REFUSED = """
semget semop semtimedop semctl shmget shmat shmctl msgget msgsnd msgrcv mq_open memfd_create memfd_secret io_setup
io_submit io_uring_setup io_uring_enter io_uring_register inotify_init1 fanotify_init timerfd_create timer_create
add_key request_key keyctl bpf perf_event_open userfaultfd ptrace process_vm_readv process_vm_writev kcmp pidfd_open
pidfd_getfd mount umount2 pivot_root chroot open_tree move_mount fsopen fsmount mount_setattr unshare setns
name_to_handle_at open_by_handle_at quotactl swapon acct reboot kexec_load init_module finit_module delete_module
personality syslog splice vmsplice setxattr mknodat socket connect bind sendmsg recvmsg setsockopt
""".split()


def test_what_takes_memory_of_the_kernel_or_reaches_deep_into_it_is_missing() -> None:
    numbers = {name: pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, name) for name in REFUSED}
    program = f"""
import ctypes, errno
libc = ctypes.CDLL(None, use_errno=True)
for name, number in {numbers}.items():
    if libc.syscall(number, 0, 0, 0, 0, 0, 0) != -1 or ctypes.get_errno() != errno.ENOSYS: say(name)
"""
    assert ask(program) == ""


def test_calls_of_another_convention_end_the_program() -> None:
    if platform.machine() != "x86_64":
        pytest.skip("only x86 has other conventions")
    x32 = "import ctypes; ctypes.CDLL(None).syscall(0x40000000 + 39)"
    code = r"b'\xb8\x14\x00\x00\x00\xcd\x80\xc3'"  # mov eax, 20 (getpid); int 0x80; ret
    i386 = (
        f"import ctypes, mmap\npage = mmap.mmap(-1, 4096, prot=7); page.write({code})\n"
        "ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()"
    )
    assert [outcome.exit_code for outcome in sandbox.run_all([x32, i386], SHORT)] == [-signal.SIGSYS] * 2


@pytest.mark.parametrize(
    "program",
    [
        "import asyncio; asyncio.run(asyncio.sleep(0.01))",
        "from concurrent.futures import ThreadPoolExecutor as P\nwith P(8) as pool: list(pool.map(str, range(99)))",
        "import tempfile\nwith tempfile.TemporaryDirectory() as d, open(d + '/x', 'w+') as f: f.write('x')",
        "import shutil; open('a', 'w').write('x'); shutil.copy2('a', 'b'); shutil.move('b', 'c')",
        "import sqlite3; sqlite3.connect('x.db').execute('create table t (x)')",
        "from signal import *; signal(SIGALRM, lambda *_: None); setitimer(ITIMER_REAL, 0.01); pause()",
        "import random, secrets, uuid, time, datetime; secrets.token_hex(); uuid.uuid4(); datetime.datetime.now()",
        "import re, json, math, decimal, fractions, statistics, heapq, typing, dataclasses, bisect, string, hashlib",
        "import subprocess, multiprocessing, socket, ssl, urllib.request, http.client, email, xml.dom.minidom",
    ],
)  # fmt: skip
def test_honest_programs_run(program: str) -> None:
    outcome = sandbox.run_python(program)
    assert outcome.passed, outcome
