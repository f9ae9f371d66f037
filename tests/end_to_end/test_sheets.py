"""A client that only sends exports: what a run says of them, and what reaches its tables."""

from pathlib import Path

import duckdb

from tests.conftest import rcm

EXPORT = "claim_id,payer,cpt_code,service_date,submitted_date,paid_date,billed_amount,paid_amount,claim_status,denial_code\n"
TODAY = ("--today", "2026-11-30")


def run(folder: Path, **files: str) -> tuple[str, Path]:
    inbox = folder / "inbox" / "acme"
    inbox.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (inbox / f"{name}.csv").write_text(text)
    done = rcm("run", "--inbox", folder / "inbox", *TODAY, home=folder / "home", check=False)
    assert done.returncode in (0, 1), done.stderr
    return done.stdout + done.stderr, folder / "home"


def test_claims_with_their_outcome_give_a_rate_and_a_list(tmp_path: Path) -> None:
    rows = [f"{n},ACME,99213,2026-10-{n:02d},2026-10-{n:02d},2026-11-{n:02d},100.00,80.00,Paid," for n in range(1, 16)]
    rows += [f"{n},ACME,99214,2026-10-{n:02d},2026-10-{n:02d},,200.00,0.00,Denied,CO-197" for n in range(16, 21)]
    rows.append("21,ACME,99213,2026-10-21,2026-10-21,,100.00,,Pending,")
    said, home = run(tmp_path, export=EXPORT + "\n".join(rows) + "\n")
    assert "denied at first decision 5 of 20 lines, $1,000.00" in said
    with duckdb.connect(str(home / "warehouse" / "acme" / "published.duckdb"), read_only=True) as connection:
        assert connection.sql("SELECT count(*) FROM core_claim_versions").fetchone() == (21,)
        assert connection.sql("SELECT count(*) FROM mart_worklist").fetchone() == (5,)
        assert connection.sql("SELECT DISTINCT root_cause FROM core_denials").fetchall() == [("authorization",)]


def test_a_client_without_decisions_is_told_so_and_one_whose_accounts_do_not_meet_too(tmp_path: Path) -> None:
    sent = "Claim ID,Submitted Date,CPT,DOS,Charge\n" + "".join(f"C{n},2026-11-02,99213,2026-11-01,100\n" for n in range(5))
    said, home = run(tmp_path, claims=sent)
    assert "no decisions came in" in said
    paid = "Account,Check Date,CPT,Billed,Paid\n" + "".join(f"X{n},2026-11-09,99999,55,55\n" for n in range(5))
    run(tmp_path, paid=paid)
    status = rcm("status", home=home, check=False).stdout
    assert "of 5 decisions of the sheet" in status
    assert "only 0 met a claim that was sent" in status


def test_what_is_kept_of_a_denial_is_told_with_the_claim_and_counts_nowhere(tmp_path: Path) -> None:
    log = "claim_id,denial_date,denial_code,denied_amount,appeal_status,appeal_deadline,status\n16,2026-11-16,CO-197,200.00,Pending,2027-02-14,APPEALED\n"
    appeals = "claim_id,appeal_level,appeal_date,appeal_outcome\n16,First,2026-11-20,Pending\n"
    rows = "16,ACME,99214,2026-10-16,2026-10-16,2026-11-16,200.00,0.00,Denied,CO-197\n"
    said, home = run(tmp_path, export=EXPORT + rows, log=log, appeals=appeals)
    assert "denied at first decision 1 of 1 lines, $200.00" in said
    life = rcm("explain", "16", "--client", "acme", home=home).stdout
    assert "2026-11-16  Logged as denied: CO-197, $200.00" in life
    assert "work appealed" in life
    assert "2026-11-20  Appealed, level 1" in life


def test_a_denial_in_words_nobody_knows_is_a_denial_and_payments_without_adjustments_fail_no_balance(tmp_path: Path) -> None:
    export = "claim_id,payer,billed,paid,claim_status,paid_date,denial_reason\n1,ACME,200,150,Paid,2026-11-09,\n2,ACME,200,0,Denied,2026-11-09,Moon phase\n"
    said, home = run(tmp_path, export=export)
    assert "denied at first decision 1 of 2 lines, $200.00" in said
    with duckdb.connect(str(home / "warehouse" / "acme" / "published.duckdb"), read_only=True) as connection:
        assert connection.sql("SELECT root_cause, denied_amount FROM core_denials").fetchall() == [("unspecified", 200)]
        assert connection.sql("SELECT bool_and(is_balanced) FROM core_adjudications").fetchone() == (True,)


def test_an_ageing_is_held_against_the_claims_that_are_here(tmp_path: Path) -> None:
    export = "claim_id,payer,billed,paid,claim_status,paid_date\n1,ACME,200,150,Paid,2026-11-09\n2,ACME,200,0,Denied,2026-11-09\n"
    ageing = "Account Number,Payer,DOS,Balance,0-30,31-60\n1,ACME,2026-10-01,50.00,0,50\n2,ACME,2026-10-01,200.00,0,200\n9,ACME,2026-10-01,70.00,70,0\n"
    _, home = run(tmp_path, export=export, ageing=ageing)
    status = rcm("status", home=home, check=False).stdout
    assert "has 3 balances, $320.00: 1 ($70.00) of claims that are not here, 1 ($50.00) of claims that are paid here" in status
