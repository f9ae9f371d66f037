"""The table in a sheet is found whatever stands around it, and what is no row of data is refused and said."""

import pytest

from tests.unit.sheet_reading import REMITS, adjustments, kind, remits, rules, tables_of_sheet, text, values

READ = [("A1", "1", "100.00", "80.00"), ("A2", "4", "200.00", "0.00")]
TABBED, PIPED, SEMICOLONS = ("\n".join(row.replace(",", sign) for row in REMITS) + "\n" for sign in "\t|;")


@pytest.mark.parametrize(
    "content",
    [
        text(*REMITS), TABBED, PIPED, SEMICOLONS, "sep=;\n" + SEMICOLONS, "sep=|\r\n" + PIPED,
        SEMICOLONS.replace(".00", ",00"),
        text(*REMITS).encode("utf-16"), text(*REMITS).encode("utf-16-le"), text(*REMITS).encode("utf-16-be"),
        b"\xef\xbb\xbf" + text(*REMITS).encode(), text(*REMITS).replace("ACME", "Société").encode("cp1252"),
        text("Remittance detail, clinic of Dr. Who", "Run date: 2026-08-05", "", *REMITS),
        text(",,,Claim,,,Amounts,,,Adjustment,,,", *REMITS),
        text(REMITS[0], ",,,,,,USD,USD,USD,,,USD,", *REMITS[1:]),
        text(REMITS[0], REMITS[1], REMITS[0], REMITS[2]),
        text(*(row.replace(",Payer,", ",,Payer,").replace(",ACME,", ",,ACME,") for row in REMITS)),
    ],
)  # fmt: skip
def test_the_table_is_found_in_any_dress(content: str | bytes) -> None:
    tables = tables_of_sheet(content)
    assert remits(tables) == READ
    assert rules(tables) == []


@pytest.mark.parametrize(
    ("added", "refused"),
    [
        (("Total,,,,,,300.00,80.00,80.00,,,220.00,",), [(4, "total_row")]),
        (("Grand Total:,,,,,,300.00,80.00,80.00,,,220.00,",), [(4, "total_row")]),
        ((",,,,,,300.00,80.00,80.00,,,220.00,",), [(4, "total_row")]),
        (("", "Printed by Jane Doe,,,,,,,,,,,,"), [(5, "text_row")]),
        (("Page 1 of 1",), [(4, "text_row")]),
    ],
)
def test_totals_and_footers_are_refused_with_their_row(added: tuple[str, ...], refused: list[tuple[int, str]]) -> None:
    tables = tables_of_sheet(text(*REMITS, *added))
    assert remits(tables) == READ
    assert rules(tables) == refused
    assert "Jane" not in str(tables["raw_rejects"].to_dicts())


def test_a_payer_called_total_is_no_total() -> None:
    sheet = text("Payer,0-30,31-60,61-90,Balance", "Total Health Plan,1,2,3,6", "Acme,1,1,1,3", "Total,2,3,4,9")
    tables = tables_of_sheet(sheet)
    assert values(tables, "raw_receivables", "payer_name") == [("Total Health Plan",), ("Acme",)]
    assert rules(tables) == [(4, "total_row")]


def test_two_rows_of_headings() -> None:
    split = text(
        "Account,Payment,CPT,Billed,Paid,Reason,Adj", "Number,Date,Code,Amount,Amount,Code,Amount", "A1,2026-08-01,99213,100,80,45,20"
    )
    assert remits(tables_of_sheet(split)) == [("A1", "1", "100.00", "80.00")]
    banded = text("Account,,Primary,,Secondary,", "Number,Check Date,Billed,Paid,Billed,Paid", "A1,2026-08-01,100,80,20,15")
    assert remits(tables_of_sheet(banded)) == [("A1", "1", "100.00", "80.00")]


def test_of_several_tables_the_largest_that_is_known_is_read_and_the_others_are_said() -> None:
    small = ("Account Number,Payment Date,Billed,Paid", "A9,2026-08-01,10,10", "")
    tables = tables_of_sheet(text(*small, *REMITS))
    assert remits(tables) == READ
    assert rules(tables) == [(1, "further_table")]


def test_cells_of_a_claim_that_stand_once_count_for_its_rows_but_a_lost_account_is_not_guessed() -> None:
    rows = (
        "Account Number,Payment Date,Payer,CPT,Billed,Paid",
        "A1,2026-08-01,ACME,99213,100,80",
        ",,,99214,200,0",
        "A2,2026-08-01,ACME,99213,9,9",
    )
    tables = tables_of_sheet(text(*rows))
    assert remits(tables) == [("A1", "1", "300.00", "80.00"), ("A2", "1", "9.00", "9.00")]
    assert (None, "filled_down") in rules(tables, "raw_findings")
    lost = tables_of_sheet(text(rows[0], rows[1], ",2026-08-02,ACME,99214,200,0"))
    assert remits(lost) == [("A1", "1", "100.00", "80.00")]
    assert rules(lost) == [(3, "cell_unreadable")]


def test_any_number_of_triplets_by_number_or_by_order() -> None:
    numbered = text(
        "Account Number,Payment Date,Billed,Paid,Group 1,CARC 1,Amount 1,Group 2,CARC 2,Amount 2,Group 3,CARC 3,Amount 3",
        "A1,2026-08-01,100,40,CO,45,20,PR,2,30,PR,1,10",
    )
    repeated = numbered.replace(" 1", "").replace(" 2", "").replace(" 3", "")
    wanted = [("CO", "45", "20.00"), ("PR", "2", "30.00"), ("PR", "1", "10.00")]
    assert adjustments(tables_of_sheet(numbered)) == wanted
    assert adjustments(tables_of_sheet(repeated)) == wanted


def test_the_total_of_a_claim_and_the_amount_of_a_line_are_told_apart() -> None:
    both = text(
        "Claim ID,Payment Date,Total Charge,CPT,Line Charge,Line Paid,Total Paid",
        "A1,2026-08-01,300,99213,100,80,180",
        "A1,2026-08-01,300,99214,200,100,180",
    )
    assert remits(tables_of_sheet(both)) == [("A1", "1", "300.00", "180.00")]
    repeated = text(
        "Claim ID,Submitted Date,Total Charges,CPT",
        "A1,2026-08-01,300,99213",
        "A1,2026-08-01,300,99214",
        "A2,2026-08-01,90,99213",
        "A2,2026-08-01,90,99214",
    )
    assert values(tables_of_sheet(repeated), "raw_claims", "claim_token", "charge_amount") == [("A1", "300.00"), ("A2", "90.00")]


def test_a_table_saved_as_a_web_page() -> None:
    cells = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row.split(','))}</tr>" for row in REMITS)
    for page in (
        f"<html><body><h1>x</h1><table>{cells}</table></body></html>",
        f"<table><tr><td colspan=3>Report</td></tr>{cells}</table>",
    ):
        tables = tables_of_sheet(page)
        assert (tables["raw_files"]["format_code"].item(), remits(tables)) == ("html", READ)


def test_a_sheet_nobody_knows_is_refused_with_the_nearest_kind_and_what_it_misses() -> None:
    near = tables_of_sheet(text("Claim ID,Payer,CPT,DOS", "A1,ACME,99213,2026-06-01"))
    assert kind(near) is None
    [reason] = near["raw_rejects"]["reason"].to_list()
    assert "looks like claims (claims sent), but no column was found for charge_amount" in reason
    far = tables_of_sheet(text("Doctor,Room,Phone", "Who,12,555"))
    [reason] = far["raw_rejects"]["reason"].to_list()
    assert "known are QA reviews" in reason
    assert "Room" not in reason
