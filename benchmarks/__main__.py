"""`python -m benchmarks [NAME ...] [--quick]`: run all benchmarks or those named, print and write their results.

A missed target is printed and written, and ends with code 0: the figures are the result. Code 2: an unknown name.
"""

import argparse
import os
import sys
from importlib import import_module

from benchmarks import BENCHMARKS
from benchmarks.harness import OURS, PEERS, RESULTS, Line, cpu, save, versions


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="measure against the pinned peers")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument("--quick", action="store_true", help="less input and fewer rounds: shows that it runs")
    given = parser.parse_args(arguments)
    unknown = sorted(set(given.names) - set(BENCHMARKS))
    if unknown:
        parser.error(f"no benchmark {', '.join(unknown)}; expected some of {', '.join(BENCHMARKS)}")
    found = ", ".join(f"{name} {number}" for name, number in versions((*OURS, *PEERS)).items())
    print(f"{cpu()}, load {os.getloadavg()[0]:.1f}; {found}")
    lines: list[Line] = []
    for name in given.names or BENCHMARKS:
        for line in import_module(f"benchmarks.{name}").run(quick=given.quick):
            print(line.text(), flush=True)
            lines.append(line)
    save(lines, quick=given.quick)
    missed = [line.name for line in lines if line.met is False]
    print(f"{len(lines)} lines in {RESULTS.relative_to(RESULTS.parents[2])}; not met: {', '.join(missed) or 'none'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
