"""Execute the Python blocks of a Markdown page in one namespace."""

import re
import runpy
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def run_page(name, folder):
    """Run all Python blocks of a page of the repository in order and return their names.

    Every line keeps its number, so that a failure points into the page.
    """
    text = (ROOT / name).read_text("utf-8")
    kept, inside = [], False
    for line in text.splitlines():
        fence = re.match(r"```(\w*)$", line)
        if fence:
            inside = fence[1] == "python" and not inside
            kept.append("")
        else:
            kept.append(line if inside else "")
    script = folder / Path(name).with_suffix(".py").name
    script.write_text("\n".join(kept) + "\n", "utf-8")
    return runpy.run_path(str(script), run_name="__main__")
