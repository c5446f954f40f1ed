"""Child processes that end with their parent, however it dies (on Linux; elsewhere they end when told to).

A small program sets PR_SET_PDEATHSIG (prctl(2)), which survives execv, and then becomes the real program. A preexec_fn
would run Python between fork and exec in a process that may have threads. The setting is bound to the *thread* that
starts the child, so that must be the main thread.
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
    """The command that starts `command` (an absolute path and its arguments) and ends it with this process."""
    return [sys.executable, "-I", "-S", "-c", _LAUNCH, str(os.getpid()), *command]
