"""Exports of claims and remittances become the tables that 837 and 835 files fill, on cases worked out by hand."""

import io
from decimal import Decimal as D

import polars as pl

from rcm_pipeline.intake.contents import content_of_bytes
from rcm_pipeline.intake.explain import explain, starter_maps
from rcm_pipeline.intake.reading import FileReading, read_files
from rcm_pipeline.intake.recognise import recognise
from rcm_pipeline.intake.sheets.grids import letters
from rcm_pipeline.intake.sheets.sheet_files import read_sheets
from rcm_pipeline.privacy.tokens import Identified
from rcm_pipeline.settings import ClientSettings, parse_client_settings
from schemas.contract import empty
from schemas.registry import CONTRACTS, layer
from tests.tables import core_of

REMITS = """Account Number\tPayer\tCheck Date\tLine\tCPT\tMod\tDOS\tBilled\tPaid\tGroup\tReason Code\tAdjustment\tGroup Code 2\tCARC 2\tAdjustment Amount 2\tRemark\tPatient
A1\tACME\t11/19/2026\t1\t99213\t25\t2026-11-02\t$1,100.00\t60.00\tCO\t45\t40\tPR\t3\t1000\t\tDOE
A2\tACME\t11/19/2026\t1\t99214\t\t2026-11-03\t200\t0\tCO\t197\t200\t\t\t\tN115\tROE
A1\tACME\t11/19/2026\t2\t93000\t\t2026-11-02\t50\t0\tCO\t50\t30\t\t\t\t\tDOE
A1\tACME\t11/19/2026\t2\t93000\t\t2026-11-02\t50\t0\tOA\t23\t20\t\t\t\tM127\tDOE
A1\tACME\t11/26/2026\t\t99213\t\t2026-11-02\t100\t100\t\t\t\t\t\t\t\tDOE
"""
CLAIMS = """Claim ID,Submitted Date,Payer ID,Procedure Code,Modifier 1,Rev Code,Charges,Units,Date of Service,Dx1,Dx2,NPI
C1,2026-11-05,P1,99213,25,,100.50,1,2026-11-02,E11.9,I10,1234567893
C1,2026-11-05,P1,93000,,,50,1,2026-11-03,E11.9,,1234567893
C2,2026-11-05,P1,,,0450,900,2,2026-11-02,R07.9,,1234567893
"""


def read(text: bytes, **settings: object) -> FileReading:
    content = content_of_bytes(text)
    return read_files([(content, recognise(content))], ClientSettings.model_validate(settings), Identified())


def test_a_remittance_export_fills_the_835_tables() -> None:
    tables = read(REMITS.encode()).tables
    assert tables["raw_payments"].select("transaction_no", "payer_name", "payment_date", "payment_amount").rows() == [
        (1, "ACME", pl.date(2026, 11, 19).pipe(lambda e: pl.select(e).item()), None),
        (2, "ACME", pl.select(pl.date(2026, 11, 26)).item(), None),
    ]
    assert tables["raw_remits"].select(
        "transaction_no", "claim_no", "claim_token", "charge_amount", "paid_amount", "patient_responsibility_amount"
    ).rows() == [
        (1, 1, "A1", D("1150.00"), D("60.00"), D("1000.00")),
        (1, 2, "A2", D("200.00"), D("0.00"), None),
        (2, 3, "A1", D("100.00"), D("100.00"), None),
    ]
    assert tables["raw_remit_lines"].select("claim_no", "line_no", "segment_no", "procedure_code", "modifier_1_code", "charge_amount").rows() == [
        (1, 1, 2, "99213", "25", D("1100.00")), (1, 2, 4, "93000", None, D("50.00")), (2, 1, 3, "99214", None, D("200.00")), (3, 1, 6, "99213", None, D("100.00")),
    ]  # fmt: skip
    assert tables["raw_adjustments"].select("claim_no", "line_no", "adjustment_no", "group_code", "carc_code", "amount").rows() == [
        (1, 1, 1, "CO", "45", D("40.00")), (1, 1, 2, "PR", "3", D("1000.00")), (1, 2, 3, "CO", "50", D("30.00")), (1, 2, 4, "OA", "23", D("20.00")), (2, 1, 1, "CO", "197", D("200.00")),
    ]  # fmt: skip
    assert tables["raw_remarks"].select("claim_no", "line_no", "rarc_code").rows() == [(1, 2, "M127"), (2, 1, "N115")]
    assert tables["raw_files"].select("kind", "remit_count", "dropped_count").rows() == [("remittances", 3, 5)]


def test_a_reversal_stays_apart_from_its_correction() -> None:
    head = "Account Number,Payer,Check Date,ICN,Line,Status,CPT,Billed,Paid\n"
    rows = "A1,ACME,2026-11-19,I1,1,22,99213,(100.00),-80\nA1,ACME,2026-11-19,I1,1,1,99213,100,90\n"
    remits = read((head + rows).encode()).tables["raw_remits"]
    assert remits.select("status_code", "charge_amount", "paid_amount").rows() == [
        ("22", D("-100.00"), D("-80.00")),
        ("1", D("100.00"), D("90.00")),
    ]


def test_money_as_people_write_it() -> None:
    from rcm_pipeline.intake.sheets.cells import parse
    from rcm_pipeline.x12.values import MONEY

    written = pl.Series(["1,234,567.89", "(1,234.50)", "-$5", "$ 7.10", "5.00-", "1,23", "12,345,6", "1e3", "(-5)"])
    read_as = pl.select(parse(pl.lit(written), MONEY)).to_series().to_list()
    assert read_as == [D("1234567.89"), D("-1234.50"), D("-5.00"), D("7.10"), D("-5.00"), None, None, None, None]


def test_numbers_of_a_parquet_file_are_what_a_sheet_would_show() -> None:
    frame = pl.DataFrame(
        {
            "Account Number": [12345.0, None], "Payer": ["ACME", "ACME"], "Check Date": [pl.Series(["2026-11-19T00:00:00"]).str.to_datetime()[0]] * 2,
            "CPT": [99213.0, 99214.0], "Billed": [0.1 + 0.2, 5.0], "Paid": [0.0, 1.0], "Reason Code": [45.0, None], "Took": [None, None],
        },
        schema_overrides={"Took": pl.Duration},
    )  # fmt: skip
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    tables = read(buffer.getvalue()).tables
    assert tables["raw_remits"].select("claim_token", "charge_amount").rows() == [("12345", D("0.30"))]
    assert tables["raw_adjustments"]["carc_code"].to_list() == ["45"]
    assert tables["raw_rejects"]["row_no"].to_list() == [3]


def test_what_an_export_says_is_judged_like_an_835() -> None:
    raw = {name: empty(contract) for name, contract in layer("raw").items()} | read(REMITS.encode()).tables
    core = core_of(raw)
    assert core["core_denials"].select("claim_token", "line_no", "root_cause", "denied_amount").sort("claim_token").rows() == [
        ("A1", 2, "medical_necessity", D("30.00")),
        ("A2", 1, "authorization", D("200.00")),
    ]
    assert core["core_adjudicated_lines"]["charge_amount"].sum() == D("1450.00")


def test_a_claim_export_fills_the_837_tables() -> None:
    tables = read(CLAIMS.encode()).tables
    assert tables["raw_claims"].select("claim_no", "claim_token", "transaction_set", "charge_amount", "payer_id", "rendering_npi").rows() == [
        (1, "C1", "837P", D("150.50"), "P1", "1234567893"), (2, "C2", "837I", D("900.00"), "P1", "1234567893"),
    ]  # fmt: skip
    assert tables["raw_claim_lines"].select("claim_no", "line_no", "code_qualifier", "procedure_code", "revenue_code", "units").rows() == [
        (1, 1, "HC", "99213", None, D("1.000")), (1, 2, "HC", "93000", None, D("1.000")), (2, 1, "NU", None, "0450", D("2.000")),
    ]  # fmt: skip
    assert tables["raw_claim_diagnoses"].select("claim_no", "diagnosis_no", "qualifier_code", "diagnosis_code").rows() == [
        (1, 1, "ABK", "E119"), (1, 2, "ABF", "I10"), (2, 1, "ABK", "R079"),
    ]  # fmt: skip


def test_parquet_is_read_like_the_same_table_as_text() -> None:
    frame = pl.read_csv(io.BytesIO(CLAIMS.encode()), schema_overrides={"Rev Code": pl.String}, try_parse_dates=True)
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    parquet, text = read(buffer.getvalue()).tables, read(CLAIMS.encode()).tables
    for name in ("raw_claims", "raw_claim_lines", "raw_claim_diagnoses"):
        assert parquet[name].drop("file_id").rows() == text[name].drop("file_id").rows()
    assert parquet["raw_files"]["format_code"].to_list() == ["parquet"]
    assert read(b"PAR1 broken").tables["raw_rejects"]["rule"].to_list() == ["parquet_damaged"]


def test_two_sheets_of_one_kind_go_on_counting() -> None:
    import xlsxwriter

    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        for _ in range(2):
            sheet = book.add_worksheet()
            for number, line in enumerate(REMITS.strip().split("\n")[:3]):
                sheet.write_row(number, 0, line.split("\t"))
    tables = read(out.getvalue()).tables
    assert tables["raw_remits"]["claim_no"].to_list() == [1, 2, 3, 4]
    assert tables["raw_payments"]["transaction_no"].to_list() == [1, 2]
    assert tables["raw_remit_lines"]["claim_no"].to_list() == [1, 2, 3, 4]


def test_escalations_and_decisions() -> None:
    text = "Query ID,Account Number,Sent By,Query Date,Reason,Sent To,Answered On,Outcome\nQ1,A1,C001,2026-11-02,Incomplete chart support,provider,2026-11-04,code changed\nQ2,A2,C002,2026-11-03,weather,provider,,\n"
    reading = read_sheets(text.encode(), "csv", ClientSettings(), Identified())
    table = reading.tables["raw_escalations"]
    assert table.select("escalation_token", "reason_code", "staff_id").rows() == [("Q1", "chart_support", "C001"), ("Q2", "other", "C002")]
    assert table["answered_date"].is_null().to_list() == [False, True]
    assert [(row, column, rule) for row, column, rule, _ in reading.findings] == [(3, "reason_code", "word_unknown")]
    decided = "Decision ID,Query ID,Decision Date,Decided By,Role,Decision\nD1,Q1,2026-11-04,M01,coding lead,agreed\n"
    assert read_sheets(decided.encode(), "csv", ClientSettings(), Identified()).tables["raw_decisions"].height == 1


def test_explain_says_what_goes_where_what_is_left_and_shows_problems_with_their_cells() -> None:
    text = "\n".join(explain(content_of_bytes(REMITS.replace("Billed", "Kosten").encode()), ClientSettings()))
    assert "read as remittances (payments and denials), header in row 1" in text
    assert 'column A "Account Number" → claim_token' in text
    assert 'column Q "Patient" → not used, dropped' in text
    assert "missing: charge_amount; name its heading under [headers.remittances]" in text
    damaged = "\n".join(explain(content_of_bytes(REMITS.replace("11/26/2026", "some day").encode()), ClientSettings()))
    assert 'row 6, payment_date in C6 ("some day"): payment_date is not of its type' in damaged


def test_the_map_explain_writes_is_one_that_reads_the_sheet_once_it_is_corrected() -> None:
    strange = REMITS.replace("Billed", "Kosten").replace("Check Date", "Zahltag")
    written = "\n".join(starter_maps(content_of_bytes(strange.encode()), ClientSettings()))
    corrected = written.replace('# charge_amount = ""', 'charge_amount = "Kosten"').replace('# … = "Zahltag"', 'payment_date = "Zahltag"')
    settings = parse_client_settings(corrected, "acme.toml")
    assert read(strange.encode()).tables["raw_rejects"]["rule"].to_list() == ["column_missing"]
    mapped = read(strange.encode(), sheets=[own.model_dump() for own in settings.sheets]).tables
    assert (
        mapped["raw_remits"].rows()
        == read(REMITS.encode()).tables["raw_remits"].with_columns(file_id=mapped["raw_remits"]["file_id"]).rows()
    )


def test_columns_are_named_as_spreadsheets_do() -> None:
    assert [letters(place) for place in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]


def test_contracts_of_exports_say_what_every_column_means() -> None:
    from rcm_pipeline.intake.sheets.headings import shipped_headers
    from rcm_pipeline.intake.sheets.kinds import KINDS
    from rcm_pipeline.privacy.door import allow_list

    treated = allow_list()["sheets"]
    for kind, contract in KINDS.items():
        columns = set(contract.to_schema().columns) - {"file_id", "row_no", "posting_no"}
        assert columns <= set(shipped_headers()[kind]) <= set(treated), kind
    assert {f"raw_{kind}" for kind in KINDS} - set(CONTRACTS) == {"raw_remittances", "raw_claim_outcomes"}
