"""A plain, slow, obvious reader of 835 and 837 files: the oracle for the fast one. It shares no code with it."""

from decimal import Decimal


def split_segments(text: str) -> list[list[str]]:
    """Segments of all interchanges as lists of elements; only for files that begin with a well-formed ISA."""
    segments = []
    rest = text.lstrip()
    while rest.startswith("ISA"):
        element, terminator = rest[3], _terminator(rest)
        at = rest.find(terminator + "ISA" + element) if terminator + "ISA" + element in rest else -1
        for gap in ("\n", "\r\n"):
            found = rest.find(terminator + gap + "ISA" + element)
            if found >= 0 and (at < 0 or found < at):
                at = found
        chunk, rest = (rest, "") if at < 0 else (rest[: at + 1], rest[at + 1 :].lstrip())
        component = chunk.split(element)[16][0]
        for raw in chunk.split(terminator):
            if raw.strip():
                segments.append([part.strip(" \t\r\n") for part in raw.strip(" \t\r\n").replace(component, "\x1f").split(element)])
    return segments


def _terminator(text: str) -> str:
    element = text[3]
    place = -1
    for _ in range(16):
        place = text.index(element, place + 1)
    return text[place + 2]


def read_835(segments: list[list[str]]) -> dict[str, list[dict]]:
    """Remits, lines, adjustments and remarks, in order, with ordinals."""
    out: dict[str, list[dict]] = {"remits": [], "lines": [], "adjustments": [], "remarks": [], "payments": []}
    kind, claim, line = "", None, None
    for number, segment in enumerate(segments, start=1):
        tag = segment[0]
        if tag == "ST":
            kind, claim, line = get(segment, 1), None, None
        if kind != "835":
            continue
        if tag == "BPR":
            out["payments"].append({"amount": money(get(segment, 2)), "segment_no": number})
        elif tag in ("PLB", "SE"):
            claim = line = None
        elif tag == "CLP":
            line = None
            claim = {
                "claim_no": len(out["remits"]) + 1,
                "segment_no": number,
                "claim": get(segment, 1),
                "status": get(segment, 2),
                "charge": money(get(segment, 3)),
                "paid": money(get(segment, 4)),
                "patient": money(get(segment, 5)),
                "icn": get(segment, 7),
                "lines": 0,
            }
            out["remits"].append(claim)
        elif tag == "SVC" and claim:
            claim["lines"] += 1
            code = (get(segment, 1) or "").split("\x1f") + [""] * 6
            line = {
                "claim_no": claim["claim_no"],
                "line_no": claim["lines"],
                "segment_no": number,
                "code": code[1] or (code[0] if len(code[0]) == 5 else None),  # a code may stand without its qualifier
                "modifier": code[2] or None,
                "charge": money(get(segment, 2)),
                "paid": money(get(segment, 3)),
                "control": None,
            }
            out["lines"].append(line)
        elif tag == "REF" and line and get(segment, 1) == "6R" and not line["control"]:
            line["control"] = get(segment, 2)
        elif tag == "CAS" and claim:
            for at in range(2, len(segment), 3):
                reason, amount = get(segment, at), money(get(segment, at + 1))
                if reason or amount is not None:
                    out["adjustments"].append(
                        {
                            "claim_no": claim["claim_no"],
                            "line_no": line["line_no"] if line else None,
                            "group": get(segment, 1),
                            "reason": reason,
                            "amount": amount,
                        }
                    )
        elif tag == "LQ" and claim and get(segment, 1) == "HE" and get(segment, 2):
            out["remarks"].append({"claim_no": claim["claim_no"], "line_no": line["line_no"] if line else None, "code": get(segment, 2)})
        elif tag in ("MIA", "MOA") and claim:
            for at in {"MIA": (5, 20, 21, 22, 23), "MOA": (3, 4, 5, 6, 7)}[tag]:
                if get(segment, at):
                    out["remarks"].append(
                        {"claim_no": claim["claim_no"], "line_no": line["line_no"] if line else None, "code": get(segment, at)}
                    )
    return out


def read_837(segments: list[list[str]]) -> dict[str, list[dict]]:
    """Claims, lines and diagnoses, in order, with ordinals."""
    out: dict[str, list[dict]] = {"claims": [], "lines": [], "diagnoses": []}
    kind, claim, line, at_head = "", None, None, False
    for number, segment in enumerate(segments, start=1):
        tag = segment[0]
        if tag in ("ST", "HL", "SE"):
            kind = get(segment, 1) if tag == "ST" else kind
            claim = line = None
            continue
        if kind != "837":
            continue
        if tag == "CLM":
            place = (get(segment, 5) or "").split("\x1f") + ["", ""]
            claim = {
                "claim_no": len(out["claims"]) + 1,
                "segment_no": number,
                "claim": get(segment, 1),
                "charge": money(get(segment, 2)),
                "place": place[0] or None,
                "frequency": place[2] or None,
                "original": None,
                "lines": 0,
                "diagnoses": 0,
            }
            out["claims"].append(claim)
            line, at_head = None, True
        elif claim is None:
            continue
        elif tag in ("NM1", "SBR", "LX", "SVD"):
            at_head = False
        elif tag in ("SV1", "SV2", "SV3"):
            at_head = False
            claim["lines"] += 1
            code = (get(segment, 2 if tag == "SV2" else 1) or "").split("\x1f") + [""] * 6
            line = {
                "claim_no": claim["claim_no"],
                "line_no": claim["lines"],
                "code": code[1] or (code[0] if len(code[0]) == 5 else None),  # a code may stand without its qualifier
                "modifier": code[2] or None,
                "charge": money(get(segment, 3 if tag == "SV2" else 2)),
                "service": None,
            }
            out["lines"].append(line)
        elif tag == "DTP" and line and get(segment, 1) == "472" and line["service"] is None:
            line["service"] = (get(segment, 3) or "")[:8] or None
        elif tag == "REF" and get(segment, 1) == "F8" and at_head and claim["original"] is None:
            claim["original"] = get(segment, 2)
        elif tag == "HI" and at_head:
            for item in segment[1:]:
                parts = item.split("\x1f") + [""]
                if parts[0] in ("ABK", "ABF", "ABJ", "APR", "ABN", "BK", "BF", "BJ", "PR", "BN"):
                    claim["diagnoses"] += 1
                    out["diagnoses"].append({"claim_no": claim["claim_no"], "diagnosis_no": claim["diagnoses"], "code": parts[1] or None})
    return out


def get(segment: list[str], at: int) -> str | None:
    """An element, or None when absent or empty."""
    return segment[at] or None if at < len(segment) else None


def money(text: str | None) -> Decimal | None:
    """A plain amount of at most two decimals, else None."""
    if text is None:
        return None
    digits = text.lstrip("+-")
    whole, _, cents = digits.partition(".")
    if (
        not (whole + cents).isdigit()
        or not (whole + cents).isascii()
        or len(cents.rstrip("0")) > 2
        or text.count("-") + text.count("+") > 1
    ):
        return None
    return Decimal(text).quantize(Decimal("0.01"))
