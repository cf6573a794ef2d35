# results.py: the figures on disk, BUILD/peers/results.json, merged from run to run while the facts stay the same.
# SPDX-License-Identifier: Apache-2.0
import datetime
import hashlib
import json
import pathlib
import sys


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return "unknown processor"


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


class Results:
    def __init__(self, path):
        self.path = path
        self.facts, self.figures = {}, {"forward": {}, "backward": {}}

    def load(self):
        if self.path.exists():
            kept = json.loads(self.path.read_text())
            self.facts, self.figures = kept["facts"], kept["figures"]

    def settle(self, facts):
        """Begins with these facts; figures taken with others are forgotten, and that is said."""
        kept = {key: value for key, value in self.facts.items() if key != "date"}
        if kept != facts and any(self.figures.values()):
            changed = sorted(key for key in set(kept) | set(facts) if kept.get(key) != facts.get(key))
            print(f"peers: earlier figures are forgotten, as these have changed: {', '.join(changed)}", file=sys.stderr)
            self.figures = {"forward": {}, "backward": {}}
        self.facts = dict(facts)

    def keep(self, op, shape, lines):
        self.figures[op][shape.id] = {"shape": shape.dims, "regime": shape.regime, "engines": lines}
        self.facts["date"] = datetime.date.today().isoformat()
        temporary = self.path.with_suffix(".new")
        temporary.write_text(json.dumps({"facts": self.facts, "figures": self.figures}, indent=1))
        temporary.replace(self.path)
