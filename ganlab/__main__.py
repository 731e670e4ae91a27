"""`python -m ganlab` and the console script `ganlab`."""

import sys

from ganlab.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
