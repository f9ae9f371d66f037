"""A plain, slow, obvious reader of who is who in an 837 and of its other payers: the oracle for the fast one. It shares no code with it."""

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

from tests.oracle.plain_acknowledgements import dates
from tests.oracle.plain_x12 import get, money

ABOVE = {"22": "20", "23": "22"}
ROLES = {"82": "rendering_npi", "DN": "referring_npi", "77": "facility_npi", "71": "attending_npi"}
PAYER_AMOUNTS = {"D": "paid_amount", "A8": "noncovered_amount", "EAF": "patient_liability_amount"}


def read_other_payers(segments: list[list[str]]) -> dict[str, list[dict]]:
    """Claims with who is who, other payers, their answers to lines, and their adjustments."""
    out: dict[str, list[dict]] = {"claims": [], "payers": [], "lines": [], "adjustments": []}
    transaction = 0
    at = 0
    while at < len(segments):
        if segments[at][0] != "ST":
            at += 1
            continue
        transaction += 1
        end = at + 1
        while end < len(segments) and segments[end][0] not in ("ST", "SE", "GE", "IEA"):
            end += 1
        if segments[at][1] == "837":
            _transaction(transaction, at, segments[at:end], out)
        at = end
    return out


def _transaction(transaction: int, start: int, segments: list[list[str]], out: dict[str, list[dict]]) -> None:
    """One 837: its hierarchy is followed by the parent each level names, or by place where that cannot be its parent."""
    levels: dict[str, dict] = {}
    latest: dict[str, dict] = {}
    level: dict = {"parent": None}
    at = 0
    while at < len(segments):
        tag = segments[at][0]
        if tag == "HL":
            above = ABOVE.get(get(segments[at], 3) or "", "")
            named = levels.get(get(segments[at], 2) or "", {})
            level = {"code": get(segments[at], 3), "parent": named if named.get("code") == above else latest.get(above)}
            levels[get(segments[at], 1) or ""] = latest[get(segments[at], 3) or ""] = level
        elif tag == "CLM":
            end = at + 1
            while end < len(segments) and segments[end][0] not in ("CLM", "HL"):
                end += 1
            numbered = [(start + place + 1, segments[place]) for place in range(at, end)]
            _claim(transaction, level, numbered, out)
            at = end
            continue
        elif tag == "NM1":
            level.setdefault("NM1" + (get(segments[at], 1) or ""), segments[at])
        elif tag == "SBR":
            level.setdefault("SBR", segments[at])
        elif tag == "PAT":
            level.setdefault("PAT", segments[at])
        at += 1


def _find(level: dict | None, code: str) -> dict:
    """The nearest level of that kind at or above this one."""
    while level is not None:
        if level.get("code") == code:
            return level
        level = level["parent"]
    return {}


def _claim(transaction: int, level: dict, numbered: list[tuple[int, list[str]]], out: dict[str, list[dict]]) -> None:
    """One CLM with all that belongs to it: its own head, then its other payers, then its lines."""
    subscriber = _find(level, "22")
    insurance = subscriber.get("SBR", [])
    claim_no = len(out["claims"]) + 1
    claim = {
        "transaction_no": transaction,
        "claim_no": claim_no,
        "segment_no": numbered[0][0],
        "claim_token": get(numbered[0][1], 1),
        "payer_sequence_code": get(insurance, 1),
        "relationship_code": get(insurance, 2) or get((level or {}).get("PAT", []), 1),
        "filing_indicator_code": get(insurance, 9),
        "payer_name": _organisation(subscriber.get("NM1PR", [])),
        "payer_id": get(subscriber.get("NM1PR", []), 9),
        "member_token": get(subscriber.get("NM1IL", []), 9),
        "billing_npi": get(_find(level, "20").get("NM185", []), 9),
        **dict.fromkeys(ROLES.values()),
    }
    out["claims"].append(claim)
    keys = {"transaction_no": transaction, "claim_no": claim_no}
    counted = {"payers": 0, "adjustments": 0}
    seen: set[str] = set()
    payer: dict | None = None
    lines: list[tuple[int, list[str]]] = []
    for at, (number, segment) in enumerate(numbered):
        tag, qualifier = segment[0], get(segment, 1) or ""
        if tag == "LX":
            lines = numbered[at:]
            break
        if tag == "SBR":
            counted["payers"] += 1
            payer = _payer(keys, counted["payers"], number, segment)
            out["payers"].append(payer)
            seen = set()
        elif payer is None:
            if tag == "NM1" and qualifier in ROLES and qualifier not in seen:
                seen.add(qualifier)
                claim[ROLES[qualifier]] = get(segment, 9)
        elif tag == "CAS":
            for triplet in _triplets(segment):
                counted["adjustments"] += 1
                out["adjustments"].append(
                    {
                        **keys,
                        "payer_no": payer["payer_no"],
                        "line_no": None,
                        "payer_line_no": None,
                        "adjustment_no": counted["adjustments"],
                        "segment_no": number,
                        **triplet,
                    }
                )
        elif tag == "NM1":
            if qualifier == "IL" and "IL" not in seen:
                payer["member_token"] = get(segment, 9)
            if qualifier == "PR" and "PR" not in seen:
                payer["payer_name"], payer["payer_id"] = _organisation(segment), get(segment, 9)
            seen.add(qualifier)
        elif tag == "AMT" and qualifier in PAYER_AMOUNTS and payer[PAYER_AMOUNTS[qualifier]] is None:
            payer[PAYER_AMOUNTS[qualifier]] = money(get(segment, 2))
        elif tag == "DTP" and qualifier == "573" and payer["adjudication_date"] is None:
            payer["adjudication_date"] = dates(get(segment, 2), get(segment, 3))[0]
        elif tag == "REF" and qualifier == "F8" and payer["icn_token"] is None:
            payer["icn_token"] = get(segment, 2)
    _lines(keys, lines, counted["adjustments"], out)


def _payer(keys: dict, payer_no: int, number: int, segment: list[str]) -> dict:
    return {
        **keys,
        "payer_no": payer_no,
        "segment_no": number,
        "payer_sequence_code": get(segment, 1),
        "relationship_code": get(segment, 2),
        "filing_indicator_code": get(segment, 9),
        **dict.fromkeys(("payer_name", "payer_id", "member_token", "adjudication_date", "icn_token")),
        **dict.fromkeys(PAYER_AMOUNTS.values()),
    }


def _lines(keys: dict, numbered: list[tuple[int, list[str]]], adjustments: int, out: dict[str, list[dict]]) -> None:
    """What the other payers answered to each line."""
    line_no, answers = 0, 0
    answer: dict | None = None
    for number, segment in numbered:
        tag = segment[0]
        if tag == "LX":
            answer = None
        elif tag in ("SV1", "SV2", "SV3"):
            line_no, answers, answer = line_no + 1, 0, None
        elif tag == "SVD":
            answers += 1
            code = (get(segment, 3) or "").split("\x1f") + ["", ""]
            answer = {
                **keys,
                "line_no": line_no,
                "payer_line_no": answers,
                "segment_no": number,
                "payer_id": get(segment, 1),
                "paid_amount": money(get(segment, 2)),
                "code_qualifier": code[0] or None,
                "procedure_code": code[1] or None,
                "paid_units": quantity(get(segment, 5)),
                "adjudication_date": None,
                "patient_liability_amount": None,
            }
            out["lines"].append(answer)
        elif answer is None:
            continue
        elif tag == "CAS":
            for triplet in _triplets(segment):
                adjustments += 1
                out["adjustments"].append(
                    {
                        **keys,
                        "payer_no": None,
                        "line_no": line_no,
                        "payer_line_no": answers,
                        "adjustment_no": adjustments,
                        "segment_no": number,
                        **triplet,
                    }
                )
        elif tag == "DTP" and get(segment, 1) == "573":
            answer["adjudication_date"] = dates(get(segment, 2), get(segment, 3))[0]
        elif tag == "AMT" and get(segment, 1) == "EAF":
            answer["patient_liability_amount"] = money(get(segment, 2))


def _triplets(segment: list[str]) -> Iterator[dict]:
    for at in range(2, len(segment), 3):
        reason, amount = get(segment, at), money(get(segment, at + 1))
        if reason or amount is not None:
            yield {"group_code": get(segment, 1), "carc_code": reason, "amount": amount, "quantity": quantity(get(segment, at + 2))}


def _organisation(segment: list[str]) -> str | None:
    """A name, when it is not a person's."""
    return get(segment, 3) if get(segment, 2) == "2" else None


def quantity(text: str | None) -> Decimal | None:
    """A plain number, else None."""
    try:
        return Decimal(text) if text else None
    except InvalidOperation:
        return None
