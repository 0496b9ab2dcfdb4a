"""`python -m dvnb`."""

from __future__ import annotations

import sys

from dvnb.cli.main import main

sys.exit(main())
