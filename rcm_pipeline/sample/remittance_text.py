"""Write answers as 835, the way real payers do: their own separators, newlines and habits."""

from datetime import date

from rcm_pipeline.sample.claim_courses import Answer, Recoupment
from rcm_pipeline.sample.claim_text import member_of
from rcm_pipeline.sample.claims import Line
from rcm_pipeline.sample.world import Client, Payer
from rcm_pipeline.sample.x12_text import Style, coded, style_of, wrapped, ymd

_REMIT_FILING = {"CI": "12", "BL": "12"}  # kinds of plan that an 837 may name and an 835 may not


def remittance_file(client: Client, payer: Payer, answers: list[Answer], recoupments: list[Recoupment], day: date, control: int) -> str:
    """One 835 interchange with all of a payer's answers of a week. BPR02 = paid claims - provider adjustments, never negative."""
    style = style_of(payer)
    moved = sum(answer.paid for answer in answers) - sum(recoupment.amount for recoupment in recoupments)
    segments = [
        "ST*835*0001",
        f"BPR*I*{style.money(max(moved, 0))}*C*ACH*CCP*01*111000025*DA*987654*1364000000**01*111000038*DA*13579*{day:%Y%m%d}",
        f"TRN*1*{payer.payer_id}{day:%Y%m%d}{client.account_prefix}*1364000000",
        f"DTM*405*{day:%Y%m%d}",
        f"N1*PR*{payer.name}*XV*{payer.payer_id}",
        "N3*PO BOX 1",
        "N4*DENVER*CO*80201",
        "PER*BL*PROVIDER LINE*TE*8005550100",
        f"N1*PE*{client.name.upper()}*XX*{client.npi}",
        "LX*1",
    ]
    for answer in answers:
        segments += _answer(style, answer)
    beside = [(r.reason, r.icn, r.amount) for r in recoupments]
    if moved < 0:
        beside.append(("FB", f"{payer.payer_id}{day:%Y%m%d}", moved))
    segments += [f"PLB*{client.npi}*{day:%Y}1231*{reason}:{icn}*{style.money(amount)}" for reason, icn, amount in beside]
    segments.append(f"SE*{len(segments) + 1}*0001")
    return wrapped(style, "HP", "005010X221A1", payer.payer_id, client.account_prefix + "SUB", day, control, segments)


def _answer(style: Style, answer: Answer) -> list[str]:
    claim, money = answer.claim, style.money
    surname, forename = claim.patient
    account = answer.written_account or claim.account
    filing = _REMIT_FILING.get(answer.payer.filing_code, answer.payer.filing_code)
    segments = [
        f"CLP*{account}*{answer.status}*{money(answer.charge)}*{money(answer.paid)}*{money(answer.patient_share)}"
        f"*{filing}*{answer.icn}*{answer.place}*{answer.frequency}",
    ]
    if answer.is_claim_level:
        totals: dict[tuple[str, str], int] = {}
        for group, carc, amount in (triplet for line in answer.adjustments for triplet in line):
            totals[group, carc] = totals.get((group, carc), 0) + amount
        segments += [f"CAS*{group}*{carc}*{money(amount)}" for (group, carc), amount in totals.items()]
    segments.append(f"NM1*QC*1*{surname}*{forename}****MI*{member_of(claim, answer.sequence)}")
    if answer.crossover:
        segments.append(f"NM1*TT*2*{answer.crossover.name}*****PI*{answer.crossover.payer_id}")
    if answer.names_original:
        segments.append(f"REF*F8*{answer.icn}")
    segments.append(f"DTM*232*{ymd(claim.service)}")
    for place, line in enumerate(claim.lines):
        segments += _service(style, answer, place, line)
    return segments


def _service(style: Style, answer: Answer, place: int, line: Line) -> list[str]:
    charge = -line.charge if answer.is_reversal else line.charge
    adjustments = [] if answer.is_claim_level else answer.adjustments[place]
    paid, by_group = charge, dict[str, list[str]]()
    for group, carc, amount in adjustments:
        paid -= amount
        by_group.setdefault(group, []).append(f"{carc}*{style.money(amount)}")
    segments = [
        f"SVC*{coded(line.code, line.modifier)}*{style.money(charge)}*{style.money(paid)}**{line.units}",
        f"DTM*472*{ymd(answer.claim.service)}",
    ]
    segments += [f"CAS*{group}*" + "**".join(triplets) for group, triplets in by_group.items()]
    if answer.has_line_numbers:
        segments.append(f"REF*6R*{answer.claim.account}L{place + 1}")
    if not answer.is_reversal:
        segments += [f"LQ*HE*{remark}" for remark in answer.scenarios[place].remarks]
    return segments
