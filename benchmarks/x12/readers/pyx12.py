"""pyx12: walks every segment through the implementation guide's map."""

import io
from collections.abc import Callable
from pathlib import Path

import pyx12.error_handler
import pyx12.params
import pyx12.x12context
import pyx12.x12file
import pyx12.x12n_document

CLAIM_SEGMENTS, CLAIM_LOOPS = ("CLP", "CLM"), ("2100", "2300")


def segments(path: Path) -> Callable[[], int]:
    """Segments only, with its checks of envelope counts and control numbers."""
    with pyx12.x12file.X12Reader(str(path)) as reader:
        held = list(reader)
    return lambda: sum(segment.get_seg_id() in CLAIM_SEGMENTS for segment in held)


def validate(path: Path) -> Callable[[], int]:
    """What its command x12valid does: every element against the guide and code lists, and a 999 of the errors."""
    seen: list[str] = []
    answer = io.StringIO()
    pyx12.x12n_document.x12n_document(
        pyx12.params.ParamsBase(), str(path), answer, None, callback=lambda segment, *_: seen.append(segment.get_seg_id())
    )
    return lambda: sum(tag in CLAIM_SEGMENTS for tag in seen)


def trees(path: Path) -> Callable[[], int]:
    """A tree per claim."""
    loop = "2100" if b"*005010X221" in path.read_bytes()[:400] else "2300"
    reader = pyx12.x12context.X12ContextReader(pyx12.params.ParamsBase(), pyx12.error_handler.errh_null(), str(path))
    held = list(reader.iter_segments(loop))
    return lambda: sum(node.id in CLAIM_LOOPS for node in held)
