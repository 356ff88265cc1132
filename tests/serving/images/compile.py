# SPDX-License-Identifier: Apache-2.0
"""Compiles the Python packages of an image, so that a server does not do it at each start: compile.py FOLDER PATH_IN_IMAGE"""
import compileall
import py_compile
import sys

if __name__ == "__main__":
    # Packages contain examples for other releases of Python, which do not compile.
    compileall.compile_dir(sys.argv[1], stripdir=sys.argv[1], prependdir=sys.argv[2], quiet=2, workers=2,
                           invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
