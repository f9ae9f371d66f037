"""Great Expectations judges our DuckDB tables; what of it we replace, and until when."""

import subprocess
import sys
import textwrap

SCRIPT = textwrap.dedent("""
    import datetime as dt
    import sys
    import duckdb
    from rcm_pipeline.quality import expectations
    from rcm_pipeline.quality.checks import Batch, BatchCheck

    if sys.argv[1] == "as released":
        expectations._run_queries_inside_their_connection = lambda: None
    check = BatchCheck("none", "t", "warn", "No row is above it.", 0.0, lambda _: f"count(*) filter (a > {sys.argv[2]})",
                       details=lambda _: "select 'two is above one' from t where a > " + sys.argv[2])
    with duckdb.connect() as connection:
        connection.execute("create table t as select unnest([1, 2]) as a")
        found = expectations.judge_batch(connection, Batch(None, dt.date(2026, 1, 1)), [check])
    print(found[0].is_passed, found[0].failed_count, found[0].checked_count, found[0].detail)
""")


def judged(how: str, above: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", SCRIPT, how, above], capture_output=True, text=True, check=False)


def test_a_check_counts_and_says_what_failed() -> None:
    assert judged("as we run it", "1").stdout == "False 1 2 two is above one\n"
    assert judged("as we run it", "5").stdout == "True 0 2 None\n"


def test_the_released_engine_still_cannot_do_without_our_replacement() -> None:
    """When this fails, `_run_queries_inside_their_connection` can go: released, the engine then judges what holds as holding."""
    assert judged("as released", "5").stdout.startswith("False 0 2")
