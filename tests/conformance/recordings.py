# SPDX-License-Identifier: Apache-2.0
"""Where KServe's recorded answers are.

  folder, name = recordings()      # ".../shared/conformance", "all recordings (../shared/conformance)"

All recordings are in ../shared/conformance beside the repository. A clone without them uses the reduced set in
recorded/, which reduce.py writes.
"""
import pathlib

HERE = pathlib.Path(__file__).resolve().parent
ALL = HERE.parents[2] / "shared" / "conformance"
REDUCED = HERE / "recorded"


def recordings():
    """The folder, and its name for the summary of a test."""
    if ALL.exists():
        return ALL, "all recordings (../shared/conformance)"
    return REDUCED, "the reduced set of recordings (tests/conformance/recorded)"
