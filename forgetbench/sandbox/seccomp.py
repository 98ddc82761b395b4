"""The system calls that a program in the sandbox may not make, as a filter for the kernel (seccomp, classic BPF).

The second wall behind the namespaces. It keeps two promises of its own: nothing starts a process, so the limits of
one process are the limits of the sandbox; and no socket is opened, not even of the families that network
namespaces do not part (AF_VSOCK reaches the host of a virtual machine). The rest is what a program has no use for:
memory that RLIMIT_AS does not count, other processes' memory, keys, mounts, and parts of the kernel with a history
of faults.

Layout of a filter: linux/filter.h and linux/seccomp.h; numbers: asm/unistd.h of each architecture.
"""

from __future__ import annotations

import errno
import struct
from dataclasses import dataclass

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16
"""Offsets in struct seccomp_data; of an argument, the lower half of a little-endian machine."""
_ALLOW, _KILL, _ERROR = 0x7FFF0000, 0x80000000, 0x00050000
_CLONE_THREAD = 0x10000
_X32 = 0x40000000
"""From here on, numbers are those of another calling convention on x86."""
_CLONE3 = 435
"""Its arguments lie in memory, out of the filter's sight: called missing, so that libc calls clone."""

_DENIED_ANYWHERE = (
    425, 426, 427,  # io_uring_setup, _enter, _register
    428, 429, 430, 431, 432, 433, 442,  # open_tree, move_mount, fsopen, fsconfig, fsmount, fspick, mount_setattr
    434, 438, 447,  # pidfd_open, pidfd_getfd, memfd_secret
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Architecture:
    audit: int
    """AUDIT_ARCH_*, of linux/audit.h."""
    clone: int
    denied: tuple[int, ...]


_ARCHITECTURES = {
    "x86_64": _Architecture(0xC000003E, 56, (
        57, 58, 41,  # fork, vfork, socket
        29, 68, 319, 240,  # shmget, msgget, memfd_create, mq_open
        101, 310, 311, 312,  # ptrace, process_vm_readv, process_vm_writev, kcmp
        248, 249, 250,  # add_key, request_key, keyctl
        155, 161, 165, 166, 272, 308,  # pivot_root, chroot, mount, umount2, unshare, setns
        298, 303, 304, 321, 323,  # perf_event_open, name_to_handle_at, open_by_handle_at, bpf, userfaultfd
        103, 135, 169, 163, 167, 179,  # syslog, personality, reboot, acct, swapon, quotactl
        175, 176, 246, 313, 320,  # init_module, delete_module, kexec_load, finit_module, kexec_file_load
    )),
    "aarch64": _Architecture(0xC00000B7, 220, (
        198,  # socket
        194, 186, 279, 180,
        117, 270, 271, 272,
        217, 218, 219,
        41, 51, 40, 39, 97, 268,
        241, 264, 265, 280, 282,
        116, 92, 142, 89, 224, 60,
        105, 106, 104, 273, 294,
    )),
}  # fmt: skip

ARCHITECTURES = tuple(_ARCHITECTURES)
"""Machines for which there is a filter, as `platform.machine()` calls them."""


def filter_for(machine: str) -> bytes:
    """The filter as an array of struct sock_filter, eight bytes each. KeyError for an unknown machine."""
    architecture = _ARCHITECTURES[machine]
    denied = _ERROR | errno.EPERM
    program = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, architecture.audit),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 0, 1, _X32),
        (_RETURN, 0, 0, denied),
        (_EQUAL, 0, 1, _CLONE3),
        (_RETURN, 0, 0, _ERROR | errno.ENOSYS),
        # A thread is let through, a process is not.
        (_EQUAL, 0, 4, architecture.clone),
        (_LOAD, 0, 0, _FIRST_ARGUMENT),
        (_ANY_BIT, 0, 1, _CLONE_THREAD),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, denied),
    ]
    for number in (*architecture.denied, *_DENIED_ANYWHERE):
        program += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, denied)]
    program.append((_RETURN, 0, 0, _ALLOW))
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in program)
