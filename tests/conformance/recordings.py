# SPDX-License-Identifier: Apache-2.0
"""Where KServe's recorded answers are.

  folder, name = recordings()      # ".../shared/conformance", "all recordings (../shared/conformance)"

All recordings are in ../shared/conformance beside the repository. A clone without them uses the reduced set in
recorded/, which reduce.py writes.
"""
import argparse
import pathlib

HERE = pathlib.Path(__file__).resolve().parent
ALL = HERE.parents[2] / "shared" / "conformance"
REDUCED = HERE / "recorded"


def recordings():
    """The folder, and its name for the summary of a test."""
    if ALL.exists():
        return ALL, "all recordings (../shared/conformance)"
    return REDUCED, "the reduced set of recordings (tests/conformance/recorded)"


def arguments(description):
    """Of a command that renders the recorded cases with our builders."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", required=True, type=pathlib.Path, help="the folder with render_children")
    parser.add_argument("--only", help="the id of one case")
    parser.add_argument("--show", action="store_true", help="print every difference, and our objects")
    return parser.parse_args()
