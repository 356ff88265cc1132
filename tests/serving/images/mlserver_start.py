# SPDX-License-Identifier: Apache-2.0
"""Starts MLServer as the command of its own image does."""
import os
import sys

from mlserver.cli import main

if __name__ == "__main__":
    sys.argv = ["mlserver", "start", os.environ.get("MLSERVER_MODELS_DIR", "/mnt/models")]
    main()
