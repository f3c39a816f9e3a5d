"""The entry point of the process: loads the command line, and prints one line if Ctrl-C arrives before it is loaded.

Hence the imports inside: they take a tenth of a second and more, during which no handler of Ctrl-C is installed yet.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and exit."""
    try:
        from fargatecount.cli import termination  # noqa: PLC0415 - see above
        from fargatecount.cli.root import run  # noqa: PLC0415

        termination.prepare()
        code = run(sys.argv[1:])
    except KeyboardInterrupt:
        sys.stderr.write("\ninterrupted\n")
        code = 130
    sys.exit(code)


if __name__ == "__main__":
    main()
