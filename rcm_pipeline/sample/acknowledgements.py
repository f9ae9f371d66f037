"""Write what a clearinghouse answers to a batch of claims: a TA1, a 999, and a 277CA with a verdict on every claim."""

from datetime import date, timedelta

from rcm_pipeline.sample.claim_courses import Version
from rcm_pipeline.sample.claim_text import guide_of, member_of
from rcm_pipeline.sample.world import Client
from rcm_pipeline.sample.x12_text import CLIENT_STYLE, wrapped

_CLEARINGHOUSE = "CLRWAY"
_money = CLIENT_STYLE.money


def acknowledgement_file(client: Client, batches: list[tuple[int, list[Version]]], sent: date, control: int, *, has_claims: bool) -> str:
    """Interchanges of one day in one file: TA1 and 999 for each batch by control number, then, if asked, its 277CA.

    Nothing of a batch that its 999 rejects reaches a 277CA.
    """
    day, text = sent + timedelta(days=3), []
    for place, (batch, versions) in enumerate(batches):
        number, is_rejected = control * 10 + 2 * place, versions[0].is_batch_rejected
        body = _verdict(batch, versions, is_rejected=is_rejected)
        text.append(_interchange(client, "FA", "005010X231A1", day, number, body, [f"TA1*{batch:09d}*{sent:%y%m%d}*0900*A*000"]))
        if has_claims and not is_rejected:
            text.append(_interchange(client, "HN", "005010X214", day, number + 1, _statuses(client, batch, versions, day)))
    return "".join(text)


def _interchange(client: Client, group: str, version: str, day: date, number: int, body: list[str], before: list[str] | None = None) -> str:
    receiver = client.account_prefix + "SUB"
    segments = [*body, f"SE*{len(body) + 1}*0001"]
    return wrapped(CLIENT_STYLE, group, version, _CLEARINGHOUSE, receiver, day, number, segments, before or [])


def _verdict(batch: int, versions: list[Version], *, is_rejected: bool) -> list[str]:
    guide = guide_of(versions)
    opening = ["ST*999*0001*005010X231A1", f"AK1*HC*{batch}*{guide}", f"AK2*837*0001*{guide}"]
    if is_rejected:
        return [*opening, "IK3*NM1*13*2010*8", "IK4*9*67*1", "IK5*R*5", "AK9*R*1*1*0"]
    return [*opening, "IK5*A", "AK9*A*1*1*1"]


def _statuses(client: Client, batch: int, versions: list[Version], day: date) -> list[str]:
    accepted = [version.claim.charge for version in versions if version.is_accepted]
    rejected = [version.claim.charge for version in versions if not version.is_accepted]
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
        f"STC*A1:19:PR*{day:%Y%m%d}*WQ*{_money(sum(accepted) + sum(rejected))}",
        *([f"QTY*90*{len(accepted)}"] if accepted else []),
        *([f"QTY*AA*{len(rejected)}"] if rejected else []),
        *([f"AMT*YU*{_money(sum(accepted))}"] if accepted else []),
        *([f"AMT*YY*{_money(sum(rejected))}"] if rejected else []),
        "HL*3*2*19*1",
        f"NM1*85*2*{client.name.upper()}*****XX*{client.npi}",
    ]
    for level, version in enumerate(versions, start=4):
        segments += _status(version, level, f"{day:%Y%m%d}")
    return segments


def _status(version: Version, level: int, day: str) -> list[str]:
    claim, (surname, forename) = version.claim, version.claim.patient
    status, action = ("A2:20:PR", "WQ") if version.is_accepted else (version.rejection, "U")
    segments = [
        f"HL*{level}*3*PT",
        f"NM1*QC*1*{surname}*{forename}****MI*{member_of(claim, version.sequence)}",
        f"TRN*2*{claim.account}",
        f"STC*{status}*{day}*{action}*{_money(claim.charge)}",
    ]
    return [*segments, f"REF*1K*{version.told_icn}"] if version.told_icn else segments
