"""A plain, slow, obvious reader of 277CA, 999, 997 and TA1: the oracle for the fast one. It shares no code with it."""

from datetime import date

from tests.oracle.plain_x12 import get, money

LEVELS = {"20": "source", "21": "receiver", "19": "provider", "PT": "claim"}
TOTALS = {
    ("QTY", "90"): "accepted_count",
    ("QTY", "QA"): "accepted_count",
    ("QTY", "AA"): "rejected_count",
    ("QTY", "QC"): "rejected_count",
    ("AMT", "YU"): "accepted_amount",
    ("AMT", "YY"): "rejected_amount",
}


def read_277ca(segments: list[list[str]]) -> dict[str, list[dict]]:
    """Statuses and totals. What a claim says of itself may stand after its statuses, so rows are put together at the end."""
    statuses: list[tuple] = []  # level, claim, line and the row begun
    totals: list[dict] = []
    transaction, group_version, reading, claims = 0, None, False, 0
    levels: dict[str, dict] = {}
    level: dict | None = None
    claim: dict | None = None
    line: dict | None = None
    for number, segment in enumerate(segments, start=1):
        tag = segment[0]
        if tag == "GS":
            group_version = get(segment, 8)
        elif tag == "ST":
            transaction += 1
            reading = segment[1] == "277" and "X214" in (get(segment, 3) or group_version or "")
            levels, level, claim, line = {}, None, None, None
        elif tag in ("SE", "GE", "IEA"):
            reading = False
        elif not reading:
            continue
        elif tag == "HL":
            above = levels.get(get(segment, 2) or "")
            level = {
                "kind": LEVELS.get(get(segment, 3) or ""),
                "batch": above["batch"] if above else None,
                "npi": above["npi"] if above else None,
                "totals": None,
            }
            levels[get(segment, 1) or ""] = level
            claim = line = None
        elif level is None:
            continue
        elif tag == "NM1" and level["kind"] == "provider" and get(segment, 1) == "85":
            level["npi"] = get(segment, 9)
        elif tag == "TRN" and level["kind"] == "receiver" and get(segment, 1) == "2":
            level["batch"] = get(segment, 2)
        elif tag == "TRN" and level["kind"] == "claim":
            claims += 1
            line = None
            claim = {"no": claims, "token": get(segment, 2), "icn": None, "house": None, "dates": (None, None), "lines": 0}
        elif tag == "SVC" and claim:
            claim["lines"] += 1
            code = (get(segment, 1) or "").split("\x1f") + ["", ""]
            line = {"no": claim["lines"], "code": code[1] or None, "charge": money(get(segment, 2)), "control": None, "dates": None}
        elif tag == "REF" and claim and line is None and get(segment, 1) == "1K":
            claim["icn"] = get(segment, 2)
        elif tag == "REF" and claim and line is None and get(segment, 1) == "D9":
            claim["house"] = get(segment, 2)
        elif tag == "REF" and line and get(segment, 1) == "FJ":
            line["control"] = get(segment, 2)
        elif tag == "DTP" and claim and get(segment, 1) == "472":
            (line or claim)["dates"] = dates(get(segment, 2), get(segment, 3))
        elif tag == "STC":
            for composite_no, at in enumerate((1, 10, 11), start=1):
                parts = (get(segment, at) or "").split("\x1f") + ["", "", ""]
                if any(parts):
                    row = {
                        "transaction_no": transaction,
                        "segment_no": number,
                        "composite_no": composite_no,
                        "category_code": parts[0] or None,
                        "status_code": parts[1] or None,
                        "entity_code": parts[2] or None,
                        "status_date": day(get(segment, 2)),
                        "action_code": get(segment, 3),
                        "charge_amount": money(get(segment, 4)),
                    }
                    statuses.append((level, claim, line, row))
        elif (tag, get(segment, 1)) in TOTALS and level["kind"] != "claim":
            if level["totals"] is None:
                level["totals"] = {"transaction_no": transaction, "level": level, **dict.fromkeys(TOTALS.values())}
                totals.append(level["totals"])
            value = money(get(segment, 2))
            if tag == "QTY" and value is not None:
                value = int(value) if value == int(value) else None
            level["totals"][TOTALS[tag, get(segment, 1)]] = value
    return {
        "statuses": [{"status_no": at, **_status(*parts)} for at, parts in enumerate(statuses, start=1)],
        "totals": [{"total_no": at, **_total(row)} for at, row in enumerate(totals, start=1)],
    }


def _status(level: dict, claim: dict | None, line: dict | None, row: dict) -> dict:
    first, last = (line and line["dates"]) or (claim and claim["dates"]) or (None, None)
    return {
        **row,
        "level_code": "line" if line else level["kind"],
        "claim_no": claim and claim["no"],
        "line_no": line and line["no"],
        "batch_token": level["batch"],
        "provider_npi": level["npi"],
        "claim_token": claim and claim["token"],
        "icn_token": claim and claim["icn"],
        "clearinghouse_token": claim and claim["house"],
        "service_from_date": first,
        "service_to_date": last,
        "procedure_code": line and line["code"],
        "line_charge_amount": line and line["charge"],
        "line_control_token": line and line["control"],
    }


def _total(row: dict) -> dict:
    level = row.pop("level")
    return {**row, "level_code": level["kind"], "batch_token": level["batch"]}


def read_acknowledgements(segments: list[list[str]]) -> dict[str, list[dict]]:
    """Acknowledgements and errors of 999, 997 and TA1."""
    rows: list[dict] = []
    errors: list[dict] = []
    transaction, kind = 0, ""
    group: dict | None = None
    about: dict | None = None  # the transaction spoken of
    bad: list[dict] = []  # errors of the segment spoken of, the segment itself first

    def acknowledge(number: int, level_code: str, **known: object) -> dict:
        row = {
            "acknowledgement_no": len(rows) + 1,
            "transaction_no": None if level_code == "interchange" else transaction,
            "segment_no": number,
            "source_code": "TA1" if level_code == "interchange" else kind,
            "level_code": level_code,
            **dict.fromkeys(("set_code", "interchange_control_id", "group_control_id", "transaction_control_id", "interchange_date")),
            **dict.fromkeys(("status_code", "included_count", "received_count", "accepted_count")),
            **known,
        }
        rows.append(row)
        return row

    def complain(row: dict, number: int, level_code: str, code: str | None, **known: object) -> dict:
        error = {
            "error_no": len(errors) + 1,
            "acknowledgement_no": row["acknowledgement_no"],
            "transaction_no": row["transaction_no"],
            "segment_no": number,
            "level_code": level_code,
            **dict.fromkeys(("segment_code", "segment_position", "loop_code")),
            **dict.fromkeys(("element_position", "component_position", "element_code", "claim_token")),
            "error_code": code,
            **known,
        }
        errors.append(error)
        return error

    for number, segment in enumerate(segments, start=1):
        tag = segment[0]
        if tag == "TA1":
            row = acknowledge(
                number,
                "interchange",
                interchange_control_id=get(segment, 1),
                interchange_date=day("20" + (get(segment, 2) or "")),
                status_code=get(segment, 4),
            )
            if get(segment, 5) not in (None, "000"):
                complain(row, number, "interchange", get(segment, 5))
        elif tag in ("ST", "SE", "GE", "IEA"):
            transaction += tag == "ST"
            kind, group, about, bad = segment[1] if tag == "ST" else "", None, None, []
        elif kind not in ("999", "997"):
            continue
        elif tag == "AK1":
            about, bad = None, []
            group = acknowledge(number, "group", set_code=get(segment, 1), group_control_id=get(segment, 2))
        elif tag == "AK2":
            bad = []
            about = acknowledge(
                number,
                "transaction",
                set_code=get(segment, 1),
                transaction_control_id=get(segment, 2),
                group_control_id=group and group["group_control_id"],
            )
        elif tag in ("AK3", "IK3") and about:
            place = {"segment_code": get(segment, 1), "segment_position": count(get(segment, 2)), "loop_code": get(segment, 3)}
            bad = [complain(about, number, "segment", get(segment, 4), **place)]
        elif tag in ("AK4", "IK4") and about and bad:
            where = (get(segment, 1) or "").split("\x1f") + [""]
            place = {name: bad[0][name] for name in ("segment_code", "segment_position", "loop_code", "claim_token")}
            place |= {"element_position": count(where[0] or None), "component_position": count(where[1] or None)}
            bad.append(complain(about, number, "element", get(segment, 3), element_code=get(segment, 2), **place))
        elif tag == "CTX" and bad:
            name, _, value = (get(segment, 1) or "").partition("\x1f")
            if name == "CLM01" and value:
                for error in bad:
                    error["claim_token"] = error["claim_token"] or value
        elif tag in ("AK5", "IK5") and about:
            about["status_code"] = get(segment, 1)
            for code in filter(None, segment[2:7]):
                complain(about, number, "transaction", code)
            about, bad = None, []
        elif tag == "AK9" and group:
            group["status_code"] = get(segment, 1)
            for at, name in enumerate(("included_count", "received_count", "accepted_count"), start=2):
                group[name] = count(get(segment, at))
            for code in filter(None, segment[5:10]):
                complain(group, number, "group", code)
            about, bad = None, []
    return {"acknowledgements": rows, "errors": errors}


def count(text: str | None) -> int | None:
    """A whole number, else None."""
    return int(text) if text and text.isascii() and text.isdigit() else None


def day(text: str | None) -> date | None:
    """A date as CCYYMMDD, else None."""
    digits = text or ""
    if len(digits) != 8 or not digits.isascii() or not digits.isdigit():
        return None
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None


def dates(form: str | None, text: str | None) -> tuple[date | None, date | None]:
    """First and last day of a DTP: the same for one day (D8)."""
    first, _, last = (text or "").partition("-")
    return (day(first), day(last)) if form == "RD8" else (day(text), day(text))
