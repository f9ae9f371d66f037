"""Write what a clearinghouse answers to a batch of claims: a TA1, a 999, and a 277CA that accepts every claim."""

from datetime import date, timedelta

from rcm_pipeline.sample.claims import Claim
from rcm_pipeline.sample.world import Client
from rcm_pipeline.sample.x12_text import CLIENT_STYLE, version_of, wrapped

_CLEARINGHOUSE = "CLRWAY"


def acknowledgement_file(client: Client, batches: list[tuple[int, list[Claim]]], sent: date, control: int, *, has_claims: bool) -> str:
    """Interchanges of one day in one file: TA1 and 999 for each batch by control number, then, if asked, its 277CA."""
    day, text = sent + timedelta(days=3), []
    for place, (batch, claims) in enumerate(batches):
        number = control * 10 + 2 * place
        text.append(
            _interchange(client, "FA", "005010X231A1", day, number, _accepted(batch, claims), [f"TA1*{batch:09d}*{sent:%y%m%d}*0900*A*000"])
        )
        if has_claims:
            text.append(_interchange(client, "HN", "005010X214", day, number + 1, _statuses(client, batch, claims, day)))
    return "".join(text)


def _interchange(client: Client, group: str, version: str, day: date, number: int, body: list[str], before: list[str] | None = None) -> str:
    receiver = client.account_prefix + "SUB"
    segments = [*body, f"SE*{len(body) + 1}*0001"]
    return wrapped(CLIENT_STYLE, group, version, _CLEARINGHOUSE, receiver, day, number, segments, before or [])


def _accepted(batch: int, claims: list[Claim]) -> list[str]:
    version = version_of(claims)
    return [
        "ST*999*0001*005010X231A1",
        f"AK1*HC*{batch}*{version}",
        f"AK2*837*0001*{version}",
        "IK5*A",
        "AK9*A*1*1*1",
    ]


def _statuses(client: Client, batch: int, claims: list[Claim], day: date) -> list[str]:
    total = CLIENT_STYLE.money(sum(claim.charge for claim in claims))
    segments = [
        "ST*277*0001*005010X214",
        f"BHT*0085*08*{batch}A*{day:%Y%m%d}*0900*TH",
        "HL*1**20*1",
        f"NM1*AY*2*CLEARWAY*****46*{_CLEARINGHOUSE}",
        f"TRN*1*{batch}R",
        f"DTP*050*D8*{day:%Y%m%d}",
        f"DTP*009*D8*{day:%Y%m%d}",
        "HL*2*1*21*1",
        f"NM1*41*2*{client.name.upper()}*****46*{client.account_prefix}SUB",
        f"TRN*2*{batch}",
        f"STC*A1:19:PR*{day:%Y%m%d}*WQ*{total}",
        f"QTY*90*{len(claims)}",
        f"AMT*YU*{total}",
        "HL*3*2*19*1",
        f"NM1*85*2*{client.name.upper()}*****XX*{client.npi}",
    ]
    for level, claim in enumerate(claims, start=4):
        surname, forename = claim.patient
        segments += [
            f"HL*{level}*3*PT",
            f"NM1*QC*1*{surname}*{forename}****MI*{claim.member}",
            f"TRN*2*{claim.account}",
            f"STC*A2:20:PR*{day:%Y%m%d}*WQ*{CLIENT_STYLE.money(claim.charge)}",
        ]
    return segments
