"""Runs in a scratch Debian, see packaging/static: how long each program takes from its start to its end, in ms.

The programs take turns; what is printed is the median of 400 runs each, for -V and for -C on an empty table.
"""

import glob
import os
import statistics
import time

ROUNDS = 400
programs = sorted(glob.glob("/files/conntrack*")) + ["/usr/sbin/conntrack"]
nothing = os.open("/dev/null", os.O_RDWR)
silence = [(os.POSIX_SPAWN_DUP2, nothing, end) for end in (0, 1, 2)]


def run(program, option):
    """Seconds that it takes."""
    began = time.perf_counter()
    child = os.posix_spawn(program, [program, option], {}, file_actions=silence)
    status = os.waitpid(child, 0)[1]
    took = time.perf_counter() - began
    assert status == 0, (program, option, status)
    return took


times = {(program, option): [] for program in programs for option in ("-V", "-C")}
for _ in range(ROUNDS):
    for (program, option), taken in times.items():
        taken.append(run(program, option))
for program in programs:
    shown = [f"{statistics.median(times[program, option]) * 1000:.2f}" for option in ("-V", "-C")]
    print(f"{os.path.basename(program) if program.startswith('/files') else 'conntrack 1.4.9':36} {os.path.getsize(program):9} bytes  -V {shown[0]} ms  -C {shown[1]} ms")
