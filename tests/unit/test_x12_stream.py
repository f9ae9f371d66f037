"""A file read block by block holds what it holds when read at once, wherever the blocks are cut."""

import io
from pathlib import Path

import polars as pl
import pytest

from rcm_pipeline.sample.generate import generate
from rcm_pipeline.x12.read import Reading, read_x12, stream_x12
from tests.conftest import OpenDoor

COUNTS = ("segment_count", "read_segment_count", "rejected_segment_count", "transaction_count", "claim_count", "remit_count")


def streamed(raw: bytes, block_bytes: int) -> list[Reading]:
    return list(stream_x12(io.BytesIO(raw).read, OpenDoor(), block_bytes=block_bytes))


def joined(blocks: list[Reading]) -> tuple[dict[str, list], dict[str, int], list, list]:
    """What the blocks hold together, in a form to compare."""
    tables = {name: pl.concat([b.tables[name] for b in blocks]).rows() for name in blocks[0].tables}
    files = pl.concat([b.files for b in blocks])
    counts = {name: int(files[name].sum()) for name in (*COUNTS, "element_count", "dropped_count", "interchange_count")}
    findings = pl.concat([b.findings for b in blocks]).sort("segment_no", "rule", "detail").rows()
    rejects = pl.concat([b.rejects for b in blocks]).select("rule", "segment_count").group_by("rule").agg(pl.col("segment_count").sum())
    return tables, counts, findings, rejects.sort("rule").rows()


def assert_same(raw: bytes, block_bytes: int) -> int:
    blocks, whole = streamed(raw, block_bytes), [read_x12([raw], OpenDoor())]
    got, want = joined(blocks), joined(whole)
    for name, rows in want[0].items():
        assert got[0][name] == rows, f"{name} with blocks of {block_bytes}"
    assert got[1:] == want[1:]
    return len(blocks)


@pytest.mark.parametrize(("block_bytes", "least_cut"), [(700, 5), (2500, 9)])
def test_real_files_read_alike_in_blocks(corpus: list[Path], block_bytes: int, least_cut: int) -> None:
    cut = 0
    for path in corpus[:: 1 if block_bytes == 2500 else 3]:
        raw = path.read_bytes()
        # with blocks this small the separators are judged by the first few hundred bytes, too few to see that ISA16 is wrong
        is_plain = not {"component_separator", "isa_length", "no_interchange_header"} & set(read_x12([raw], OpenDoor()).findings["rule"])
        if len(raw) > block_bytes and is_plain:
            cut += assert_same(raw, block_bytes) > 1
    assert cut > least_cut


@pytest.fixture(scope="module")
def long_files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Several files of one kind end to end, as archives of clearinghouses are."""
    out = tmp_path_factory.mktemp("long")
    generate(out, weeks=4, scale=0.6, seed=11)
    return {kind: b"".join(p.read_bytes() for p in sorted(out.rglob(f"{kind}*"))) for kind in ("835", "837P", "837I", "ACK")}


@pytest.mark.parametrize("kind", ["835", "837P", "837I", "ACK"])
@pytest.mark.parametrize("block_bytes", [1_500, 9_000])
def test_generated_files_read_alike_in_blocks(long_files: dict[str, bytes], kind: str, block_bytes: int) -> None:
    assert assert_same(long_files[kind], block_bytes) > 3


def test_balances_and_counts_of_a_payment_are_judged_over_all_its_blocks(long_files: dict[str, bytes]) -> None:
    spoilt = long_files["835"].replace(b"BPR*I*", b"BPR*I*1", 1).replace(b"*0001~\nGE*1", b"*0009~\nGE*1", 1)
    findings = pl.concat([b.findings for b in streamed(spoilt, 1_500)])
    assert sorted(findings["rule"]) == ["control_number", "payment_out_of_balance"]


def test_a_long_run_without_a_place_to_cut_is_cut_anywhere_and_loses_nothing() -> None:
    head = "ISA*00*          *00*          *ZZ*A              *ZZ*B              *261116*1200*^*00501*000000001*0*P*:~GS*HP*A*B*20261116*1200*1*X*005010X221A1~"
    body = "ST*835*0001~" + "N3*SOMEWHERE~" * 4000 + "SE*4002*0001~GE*1*1~IEA*1*000000001~"
    blocks = streamed((head + body).encode(), 1_000)
    assert len(blocks) > 3
    files = pl.concat([b.files for b in blocks])
    assert files["segment_count"].sum() == files["read_segment_count"].sum() == 4006
    assert pl.concat([b.findings for b in blocks]).is_empty()
