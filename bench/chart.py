# chart.py: the results as a picture, SVG in plain text: a line a shape, a mark an engine, further right is faster.
# SPDX-License-Identifier: Apache-2.0
import math

from figures import dims
from process import ENGINES

LABELS, PANEL, GAP, ROW, TOP, BOTTOM = 190, 370, 24, 19, 104, 56  # pixels
MARKS = {  # colour, form, is it filled
    "clnorm-pocl": ("#0b3d91", "circle", True),
    "clnorm-intel": ("#2a9df4", "circle", True),
    "torch-group": ("#d95f02", "diamond", True),
    "torch-instance": ("#d95f02", "diamond", False),
    "onednn": ("#1b7f3b", "diamond", False),
    "onnxruntime": ("#1b7f3b", "square", True),
    "openvino": ("#7b3fa0", "triangle", True),
    "opencv-cpu": ("#555555", "cross", True),
    "opencv-pocl": ("#999999", "triangle", False),
    "opencv-intel": ("#999999", "square", False),
}


def mark(engine, x, y):
    colour, form, is_filled = MARKS[engine]
    style = f'fill="{colour if is_filled else "white"}" stroke="{colour}" stroke-width="1.3"'
    if form == "circle":
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" {style}/>'
    outlines = {"diamond": "0,-5 5,0 0,5 -5,0", "square": "-4,-4 4,-4 4,4 -4,4", "triangle": "0,-5 4.6,4 -4.6,4",
                "cross": "-4,-4 0,-1 4,-4 1,0 4,4 0,1 -4,4 -1,0"}
    return f'<polygon points="{outlines[form]}" transform="translate({x:.1f},{y:.1f})" {style}/>'


def text(x, y, words, anchor="start", size=12, colour="#222"):
    words = words.replace("&", "&amp;").replace("<", "&lt;")
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" fill="{colour}">{words}</text>'


def line(x, y, to_x, to_y, colour="#e4e4e4"):
    return f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{to_x:.1f}" y2="{to_y:.1f}" stroke="{colour}"/>'


class Scale:
    """Gigabytes a second to pixels, logarithmic; what is below 1 GB/s lies on the edge."""

    def __init__(self, values):
        self.high = math.log10(max(2, max(values) * 1.25))

    def place(self, value):
        return max(0, math.log10(value)) / self.high * PANEL

    def ticks(self):
        for decade in range(math.floor(self.high) + 1):
            yield from (digit * 10 ** decade for digit in (1, 2, 5) if math.log10(digit) + decade <= self.high)


def panel(table, ids, scale, left):
    bottom = TOP + ROW * len(ids)
    parts = [text(left + PANEL / 2, TOP - 12, table.op, "middle", 14)]
    for tick in scale.ticks():
        x = left + scale.place(tick)
        parts.append(line(x, TOP, x, bottom, "#c8c8c8" if str(tick)[0] == "1" else "#eeeeee"))
        parts.append(text(x, bottom + 16, f"{'<' if tick == 1 else ''}{tick}", "middle", 11))
    words = "GB/s: each tensor read or written once, over the time"
    parts.append(text(left + PANEL / 2, bottom + 36, words, "middle", 11))
    for position, id in enumerate(ids):
        y = TOP + ROW * (position + 0.5)
        parts.append(line(left, y, left + PANEL, y))
        shown = [engine for engine in MARKS if id in table.rows and table.ms(id, engine)]
        # clnorm last, so that it lies on top
        parts += [mark(engine, left + scale.place(table.gigabytes_per_second(id, engine)), y)
                  for engine in reversed(shown)]
    return parts


def legend(engines):
    parts = []
    for position, engine in enumerate(engines):
        x, y = 16 + 196 * (position % 5), 44 + 20 * (position // 5)
        parts += [mark(engine, x, y), text(x + 11, y + 4, ENGINES[engine])]
    return parts


def draw(tables, facts):
    tables = [table for table in tables if table.rows]
    ids = list(dict.fromkeys(id for table in tables for id in table.rows))
    shapes = {id: row["shape"] for table in tables for id, row in table.rows.items()}
    engines = [engine for engine in MARKS if any(engine in table.engines() for table in tables)]
    scale = Scale([table.gigabytes_per_second(id, engine) for table in tables for id in table.rows
                   for engine in engines if table.ms(id, engine)])
    width = max(LABELS + len(tables) * (PANEL + GAP), 1000)
    height = TOP + ROW * len(ids) + BOTTOM
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
             f'viewBox="0 0 {width} {height}" font-family="sans-serif">',
             f'<rect width="{width}" height="{height}" fill="white"/>',
             text(16, 22, f"Instance normalization, float32, further right is faster: {facts['processor']}, "
                          f"{facts['threads']} threads, {facts['date']}", size=14), *legend(engines)]
    for position, id in enumerate(ids):
        parts.append(text(LABELS - 10, TOP + ROW * (position + 0.5) + 4, f"{id}  ({dims(shapes[id])})", "end", 10))
    for position, table in enumerate(tables):
        parts += panel(table, ids, scale, LABELS + position * (PANEL + GAP))
    return "\n".join([*parts, "</svg>", ""])
