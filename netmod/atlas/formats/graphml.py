"""GraphML: a node for each region, an edge for each connection, by networkx.

An edge points from the source to the target: ``weights[target, source]``. A document type is
refused before the parser sees it, so that no entity can be expanded.
"""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from netmod.atlas.atlas import Atlas
from netmod.atlas.formats.draft import Draft, Format
from netmod.atlas.formats.regions import COORDINATES, kind_of, side_of
from netmod.atlas.text import read_text
from netmod.errors import DataError

_WEIGHT = ("weight", "weights", "number_of_fibers", "number_of_fibres")
_LENGTH = ("length", "length_mm", "lengths_mm", "fiber_length_mean", "distance")
_NAME = ("name", "dn_name", "dn_region", "region", "label")
_LENGTH_UNIT = "length_unit"
_MAP = "map_"
_NOT_XML = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_DEEPEST = 64


def _read(path: Path) -> Draft:
    import networkx

    text = read_text(path)
    start = text.upper().find("<!DOCTYPE")
    if start >= 0:
        line = text.count("\n", 0, start) + 1
        raise DataError(
            "a document type", where=f"{path}:{line}:{start - text.rfind(chr(10), 0, start)}",
            expected="plain GraphML", got=text[start : start + 40],
            hint="delete it; GraphML needs none, and it may hold entities without end",
        )  # fmt: skip
    declared = _count_nodes(text, path)
    try:
        # A str, not bytes: the document cannot choose an encoding that hides what was looked for.
        graph = networkx.parse_graphml(text)
    except (networkx.NetworkXException, ElementTree.ParseError, ValueError, TypeError, KeyError,
            AttributeError, IndexError, OverflowError) as error:  # fmt: skip
        raise DataError(
            "not a readable GraphML file", where=str(path), got=str(error)[:100]
        ) from None
    if graph.is_multigraph():
        raise DataError("a connection comes twice", where=str(path), expected="a simple graph")
    if len(graph) != declared:  # networkx makes a node of any name in an edge
        raise DataError(
            "nodes and edges do not agree", where=str(path),
            expected=f"{declared} nodes, each once and in one graph", got=f"{len(graph)}",
        )  # fmt: skip
    return _draft(graph, path)


def _count_nodes(text: str, path: Path) -> int:
    """Return how many nodes are declared; refuse what is not XML or nested too deeply."""
    parser = ElementTree.XMLPullParser(("start", "end"))
    depth = nodes = 0
    try:
        for start in range(0, len(text), 1 << 16):
            parser.feed(text[start : start + (1 << 16)])
            for event, element in parser.read_events():
                depth += 1 if event == "start" else -1
                if depth > _DEEPEST:
                    raise DataError(
                        "nested too deeply", where=str(path), expected=f"{_DEEPEST} levels"
                    )
                if event == "end":
                    nodes += element.tag.rpartition("}")[2] == "node"
                    element.clear()
        parser.close()
    except ElementTree.ParseError as error:
        line, column = error.position
        raise DataError(
            "not XML", where=f"{path}:{line}:{column + 1}", got=str(error)[:100],
            hint="the file may be cut off",
        ) from None  # fmt: skip
    return nodes


def _draft(graph: Any, path: Path) -> Draft:
    nodes = list(graph.nodes)
    if not nodes:
        raise DataError("no nodes", where=str(path), expected="a node for each region")
    place = {node: i for i, node in enumerate(nodes)}
    n = len(nodes)
    weights, lengths = np.zeros((n, n)), np.zeros((n, n))
    with_length = _LENGTH_UNIT in graph.graph  # also where there is no edge
    for source, target, data in graph.edges(data=True):
        where = f"{path}: edge {source} → {target}"
        cells = [(place[target], place[source])]
        if not graph.is_directed():
            cells.append((place[source], place[target]))
        weight = _number(data, _WEIGHT, where)
        length = _number(data, _LENGTH, where)
        with_length |= length is not None
        for cell in cells:
            weights[cell] = 1.0 if weight is None else weight
            lengths[cell] = length or 0.0
    names = _texts(graph, nodes, _NAME) or tuple(str(node) for node in nodes)
    hemisphere = _texts(graph, nodes, ("hemisphere", "hemi", "dn_hemisphere"))
    kind = _texts(graph, nodes, ("kind",))
    return Draft(
        str(path),
        weights=weights,
        lengths_mm=lengths if with_length else None,
        region=names,
        label=_texts(graph, nodes, ("long_name", "full_name")),
        hemisphere=hemisphere and tuple(side_of(cell) or "" for cell in hemisphere),
        network=_texts(graph, nodes, ("network",)),
        kind=kind and tuple(kind_of(cell) or "" for cell in kind),
        centroids_mm=_points(graph, nodes, path),
        maps=_maps(graph, nodes, path),
        directed=graph.is_directed() or None,
        files=(path,),
    )


def _number(data: Mapping[str, Any], keys: tuple[str, ...], where: str) -> float | None:
    value = next((data[key] for key in keys if key in data), None)
    if value is None:
        return None
    number = float(value) if isinstance(value, int | float) else math.nan
    if not math.isfinite(number):
        raise DataError("not a finite number", where=where, got=repr(value)[:60])
    return number


def _texts(graph: Any, nodes: list[Hashable], keys: tuple[str, ...]) -> tuple[str, ...] | None:
    for key in keys:
        cells = [graph.nodes[node].get(key) for node in nodes]
        if all(cell is not None for cell in cells):
            return tuple(str(cell) for cell in cells)
    return None


def _points(graph: Any, nodes: list[Hashable], path: Path) -> np.ndarray | None:
    rows = []
    for node in nodes:
        data = graph.nodes[node]
        point = [_number(data, (axis,), f"{path}: node {node}") for axis in COORDINATES]
        if None in point:
            return None
        rows.append(point)
    return np.array(rows)


def _maps(graph: Any, nodes: list[Hashable], path: Path) -> dict[str, np.ndarray]:
    maps: dict[str, np.ndarray] = {}
    for place, node in enumerate(nodes):
        for key, value in graph.nodes[node].items():
            if not key.startswith(_MAP):
                continue
            if not isinstance(value, int | float) or math.isinf(value):
                raise DataError(
                    "a map that is no number", where=f"{path}: node {node}", got=repr(value)[:60]
                )
            maps.setdefault(key.removeprefix(_MAP), np.full(len(nodes), np.nan))[place] = value
    return maps


def _write(atlas: Atlas, path: Path) -> None:
    import networkx

    _check_letters(atlas)
    symmetric = np.array_equal(atlas.weights, atlas.weights.T) and np.array_equal(
        atlas.lengths_mm, atlas.lengths_mm.T
    )
    graph = (networkx.Graph if symmetric else networkx.DiGraph)(**{_LENGTH_UNIT: "mm"})
    for i, name in enumerate(atlas.region):
        texts = {
            "name": name,
            "long_name": atlas.label[i],
            "hemisphere": atlas.hemisphere[i],
            "network": atlas.network[i],
            "kind": atlas.kind[i],
        }
        point = dict(zip(COORDINATES, map(float, atlas.centroids_mm[i]), strict=True))
        maps = {f"{_MAP}{key}": float(values[i]) for key, values in atlas.maps.items()}
        graph.add_node(f"n{i}", **texts, **point, **maps)
    there = (atlas.weights > 0) | (atlas.lengths_mm > 0)
    for target, source in np.argwhere(np.tril(there) if symmetric else there):
        graph.add_edge(
            f"n{source}",
            f"n{target}",
            weight=float(atlas.weights[target, source]),
            length=float(atlas.lengths_mm[target, source]),
        )
    networkx.write_graphml_xml(graph, path, encoding="utf-8", prettyprint=True)


def _check_letters(atlas: Atlas) -> None:
    for text in (*atlas.region, *atlas.label, *atlas.network, *atlas.maps):
        if _NOT_XML.search(text):
            raise DataError(
                "a name with a letter that XML cannot hold", where=f"atlas '{atlas.name}'",
                got=repr(text),
            )  # fmt: skip


GRAPHML = Format(
    name="graphml",
    title="GraphML",
    doc="Nodes with name, x, y, z, hemisphere, network, kind; edges with weight and length, from "
    "source to target.",
    suffix=".graphml",
    recognise=lambda path: path.is_file() and path.suffix.lower() in (".graphml", ".xml"),
    read=_read,
    write=_write,
    loses=("fc", "fcd", "targets", "licence", "citation"),
)
