"""Makes the pictures of the README from the real program: the example sweep in a terminal, and plots of its report.

usage: python3 docs/pictures/make.py target/release/sweep

Writes terminal.svg and report.svg beside this file. The sweep runs in /tmp/demo, whose path the terminal shows.
"""

import fcntl
import os
import pty
import re
import shutil
import struct
import sys
import termios
from pathlib import Path
from typing import List, NamedTuple, Tuple
from xml.sax.saxutils import escape

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent
DEMO = Path("/tmp/demo")

COLUMNS, ROWS = 100, 40
# Lines of the sweep that are left out of the picture: those between the first and the last trials.
FIRST_LINES, LAST_LINES = 5, 17

# A cell of the terminal, in pixels of a 14-pixel monospace font.
CELL, LINE, MARGIN = 8.43, 18, 16

# The plots of the report that are shown, in its order.
PLOTS = ["importance", "slices", "parallel"]

BACKGROUND, FOREGROUND = "#1d2129", "#d5d9e0"
COLOURS = {31: "#e87c7c", 32: "#8fc97f", 33: "#e0c068", 34: "#7fb0e8", 35: "#c79be0", 36: "#73c7c7"}


class Style(NamedTuple):
    """How a cell is drawn."""

    colour: str = FOREGROUND
    bold: bool = False
    dim: bool = False
    italic: bool = False


Cell = Tuple[str, Style]


def in_terminal(command: List[str]) -> str:
    """What a command shows in a terminal of its own, with its escape sequences."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(DEMO)
        environment = {"PATH": os.environ["PATH"], "HOME": str(DEMO), "TERM": "xterm-256color", "LANG": "C.UTF-8"}
        os.execvpe(command[0], command, environment)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    shown = b""
    while True:
        try:
            piece = os.read(terminal, 65536)
        except OSError:  # Linux ends the reading of a terminal without a program in it with an error.
            break
        if not piece:
            break
        shown += piece
    _, status = os.waitpid(child, 0)
    if status != 0:
        sys.exit(f"{command} failed:\n{shown.decode()}")
    return shown.decode()


def restyled(style: Style, codes: str) -> Style:
    """A style after a sequence of SGR codes; the program uses no others."""
    for code in map(int, codes.split(";") if codes else ["0"]):
        if code == 0:
            style = Style()
        elif code == 1:
            style = style._replace(bold=True)
        elif code == 2:
            style = style._replace(dim=True)
        elif code == 3:
            style = style._replace(italic=True)
        elif code in COLOURS:
            style = style._replace(colour=COLOURS[code])
    return style


def lines_of(shown: str) -> List[List[Cell]]:
    """The lines that are left on the screen: a status line that is drawn over and erased leaves nothing."""
    lines: List[List[Cell]] = [[]]
    style, column = Style(), 0
    for sgr, erase, character in re.findall(r"\x1b\[([\d;]*)m|(\x1b\[2K)|([^\x1b])", shown):
        if erase:
            lines[-1] = []
        elif character == "\r":
            column = 0
        elif character == "\n":
            lines.append([])
            column = 0
        elif character:
            if column == COLUMNS:
                lines.append([])
                column = 0
            line = lines[-1]
            line.extend([(" ", Style())] * (column + 1 - len(line)))
            line[column] = (character, style)
            column += 1
        else:
            style = restyled(style, sgr)
    return lines[:-1] if not lines[-1] else lines


def svg(lines: List[List[Cell]]) -> str:
    """The lines as a picture of text, each run of one style a piece of it with its exact width."""
    width = COLUMNS * CELL + 2 * MARGIN
    height = len(lines) * LINE + 2 * MARGIN
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" width="{width:.0f}" height="{height}"'
        ' font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, DejaVu Sans Mono, monospace" font-size="14"'
        f' fill="{FOREGROUND}">',
        f'<rect width="100%" height="100%" rx="8" fill="{BACKGROUND}"/>',
    ]
    for row, line in enumerate(lines):
        start = 0
        while start < len(line):
            style = line[start][1]
            end = start
            while end < len(line) and line[end][1] == style:
                end += 1
            text = "".join(character for character, _ in line[start:end])
            if text.strip():
                look = "" if style.colour == FOREGROUND else f' fill="{style.colour}"'
                look += ' font-weight="bold"' if style.bold else ""
                look += ' opacity="0.6"' if style.dim else ""
                look += ' font-style="italic"' if style.italic else ""
                place = f'x="{MARGIN + start * CELL:.1f}" y="{MARGIN + (row + 0.75) * LINE:.1f}"'
                # Plain spaces at the ends of a text would be dropped.
                text = escape(text).replace(" ", "\N{NO-BREAK SPACE}")
                out.append(f'<text {place} textLength="{(end - start) * CELL:.1f}"{look}>{text}</text>')
            start = end
    return "\n".join(out) + "\n</svg>\n"


def stacked(plots: List[str]) -> str:
    """Plots of the report, one below the other."""
    out: List[str] = []
    height = 0
    for plot in plots:
        width, own = map(int, re.search(r'viewBox="0 0 (\d+) (\d+)"', plot).groups())
        out.append(plot.replace("<svg ", f'<svg y="{height}" ', 1).strip())
        height += own
    opening = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
    return "\n".join([opening, *out, "</svg>"]) + "\n"


def typed(command: str) -> List[Cell]:
    """A line with a command, as a person types it."""
    return [(character, Style(bold=index > 0)) for index, character in enumerate(f"$ {command}")]


def main(sweep: Path) -> None:
    DEMO.mkdir()
    try:
        shutil.copy(REPOSITORY / "sweep_config.example.yaml", DEMO / "sweep.yaml")
        shutil.copytree(REPOSITORY / "examples/diabetes", DEMO / "examples/diabetes")
        started = lines_of(in_terminal([str(sweep), "start", "sweep.yaml", "-j", "2"]))
        cut = [[("⋮", Style(dim=True))]]
        picture = [typed("sweep start sweep.yaml -j 2"), *started[:FIRST_LINES], *cut, *started[-LAST_LINES:]]
        (HERE / "terminal.svg").write_text(svg(picture), encoding="utf-8")

        plots = next(DEMO.glob("mlruns/*/*/artifacts/plots"))
        (HERE / "report.svg").write_text(stacked([(plots / f"{name}.svg").read_text() for name in PLOTS]), encoding="utf-8")
    finally:
        shutil.rmtree(DEMO)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
