"""Generated and mutated interchanges: whatever comes, ordinals hold, nothing raises, and good claims stay good."""

from decimal import Decimal

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rcm_pipeline.x12.read import read_x12
from tests.conftest import OpenDoor
from tests.oracle import plain_x12
from tests.spec.engine import remittance

FEW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
amounts = st.decimals(min_value=-99999, max_value=99999, places=2)
codes = st.text(alphabet="ABC0123456789", min_size=1, max_size=6)


@st.composite
def claims(draw: st.DrawFn) -> str:
    """The segments of one claim payment."""
    parts = [
        f"CLP*{draw(codes)}*{draw(st.sampled_from(['1', '2', '4', '22']))}*{draw(amounts)}*{draw(amounts)}*{draw(amounts)}*CI*{draw(codes)}"
    ]
    for _ in range(draw(st.integers(0, 2))):
        parts.append(f"CAS*CO*{draw(codes)}*{draw(amounts)}**{draw(codes)}*{draw(amounts)}*1")
    for _ in range(draw(st.integers(0, 3))):
        parts.append(f"SVC*HC:{draw(codes)}:{draw(codes)}*{draw(amounts)}*{draw(amounts)}")
        for _ in range(draw(st.integers(0, 2))):
            parts.append(f"CAS*PR*{draw(codes)}*{draw(amounts)}")
        if draw(st.booleans()):
            parts.append(f"LQ*HE*{draw(codes)}")
    return "\n".join(parts)


@FEW
@given(st.lists(claims(), min_size=1, max_size=5), st.sampled_from(["~", "~\n", "~\r\n  ", "\n", "'"]))
def test_generated_remittances_read_like_the_plain_reader(bodies: list[str], ending: str) -> None:
    raw = remittance("\n".join(bodies)).replace(b"~", ending.encode())
    tables = read_x12([raw], OpenDoor()).tables
    plain = plain_x12.read_835(plain_x12.split_segments(remittance("\n".join(bodies)).decode()))
    assert tables["raw_remits"].select("claim_token", "charge_amount").rows() == [(r["claim"], r["charge"]) for r in plain["remits"]]
    got = tables["raw_adjustments"].select("claim_no", "line_no", "carc_code", "amount").rows()
    assert got == [(r["claim_no"], r["line_no"], r["reason"], r["amount"]) for r in plain["adjustments"]]
    assert tables["raw_adjustments"]["amount"].sum() == sum((r["amount"] for r in plain["adjustments"]), Decimal(0))


@FEW
@given(st.lists(claims(), min_size=1, max_size=3), st.data())
def test_cut_doubled_dropped_and_damaged_files_never_raise(bodies: list[str], data: st.DataObject) -> None:
    raw = bytearray(remittance("\n".join(bodies)))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(raw) - 1))
        match data.draw(st.sampled_from(["cut", "flip", "drop", "double"])):
            case "cut":
                raw = raw[: at + 1]
            case "flip":
                raw[at] = data.draw(st.integers(0, 255))
            case "drop":
                del raw[at : at + 20]
            case "double":
                raw[at:at] = raw[at : at + 40]
        if not raw:
            return
    reading = read_x12([bytes(raw), remittance(bodies[0])], OpenDoor())
    intact = reading.tables["raw_remits"].filter(pl.col("file") == 1)
    assert intact.height == 1, "a damaged file costs its neighbour nothing"
    remits = reading.tables["raw_remits"].filter(pl.col("file") == 0)
    assert remits["claim_no"].to_list() == list(range(1, remits.height + 1))
    kept = reading.files.filter(pl.col("file") == 0)
    assert kept["dropped_count"][0] <= kept["element_count"][0]
