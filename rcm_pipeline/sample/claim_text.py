"""Write claims as 837: a subscriber loop per version, with the other payer's answer where one paid first."""

from datetime import date

from rcm_pipeline.sample.claim_courses import PRIMARY, Answer, Version
from rcm_pipeline.sample.claims import Claim, Line
from rcm_pipeline.sample.world import INPATIENT, Client
from rcm_pipeline.sample.x12_text import CLIENT_STYLE, coded, wrapped, ymd

_money = CLIENT_STYLE.money


def claim_file(client: Client, versions: list[Version], day: date, control: int, envelope: int | None = None) -> str:
    """One 837P or 837I interchange; `envelope` is its number where it differs from that of the batch."""
    guide = guide_of(versions)
    segments = [
        f"ST*837*0001*{guide}",
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
    for number, version in enumerate(versions, start=2):
        segments += _claim(version, number)
    segments.append(f"SE*{len(segments) + 1}*0001")
    return wrapped(CLIENT_STYLE, "HC", guide, client.account_prefix + "SUB", "CLRWAY", day, envelope or control, segments)


def guide_of(versions: list[Version]) -> str:
    """The guide a batch is written by; it holds claims of one kind."""
    return "005010X223A2" if versions[0].claim.is_institutional else "005010X222A1"


def _claim(version: Version, level: int) -> list[str]:
    claim, payer = version.claim, version.payer
    surname, forename = claim.patient
    place = f"{version.place}:{'A' if claim.is_institutional else 'B'}:{version.frequency}"
    segments = [
        f"HL*{level}*1*22*0",
        f"SBR*{version.sequence}*18*******{payer.filing_code}",
        f"NM1*IL*1*{surname}*{forename}****MI*{member_of(claim, version.sequence)}",
        "N3*1 ELM ST",
        "N4*SPRINGFIELD*IL*62704",
        f"DMG*D8*{claim.birth}*F",
        f"NM1*PR*2*{payer.name}*****PI*{payer.payer_id}",
        f"CLM*{claim.account}*{_money(claim.charge)}***{place}*Y*A*Y*Y",
        *_head(version),
    ]
    if version.prior is not None:
        segments += _other_payer(version.prior)
    service = f"DTP*472*D8*{ymd(claim.service)}"
    for number, line in enumerate(claim.lines, start=1):
        segments += [f"LX*{number}", _service(claim, line), service, f"REF*6R*{claim.account}L{number}"]
    return segments


def member_of(claim: Claim, sequence: str) -> str:
    """The member number with the first payer, or with the second."""
    return claim.member if sequence == PRIMARY else f"S{claim.member[1:]}"


def _head(version: Version) -> list[str]:
    """What a claim says besides its charge: dates, references, diagnoses."""
    claim = version.claim
    day, (first, *others) = ymd(claim.service), claim.diagnoses
    segments = [f"DTP*434*RD8*{day}-{day}"] if claim.is_institutional else []
    if claim.is_institutional:
        segments += ([f"DTP*435*D8*{day}"] if version.place == INPATIENT else []) + ["CL1*3*1*01"]
    if claim.authorization:
        segments.append(f"REF*G1*{claim.authorization}")
    if version.original_icn:
        segments.append(f"REF*F8*{version.original_icn}")
    more = "".join(f"*ABF:{code}" for code in others)
    if not claim.is_institutional:
        return [*segments, f"HI*ABK:{first}{more}"]
    return [*segments, f"HI*ABK:{first}", *([f"HI{more}"] if more else [])]


def _other_payer(prior: Answer) -> list[str]:
    """Loop 2320 and 2330: who paid first, how much, and what it took off."""
    claim, payer = prior.claim, prior.payer
    surname, forename = claim.patient
    by_group: dict[str, dict[str, int]] = {}
    for group, carc, amount in (triplet for line in prior.adjustments for triplet in line):
        sums = by_group.setdefault(group, {})
        sums[carc] = sums.get(carc, 0) + amount
    adjusted = ["**".join(f"{carc}*{_money(amount)}" for carc, amount in sums.items()) for sums in by_group.values()]
    return [
        f"SBR*P*18*******{payer.filing_code}",
        *(f"CAS*{group}*{triplets}" for group, triplets in zip(by_group, adjusted, strict=True)),
        f"AMT*D*{_money(prior.paid)}",
        "OI***Y***Y",
        f"NM1*IL*1*{surname}*{forename}****MI*{claim.member}",
        f"NM1*PR*2*{payer.name}*****PI*{payer.payer_id}",
        f"DTP*573*D8*{ymd(prior.day)}",
        f"REF*F8*{prior.icn}",
    ]


def _service(claim: Claim, line: Line) -> str:
    code, money = coded(line.code, line.modifier), _money(line.charge)
    if claim.is_institutional:
        return f"SV2*{line.revenue_code}*{code}*{money}*UN*{line.units}"
    return f"SV1*{code}*{money}*UN*{line.units}***1"
