#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Draws terminal output as an SVG: docs/demo.svg is the output of the demo.

    deploy/demo.py --color always legacy.yaml broken.yaml | docs/picture.py 'make demo' > docs/demo.svg

Reads text with SGR colors from the standard input. Standard library only.
"""
import html
import re
import sys

COLUMNS = 118
CHARACTER, LINE, MARGIN, TITLE = 7.83, 18, 16, 34
FOREGROUND, BACKGROUND, BAR = "#d8dee9", "#1e222a", "#2b303b"
STYLES = {"1;36": ("#88c0d0", True), "2": ("#7b8494", False), "31": ("#e0707a", False), "32": ("#a3be8c", False),
          "33": ("#ebcb8b", False), "1;31": ("#e0707a", True), "1;32": ("#a3be8c", True), "36": ("#88c0d0", False),
          "1": (FOREGROUND, True)}


def pieces(line):
    """The line as (style, text)."""
    style = ""
    for part in re.split(r"(\x1b\[[0-9;]*m)", line):
        match = re.fullmatch(r"\x1b\[([0-9;]*)m", part)
        if match:
            style = match.group(1) if match.group(1) != "0" else ""
        elif part:
            yield style, part


def wrapped(line):
    """Rows of at most COLUMNS characters, broken at blanks if possible; later rows are indented like the first."""
    text = "".join(t for _, t in pieces(line))
    indent = " " * (len(text) - len(text.lstrip()) + 2)
    row, used, rows = [], 0, []
    for style, part in pieces(line):
        while used + len(part) > COLUMNS:
            cut = part.rfind(" ", 0, COLUMNS - used)
            cut = cut if cut > 0 else COLUMNS - used
            row.append((style, part[:cut]))
            rows.append(row)
            row, part, used = [("", indent)], part[cut:].lstrip(), len(indent)
        row.append((style, part))
        used += len(part)
    return rows + [row]


def main():
    title = sys.argv[1] if len(sys.argv) > 1 else ""
    rows = [row for line in sys.stdin.read().rstrip("\n").split("\n") for row in wrapped(line)]
    width, height = COLUMNS * CHARACTER + 2 * MARGIN, len(rows) * LINE + TITLE + 2 * MARGIN
    print(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" width="{width:.0f}" height="{height}" '
          f'role="img" aria-label="{html.escape(title)}">')
    print(f'<rect width="100%" height="100%" rx="8" fill="{BACKGROUND}"/>')
    print(f'<path d="M0 8a8 8 0 0 1 8-8H{width - 8:.0f}a8 8 0 0 1 8 8V{TITLE}H0z" fill="{BAR}"/>')
    for i, color in enumerate(["#e0707a", "#ebcb8b", "#a3be8c"]):
        print(f'<circle cx="{20 + 20 * i}" cy="{TITLE / 2:.0f}" r="6" fill="{color}"/>')
    print('<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, DejaVu Sans Mono, monospace" font-size="13" '
          f'fill="{FOREGROUND}" xml:space="preserve">')
    print(f'<text x="{width / 2:.0f}" y="{TITLE / 2 + 5:.0f}" text-anchor="middle" fill="#9aa3b2">{html.escape(title)}</text>')
    for number, row in enumerate(rows):
        spans, column = "", 0
        for style, text in row:
            color, bold = STYLES.get(style, (FOREGROUND, False))
            attributes = (f' fill="{color}"' if color != FOREGROUND else "") + (' font-weight="bold"' if bold else "")
            if text.strip():
                lead = len(text) - len(text.lstrip())
                x, length = MARGIN + (column + lead) * CHARACTER, len(text.strip()) * CHARACTER
                spans += f'<tspan x="{x:.1f}" textLength="{length:.1f}"{attributes}>{html.escape(text.strip())}</tspan>'
            column += len(text)
        if spans:
            print(f'<text y="{TITLE + MARGIN + (number + 0.75) * LINE:.0f}">{spans}</text>')
    print("</g>\n</svg>")


if __name__ == "__main__":
    main()
