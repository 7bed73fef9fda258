"""``python -m tb_rnnview`` is ``tb-rnnview``."""

import sys

from tb_rnnview.cli import main

sys.exit(main())
