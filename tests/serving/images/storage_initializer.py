# SPDX-License-Identifier: Apache-2.0
"""KServe's storage initializer: downloads pairs of a URI and a directory, with KServe's own package for it."""
import sys

from kserve_storage import Storage


def main():
    words = sys.argv[1:]
    if not words or len(words) % 2:
        sys.exit("usage: URI DIRECTORY [URI DIRECTORY ...]")
    Storage.download_files(words[0::2], words[1::2])


if __name__ == "__main__":
    main()
