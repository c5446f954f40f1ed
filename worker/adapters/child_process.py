"""Child processes that end with their parent, however that dies (Linux; elsewhere they end when they are told to).

PR_SET_PDEATHSIG (prctl(2)) survives execv. A small program sets it and becomes the real one: a preexec_fn would run
Python between fork and exec of a process that may have threads. It is bound to the *thread* that starts the child, so
that must be the main one.
"""

import os
import sys

_LAUNCH = """
import ctypes, os, sys
if sys.platform == "linux":
    ctypes.CDLL(None, use_errno=True).prctl(1, 15, 0, 0, 0)
if os.getppid() != int(sys.argv[1]):
    sys.exit(1)
os.execv(sys.argv[2], sys.argv[2:])
"""


def tied(command: list[str]) -> list[str]:
    """`command` (an absolute path and its arguments), to be started by this process, with its life tied to ours."""
    return [sys.executable, "-I", "-S", "-c", _LAUNCH, str(os.getpid()), *command]
