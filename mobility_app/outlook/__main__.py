"""The process that makes one forecast: a question on standard input, an answer on standard output, and it is gone.

Started by `child` alone. It bounds itself where the system can: memory, processor time, and no byte into any file.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress

from mobility_app.outlook.history import asked

MEMORY_BYTES = 1 << 30  # of addresses: 360 MB are mapped, 160 MB touched
CPU_SECONDS = 60
INPUT_MAX_BYTES = 64 * 1024
NICE = 5  # the screen comes first


def bound() -> None:
    """Limits this process, as far as the system knows such limits."""
    with suppress(ImportError, ValueError, OSError, AttributeError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        os.nice(NICE)


def main() -> int:
    """0 and an answer, or 1 and nothing."""
    bound()
    try:
        ask = asked(sys.stdin.buffer.read(INPUT_MAX_BYTES).decode())
        from mobility_app.outlook.fit import outlook  # after the limits are in force

        sys.stdout.write(outlook(ask).json())
    except (ValueError, KeyError, TypeError, MemoryError):
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
