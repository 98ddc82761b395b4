"""The system calls that a program in the sandbox may make, as a filter for the kernel; libseccomp writes it.

The second wall behind the namespaces, and a list of what is allowed: what an interpreter, its threads and its event
loops need. Whatever is not on it answers as if the kernel did not have it (ENOSYS), which C libraries expect of a call
that is newer than the kernel. So nothing starts a process, and the limits of one process are the limits of the
sandbox; nothing opens a socket, not even of the families that network namespaces do not part (AF_VSOCK reaches the host
of a virtual machine); and no memory is had that RLIMIT_AS does not count: System V and POSIX queues, semaphores and
shared memory, contexts of asynchronous input and output, io_uring, memfd, inotify, keys.
"""

from __future__ import annotations

import errno
import functools
import tempfile
from fcntl import F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_GETFL, F_GETLK, F_SETFD, F_SETFL, F_SETLK, F_SETLKW
from socket import AF_UNIX
from termios import FIOCLEX, FIONBIO, FIONCLEX, FIONREAD, TCGETS, TIOCGWINSZ

from forgetbench.errors import EngineError

_CLONE_THREAD = 0x10000
_UNKNOWN = -1
"""What libseccomp makes of a name that it does not know; calls of other machines have other negative numbers."""

_ALLOWED = """
read write readv writev pread64 pwrite64 preadv pwritev preadv2 pwritev2 lseek sendfile copy_file_range close
close_range
open openat creat access faccessat faccessat2 stat fstat lstat newfstatat statx statfs fstatfs readlink readlinkat
getdents getdents64 getcwd chdir fchdir mkdir mkdirat rmdir unlink unlinkat rename renameat renameat2 link linkat
symlink symlinkat chmod fchmod fchmodat fchmodat2 umask utime utimes futimesat utimensat truncate ftruncate fallocate
fsync fdatasync flock fadvise64 getxattr lgetxattr fgetxattr listxattr llistxattr flistxattr
dup dup2 dup3 pipe pipe2 eventfd2 poll ppoll select pselect6 epoll_create epoll_create1 epoll_ctl epoll_wait
epoll_pwait epoll_pwait2 recvfrom sendto shutdown getsockname getpeername getsockopt
brk mmap munmap mremap mprotect madvise msync mincore membarrier map_shadow_stack arch_prctl
futex futex_waitv set_robust_list get_robust_list set_tid_address rseq gettid sched_yield sched_getaffinity
sched_setaffinity sched_getparam sched_getscheduler sched_get_priority_max sched_get_priority_min getpriority getcpu
rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigsuspend rt_sigtimedwait sigaltstack restart_syscall kill
tkill tgkill pause alarm setitimer getitimer
clock_gettime clock_getres clock_nanosleep nanosleep gettimeofday time times getrusage
getpid getppid getpgrp getpgid getsid getuid geteuid getresuid getgid getegid getresgid getgroups capget prctl
setresuid setresgid setgroups getrlimit setrlimit prlimit64 uname sysinfo getrandom
execve wait4 waitid exit exit_group
"""
"""Whatever their arguments. Those that change ids or wait serve the way into the cell."""

_ALLOWED_WITH = {
    "fcntl": (1, (F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_GETLK, F_SETLK, F_SETLKW)),
    "ioctl": (1, (TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO, FIOCLEX, FIONCLEX)),
    "socketpair": (0, (AF_UNIX,)),
}  # fmt: skip
"""Where the argument of this place is one of these. An event loop wakes itself through a pair of sockets."""


@functools.cache
def allowed_calls() -> bytes:
    """The filter for this machine: an array of struct sock_filter.

    Foreign calling conventions (32 bits, x32) end the program. EngineError without libseccomp or its binding.
    """
    try:
        import pyseccomp
    except (ImportError, RuntimeError) as error:  # RuntimeError: the binding is there, the library is not
        raise EngineError(f"it needs libseccomp: {error}") from None
    rules: list[tuple[str, tuple[pyseccomp.Arg, ...]]] = [(name, ()) for name in _ALLOWED.split()]
    # A thread is let through, a process is not. clone3 keeps its flags in memory, where no filter sees them: called
    # missing, so that libc calls clone.
    rules.append(("clone", (pyseccomp.Arg(0, pyseccomp.MASKED_EQ, _CLONE_THREAD, _CLONE_THREAD),)))
    for name, (place, values) in _ALLOWED_WITH.items():
        rules += [(name, (pyseccomp.Arg(place, pyseccomp.EQ, value),)) for value in values]
    filter_ = pyseccomp.SyscallFilter(pyseccomp.ERRNO(errno.ENOSYS))
    filter_.set_attr(pyseccomp.Attr.ACT_BADARCH, pyseccomp.KILL_PROCESS)
    for name, arguments in rules:
        number = pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, name)
        if number != _UNKNOWN:  # newer than the library
            filter_.add_rule(pyseccomp.ALLOW, number, *arguments)
    with tempfile.TemporaryFile() as file:
        filter_.export_bpf(file)
        file.seek(0)
        return file.read()
