# report.py: the results as Markdown: bench/RESULTS.md and README.md's part.
# SPDX-License-Identifier: Apache-2.0
import re
import sys

import chart
import options
import shapes
from figures import CLNORM, PEERS, RUNTIME, Table, dims, error, ratio, three_digits
from process import ENGINES

OPS = ("forward", "backward")
README_SHAPES = ["seed", "style-1080-b", "style-train", "cyclegan-c", "patchgan", "nnunet3d-b", "nnunet2d-e",
                 "kernelbench"]
README_ENGINES = [*CLNORM, "torch-group", "torch-instance", "onnxruntime", "openvino", "opencv-cpu", "opencv-pocl"]
MARKS = ("<!-- bench/peers --write: from here -->", "<!-- bench/peers --write: to here -->")

METHOD = """\
Every engine has a process of its own, {threads} threads, float32 data that is the same for all (mean 1, deviation 2),
gamma and beta of C elements, no activation. They take turns: one call untimed, then calls for 15 ms, whoever is not in
turn being stopped; 5 to 15 rounds (3, where a call takes a third of a second); the figure is the median of the rounds.
clnorm, on PoCL and on Intel's runtime for OpenCL, is timed from the call to the end of `clFinish()`, its buffers on the
device. ONNX Runtime and OpenVINO write into bound memory; OpenCV's time includes a copy of its result, which its
interface does not leave out. All processes keep freed memory and ask for huge pages, so that PyTorch, which makes a new
result at each call, does not pay for fresh pages; what it takes with the allocator as it comes is in the columns
"default malloc". Backward is from kept statistics, all three gradients."""


def row(cells):
    return f"| {' | '.join(cells)} |"


def grid(head, lines):
    return [row(head), row(["---"] + ["---:"] * (len(head) - 1)), *map(row, lines)]


def times(table, ids, engines):
    """Milliseconds, and how much longer the best peer takes than each clnorm."""
    own = [name for name in CLNORM if name in engines]
    head = ["shape", "N, C, spatial", *(ENGINES[name] for name in engines),
            *(f"best peer / {RUNTIME[name]}" for name in own)]
    lines = []
    for id in ids:
        leads = [table.lead(id, name) for name in own]
        lines.append([id, dims(table.rows[id]["shape"]), *(three_digits(table.ms(id, name)) for name in engines),
                      *(f"**{ratio(lead)}**" if lead and lead < 1 else ratio(lead) for lead in leads)])
    return grid(head, lines)


def means(tables, is_tiny, peers=tuple(PEERS)):
    """Geometric means of a peer's time over clnorm's."""
    columns = [(table, name) for table in tables for name in table.engines(CLNORM)]
    head = ["time / clnorm's", *(f"{table.op}, {RUNTIME[name]}" for table, name in columns)]
    lines = []
    for peer in [None, *peers]:
        cells = [table.mean_lead(name, peer, is_tiny) for table, name in columns]
        if any(count for _, count in cells):
            full = max(table.mean_lead(name, None, is_tiny)[1] for table, name in columns)
            texts = [ratio(mean) + (f" ({count})" if 0 < count < full else "") for mean, count in cells]
            lines.append([ENGINES[peer] if peer else "the best of each shape", *texts])
    return grid(head, lines)


def errors(tables):
    forward, backward = tables
    columns = [(forward, "y"), (forward, "far y"), (backward, "dx"), (backward, "parameters")]
    head = ["largest error", "y", "y, mean 1e4 deviations", "dx", "dgamma, dbeta"]
    lines = []
    for engine in ENGINES:
        cells = [table.largest_error(engine, what) for table, what in columns]
        if not engine.endswith("-fresh") and any(cell is not None for cell in cells):
            lines.append([ENGINES[engine], *map(error, cells)])
    return grid(head, lines)


def behind(tables, is_short=False):
    """Where clnorm is not ahead, in words; the tiny shapes by their mean alone where it is to be short."""
    lines = []
    for table in tables:
        for name in table.engines(CLNORM):
            slower = [line for line in table.behind(name) if not (is_short and table.is_tiny(line[0]))]
            parts = [f"{id}{' (tiny)' if table.is_tiny(id) else ''} {ratio(lead)} of {ENGINES[peer]}"
                     for id, lead, peer in slower]
            mean = table.mean_lead(name, None, True)[0]
            if is_short and mean and mean < 1:
                parts.append(f"the tiny shapes {ratio(mean)} of the best of each (geometric mean)")
            lines.append(f"- {table.op}, {RUNTIME[name]}: {'; '.join(parts) or 'nowhere'}.")
    return lines


def unable(tables):
    lines = {}
    for table in tables:
        for id in table.rows:
            for engine in table.engines():
                reason = table.reason(id, engine)
                if reason:
                    lines.setdefault(f"{ENGINES[engine]}: {reason}", []).append(id)
    return [f"- {', '.join(dict.fromkeys(ids))}: {reason}" for reason, ids in lines.items()]


def versions(facts):
    return "; ".join(dict.fromkeys(facts["versions"].values()))


def head(facts):
    return f"{facts['date']}, {facts['processor']}, {facts['threads']} threads. Versions: {versions(facts)}."


def full(found, tables):
    lines = ["# clnorm and what could be picked instead", "", head(found.facts), "",
             METHOD.format(threads=found.facts["threads"]), "",
             "Written by `bench/peers --write`, which takes all the figures anew. A dash: that engine cannot do the "
             "shape; reasons are at the end.", "", "![speeds](results.svg)", ""]
    for table in tables:
        lines += [f"## {table.op.capitalize()}, milliseconds", "",
                  *times(table, table.rows, table.engines()), ""]
    lines += ["## Geometric means", "",
              "Time of the peer over clnorm's, over all shapes but the tiny ones; in parentheses over how many, where "
              "it is not all.", "", *means(tables, False), "",
              "On the tiny shapes, where a call costs more than its work:", "", *means(tables, True), "",
              "## Where clnorm is behind the best peer", "", "And how much of its speed it has there.", "",
              *behind(tables), "",
              "## Errors", "",
              "Against float64, the largest over all shapes. y by max(1, |gamma*xhat| + |beta|); dx by "
              "|gamma|*rstd*max|dy| of its instance; dgamma by sum|dy*xhat|, dbeta by sum|dy|. The second column: data "
              "of mean 1e4 and deviation 1, shapes up to 8 million elements.", "", *errors(tables), ""]
    missing = unable(tables)
    if missing:
        lines += ["## Not measured", "", *missing, ""]
    return "\n".join(lines)


def short(found, tables):
    """README.md's part: some shapes, the means."""
    lines = [head(found.facts), ""]
    for table in tables:
        ids = [id for id in README_SHAPES if id in table.rows]
        lines += [f"{table.op.capitalize()}, milliseconds:", "", *times(table, ids, table.engines(README_ENGINES)), ""]
    count = sum(1 for id in tables[0].rows if not tables[0].is_tiny(id))
    peers = [name for name in PEERS if name != "opencv-intel"]
    lines += [f"Time of a peer over clnorm's, geometric means over the {count} shapes that are not tiny (of fewer, "
              "where a peer cannot do all):", "", *means(tables, False, peers), "",
              "Not ahead of the best peer, but at this part of its speed:", "", *behind(tables, True), "",
              "Largest error against float64, in the measures of the contract:", "", *errors(tables)]
    return "\n".join(lines)


def put_between_marks(path, text):
    old = path.read_text()
    new, count = re.subn(f"(?s){re.escape(MARKS[0])}.*{re.escape(MARKS[1])}",
                         lambda _: f"{MARKS[0]}\n\n{text}\n\n{MARKS[1]}", old)
    if count != 1:
        sys.exit(f"peers: {path} has no place for the figures, between\n{MARKS[0]}\n{MARKS[1]}")
    path.write_text(new)


def write(found, chosen):
    order = [shape.id for shape in shapes.read(chosen.shapes)]
    tables = [Table(found, op, order) for op in OPS]
    if not any(table.rows for table in tables):
        sys.exit("peers: there are no figures yet")
    texts = {"RESULTS.md": full(found, tables), "results.svg": chart.draw(tables, found.facts)}
    folders = [chosen.folder] + ([options.BENCH] if chosen.write else [])
    for folder in folders:
        for name, text in texts.items():
            (folder / name).write_text(text)
    if chosen.write:
        put_between_marks(options.TOP / "README.md", short(found, tables))
    print(f"peers: the table is {folders[-1]}/RESULTS.md, the picture results.svg beside it")
