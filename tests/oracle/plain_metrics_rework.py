"""Measures of what becomes of a denial, in plain SQL like those of plain_metrics.py."""

import duckdb

from tests.oracle.plain_metrics import WORDS, Row, ask

# What became of every initial denial. A reversal takes back the newest answer of its payer on the lineage with the opposite amounts;
# the current decision is the newest that was not taken back. Days to correct or appeal follow from the kind of plan a payer names most.
OUTCOMES = """
, clocks AS (
    SELECT plan_code, corrected_days::INTEGER AS corrected_days, appeal_days::INTEGER AS appeal_days
    FROM read_csv(getvariable('reference') || '/clocks.tsv', delim = '\t', quote = '', header = true, all_varchar = true)
),
plans AS (
    SELECT payer_id, filing_indicator_code AS plan_code FROM answers WHERE filing_indicator_code IS NOT NULL
    GROUP BY payer_id, filing_indicator_code
    QUALIFY row_number() OVER (PARTITION BY payer_id ORDER BY count(*) DESC) = 1
),
payer_clocks AS (
    SELECT p.payer_id, k.corrected_days, k.appeal_days FROM plans p
    JOIN clocks k ON k.plan_code = CASE WHEN p.plan_code IN (SELECT plan_code FROM clocks) THEN p.plan_code ELSE '*' END
),
reversed AS (
    SELECT o.answer_no FROM answers r JOIN answers o ON o.lineage = r.lineage AND o.payer_id = r.payer_id
        AND o.charge_amount = -r.charge_amount AND o.paid_amount = -r.paid_amount AND o.answer_no < r.answer_no
    WHERE r.status_code = '22'
    QUALIFY row_number() OVER (PARTITION BY r.answer_no ORDER BY o.answer_no DESC) = 1
),
current_decisions AS (  -- one that denies every line as a duplicate only where there is no other
    SELECT d.*, d.answer_no IN (SELECT answer_no FROM decided_lines l LEFT JOIN denied_lines x USING (answer_no, line_no)
        GROUP BY answer_no HAVING bool_and(coalesce(l.is_denied_in_full AND x.carc_code = '18', false))) AS is_duplicate
    FROM decisions d WHERE d.answer_no NOT IN (SELECT answer_no FROM reversed)
    QUALIFY row_number() OVER (PARTITION BY d.lineage ORDER BY is_duplicate, d.answer_no DESC) = 1
),
main_lines AS (  -- the line that lost most tells whether the denial is soft
    SELECT a.answer_no, coalesce(r.hardness, k.hardness) AS hardness
    FROM initial_denials a JOIN denied_lines l USING (answer_no)
    LEFT JOIN remarks m USING (answer_no, line_no)
    LEFT JOIN rarc r ON r.rarc_code = m.rarc_code AND list_contains(r.pairs_with_carc, l.carc_code)
    LEFT JOIN carc k ON k.carc_code = l.carc_code
    QUALIFY row_number() OVER (PARTITION BY a.answer_no ORDER BY l.denied_amount DESC, l.line_no, r.rarc_code NULLS LAST) = 1
),
touches AS (
    SELECT claim_token, touched_date, activity_code ILIKE '%appeal%' AS is_appeal, activity_code ILIKE '%write_off%' AS is_write_off
    FROM raw_touches WHERE touched_date <= getvariable('last_day')
),
deadlines AS (
    SELECT a.answer_no, coalesce(c.decided_date, a.decided_date)
        + CASE WHEN m.hardness = 'soft' THEN k.corrected_days ELSE k.appeal_days END AS deadline_date
    FROM initial_denials a LEFT JOIN current_decisions c USING (lineage)
    JOIN main_lines m ON m.answer_no = a.answer_no JOIN payer_clocks k ON k.payer_id = a.payer_id
),
outcomes AS (
    SELECT a.*, d.deadline_date, c.decided_date AS current_date_,
        coalesce(c.answer_no > a.answer_no AND (  -- on the lines that were denied
            SELECT sum(n.paid) > sum(o.paid) FROM denied_lines l
            JOIN dispositions o USING (answer_no, line_no) JOIN dispositions n ON n.answer_no = c.answer_no AND n.line_no = l.line_no
            WHERE l.answer_no = a.answer_no), false) AS is_overturned,
        coalesce(c.answer_no > a.answer_no AND NOT c.denies, false) AS is_settled,
        EXISTS (SELECT 1 FROM touches t WHERE t.claim_token = a.claim_token AND t.touched_date >= a.decided_date AND t.is_write_off)
            AS is_written_off,
        coalesce(c.denies AND d.deadline_date < getvariable('last_day'), false)
            AND NOT EXISTS (SELECT 1 FROM touches t WHERE t.claim_token = a.claim_token AND t.is_appeal
                AND t.touched_date BETWEEN c.decided_date AND d.deadline_date)
            AND NOT EXISTS (SELECT 1 FROM versions v WHERE v.lineage = a.lineage
                AND v.sent_date > c.decided_date AND v.sent_date <= d.deadline_date) AS is_expired
    FROM initial_denials a LEFT JOIN current_decisions c USING (lineage) LEFT JOIN deadlines d ON d.answer_no = a.answer_no
),
appealed AS (
    SELECT min(t.touched_date) - a.decided_date AS days
    FROM initial_denials a JOIN touches t ON t.claim_token = a.claim_token AND t.is_appeal AND t.touched_date >= a.decided_date
    GROUP BY a.lineage, a.decided_date
)
"""


def overturns(raw: duckdb.DuckDBPyConnection) -> list[Row]:
    """M15, counted."""
    return ask(
        raw,
        OUTCOMES
        + """
        SELECT 'M15', 'count', NULL, count(*) FILTER (is_overturned),
            count(*) FILTER (is_overturned OR is_settled OR is_written_off OR is_expired)
        FROM outcomes
        """,
    )


def days_to_appeal(raw: duckdb.DuckDBPyConnection) -> list[Row]:
    """M16: the mean by its sum; the median has no numerator, see `medians`."""
    return ask(
        raw,
        OUTCOMES
        + """
        SELECT 'M16', 'mean', NULL, sum(days), count(*) FROM appealed
        UNION ALL SELECT 'M16', 'median', NULL, NULL, count(*) FROM appealed
        """,
    )


def worked(raw: duckdb.DuckDBPyConnection) -> list[Row]:
    """M20: of the eight weeks of denials that are old enough, those touched in time. Named by the first of those days."""
    return ask(
        raw,
        """
        , limits AS (SELECT unnest([7, 14]) AS days),
        denials AS (
            SELECT days, EXISTS (SELECT 1 FROM raw_touches t WHERE t.claim_token = a.claim_token
                AND t.touched_date BETWEEN a.decided_date AND a.decided_date + days) AS is_worked
            FROM initial_denials a, limits
            WHERE a.decided_date <= getvariable('last_day') - days AND a.decided_date > getvariable('last_day') - days - 8 * 7
        )
        SELECT 'M20', 'd' || days, getvariable('last_day') - days - 8 * 7 + 1, count(*) FILTER (is_worked), count(*)
        FROM denials WHERE EXISTS (SELECT 1 FROM raw_touches) GROUP BY days
        """,
    )


def repeats(raw: duckdb.DuckDBPyConnection) -> list[Row]:
    """M22: reworked by a touch or a later version, and then denied for one of the same main reasons."""
    return ask(
        raw,
        OUTCOMES
        + """
        , rework AS (
            SELECT a.answer_no, a.lineage, least(
                (SELECT min(t.touched_date) FROM touches t WHERE t.claim_token = a.claim_token AND t.touched_date >= a.decided_date),
                (SELECT min(v.sent_date) FROM versions v WHERE v.lineage = a.lineage AND v.version_no > 1
                    AND v.sent_date > a.decided_date)) AS reworked_date
            FROM initial_denials a
        )
        SELECT 'M22', '', NULL, count(*) FILTER (EXISTS (
                SELECT 1 FROM decisions c JOIN denied_lines l USING (answer_no)
                WHERE c.lineage = r.lineage AND c.answer_no > r.answer_no AND c.decided_date > r.reworked_date
                    AND l.carc_code IN (SELECT i.carc_code FROM denied_lines i WHERE i.answer_no = r.answer_no))), count(*)
        FROM rework r WHERE reworked_date IS NOT NULL
        """,
    )


def median_days_to_appeal(raw: duckdb.DuckDBPyConnection) -> list[tuple[str, str, float]]:
    """M16: the value of the variant that has no numerator."""
    return raw.execute(WORDS + OUTCOMES + "SELECT 'M16', 'median', median(days)::DOUBLE FROM appealed").fetchall()


MEASURES = (overturns, days_to_appeal, worked, repeats)
