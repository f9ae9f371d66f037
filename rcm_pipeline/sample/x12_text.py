"""Write claims as 837 and answers as 835, the way real senders do: their own separators, newlines and habits."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from rcm_pipeline.sample.claims import Answer, Claim, Line
from rcm_pipeline.sample.world import Client, Payer


@dataclass(frozen=True)
class Style:
    """Separators, what follows a segment, and whether .00 is left off amounts."""

    element: str
    component: str
    terminator: str
    newline: str
    drops_cents: bool = False

    def join(self, segments: Iterable[str]) -> str:
        """Segments written with * and : become text in this style."""
        text = [s.replace("*", self.element).replace(":", self.component) + self.terminator for s in segments]
        return self.newline.join(text) + self.newline

    def money(self, cents: int) -> str:
        """Cents as dollars."""
        sign, cents = ("-", -cents) if cents < 0 else ("", cents)
        if self.drops_cents and cents % 100 == 0:
            return f"{sign}{cents // 100}"
        return f"{sign}{cents // 100}.{cents % 100:02d}"


_REMIT_FILING = {"CI": "12", "BL": "12"}  # kinds of plan that an 837 may name and an 835 may not
CLIENT_STYLE = Style("*", ":", "~", "\n")


def style_of(payer: Payer) -> Style:
    """How a payer writes its remittances."""
    element, component, terminator = payer.separators
    return Style(element, component, terminator, payer.newline, payer.drops_cents)


def claim_file(client: Client, claims: list[Claim], day: date, control: int) -> str:
    """One 837P or 837I interchange with a subscriber loop per claim."""
    version = version_of(claims)
    segments = [
        f"ST*837*0001*{version}",
        f"BHT*0019*00*{control}*{day:%Y%m%d}*0900*CH",
        f"NM1*41*2*{client.name.upper()}*****46*{client.account_prefix}SUB",
        "PER*IC*BILLING OFFICE*TE*5550100",
        "NM1*40*2*CLEARWAY*****46*CLRWAY",
        "HL*1**20*1",
        f"NM1*85*2*{client.name.upper()}*****XX*{client.npi}",
        "N3*100 HARBOR ST",
        "N4*SPRINGFIELD*IL*627040000",
        "REF*EI*364000000",
    ]
    for number, claim in enumerate(claims, start=2):
        segments += _claim(claim, number)
    segments.append(f"SE*{len(segments) + 1}*0001")
    return wrapped(CLIENT_STYLE, "HC", version, client.account_prefix + "SUB", "CLRWAY", day, control, segments)


def version_of(claims: list[Claim]) -> str:
    """The guide a batch is written by; it holds claims of one kind."""
    return "005010X223A2" if claims[0].is_institutional else "005010X222A1"


def _claim(claim: Claim, level: int) -> list[str]:
    money = CLIENT_STYLE.money
    surname, forename = claim.patient
    place = "13:A:1" if claim.is_institutional else "11:B:1"
    segments = [
        f"HL*{level}*1*22*0",
        f"SBR*P*18*******{claim.payer.filing_code}",
        f"NM1*IL*1*{surname}*{forename}****MI*{claim.member}",
        "N3*1 ELM ST",
        "N4*SPRINGFIELD*IL*62704",
        f"DMG*D8*{claim.birth}*F",
        f"NM1*PR*2*{claim.payer.name}*****PI*{claim.payer.payer_id}",
        f"CLM*{claim.account}*{money(claim.charge)}***{place}*Y*A*Y*Y",
    ]
    if claim.is_institutional:
        segments += [f"DTP*434*RD8*{claim.service:%Y%m%d}-{claim.service:%Y%m%d}", "CL1*3*1*01"]
    first, *others = claim.diagnoses
    segments.append(f"HI*ABK:{first}" + ("" if claim.is_institutional else "".join(f"*ABF:{d}" for d in others)))
    if claim.is_institutional and others:
        segments.append("HI*" + "*".join(f"ABF:{d}" for d in others))
    for number, line in enumerate(claim.lines, start=1):
        segments += [f"LX*{number}", _service(claim, line), f"DTP*472*D8*{claim.service:%Y%m%d}", f"REF*6R*{claim.account}L{number}"]
    return segments


def _service(claim: Claim, line: Line) -> str:
    code = f"HC:{line.code}" + (f":{line.modifier}" if line.modifier else "")
    money = CLIENT_STYLE.money(line.charge)
    if claim.is_institutional:
        return f"SV2*{line.revenue_code}*{code}*{money}*UN*{line.units}"
    return f"SV1*{code}*{money}*UN*{line.units}***1"


def remittance_file(client: Client, payer: Payer, answers: list[Answer], day: date, control: int) -> str:
    """One 835 interchange with all of a payer's answers of a week. BPR02 = paid claims - provider adjustments."""
    style = style_of(payer)
    body = [segment for number, answer in enumerate(answers, start=1) for segment in _answer(style, answer, number, control)]
    total = sum(paid_cents(answer) for answer in answers)
    owed = min(total, 0)
    segments = [
        "ST*835*0001",
        f"BPR*I*{style.money(total - owed)}*C*ACH*CCP*01*111000025*DA*987654*1364000000**01*111000038*DA*13579*{day:%Y%m%d}",
        f"TRN*1*{payer.payer_id}{day:%Y%m%d}{client.account_prefix}*1364000000",
        f"DTM*405*{day:%Y%m%d}",
        f"N1*PR*{payer.name}*XV*{payer.payer_id}",
        "N3*PO BOX 1",
        "N4*DENVER*CO*80201",
        "PER*BL*PROVIDER LINE*TE*8005550100",
        f"N1*PE*{client.name.upper()}*XX*{client.npi}",
        "LX*1",
        *body,
    ]
    if owed:
        segments.append(f"PLB*{client.npi}*{day:%Y}1231*FB:{payer.payer_id}{day:%Y%m%d}*{style.money(owed)}")
    segments.append(f"SE*{len(segments) + 1}*0001")
    return wrapped(style, "HP", "005010X221A1", payer.payer_id, client.account_prefix + "SUB", day, control, segments)


def _remit_filing(payer: Payer) -> str:
    return _REMIT_FILING.get(payer.filing_code, payer.filing_code)


def paid_cents(answer: Answer) -> int:
    """What an answer pays, in cents; a reversal pays a negative amount."""
    charge = -answer.claim.charge if answer.is_reversal else answer.claim.charge
    return charge - sum(amount for line in answer.adjustments for _, _, amount in line)


def _answer(style: Style, answer: Answer, number: int, control: int) -> list[str]:
    claim, sign = answer.claim, -1 if answer.is_reversal else 1
    money, (surname, forename) = style.money, claim.patient
    patient = sum(amount for line in answer.adjustments for group, _, amount in line if group == "PR")
    segments = [
        f"CLP*{claim.account}*{answer.status}*{money(sign * claim.charge)}*{money(paid_cents(answer))}*{money(patient)}"
        f"*{_remit_filing(claim.payer)}*{claim.payer.payer_id}{control:05d}{number:04d}*{'13' if claim.is_institutional else '11'}*1",
    ]
    if answer.is_claim_level:
        totals: dict[tuple[str, str], int] = {}
        for adjustments in answer.adjustments:
            for group, carc, amount in adjustments:
                totals[group, carc] = totals.get((group, carc), 0) + amount
        segments += [f"CAS*{group}*{carc}*{money(amount)}" for (group, carc), amount in totals.items()]
    segments.append(f"NM1*QC*1*{surname}*{forename}****MI*{claim.member}")
    segments.append(f"DTM*232*{claim.service:%Y%m%d}")
    for place, line in enumerate(claim.lines):
        segments += _service_answer(style, answer, place, line, sign)
    return segments


def _service_answer(style: Style, answer: Answer, place: int, line: Line, sign: int) -> list[str]:
    adjustments = [] if answer.is_claim_level else answer.adjustments[place]
    paid = sign * line.charge - sum(amount for _, _, amount in adjustments)
    code = f"HC:{line.code}" + (f":{line.modifier}" if line.modifier else "")
    segments = [
        f"SVC*{code}*{style.money(sign * line.charge)}*{style.money(paid)}**{line.units}",
        f"DTM*472*{answer.claim.service:%Y%m%d}",
    ]
    by_group: dict[str, list[str]] = {}
    for group, carc, amount in adjustments:
        by_group.setdefault(group, []).append(f"{carc}*{style.money(amount)}")
    segments += [f"CAS*{group}*" + "**".join(triplets) for group, triplets in by_group.items()]
    segments.append(f"REF*6R*{answer.claim.account}L{place + 1}")
    if not answer.is_reversal:
        segments += [f"LQ*HE*{remark}" for remark in answer.scenarios[place].remarks]
    return segments


def wrapped(
    style: Style,
    group: str,
    version: str,
    sender: str,
    receiver: str,
    day: date,
    control: int,
    body: list[str],
    before: Sequence[str] = (),
) -> str:
    """One interchange around a transaction; `before` stands between its header and the group, as a TA1 does."""
    header = (
        f"ISA*00*{'':10}*00*{'':10}*ZZ*{sender:15}*ZZ*{receiver:15}*{day:%y%m%d}*0900*{'!' if style.component == '^' else '^'}*00501"
        f"*{control:09d}*0*P*:"
    )
    opening = [header, *before, f"GS*{group}*{sender}*{receiver}*{day:%Y%m%d}*0900*{control}*X*{version}"]
    return style.join([*opening, *body, f"GE*1*{control}", f"IEA*1*{control:09d}"])
