"""Published measures once more, in plain SQL over the raw tables: the oracle for mart_metrics. It shares no code with it.

`WORDS` says what the definitions mean by version, answer, line, decision and denial; each measure is one short query after it.
Simplest form that is right for well-formed files: a claim keeps its control number (or can be told by its other numbers),
one claim is one visit, lines add up, and nobody sends an amount that cannot be read. To be read next to docs/metrics.md.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb

REFERENCE = Path(__file__).resolve().parents[2] / "schemas" / "reference"
Row = tuple[str, str, date | None, Decimal | None, Decimal]  # metric, variant, first day of the period, numerator, denominator

# What was delivered more than once counts once: of the copies of a payment or batch the one that holds most.
DELIVERED = (
    ("chosen", """
        SELECT file_id, transaction_no FROM warehouse.raw_payments p
        LEFT JOIN (SELECT file_id, transaction_no, count(*) AS claims FROM warehouse.raw_remits GROUP BY ALL) USING (file_id, transaction_no)
        QUALIFY row_number() OVER (PARTITION BY payer_id, trace_token, payment_date, payment_amount ORDER BY claims DESC, file_id) = 1
        UNION ALL
        SELECT file_id, transaction_no FROM warehouse.raw_transactions t
        LEFT JOIN (SELECT file_id, transaction_no, count(*) AS claims FROM warehouse.raw_claims GROUP BY ALL) USING (file_id, transaction_no)
        WHERE transaction_set LIKE '837%'
        QUALIFY row_number() OVER (PARTITION BY batch_token, created_date ORDER BY claims DESC, file_id) = 1
    """),
    ("raw_transactions", """
        SELECT * FROM warehouse.raw_transactions WHERE transaction_set NOT LIKE '83%' OR (file_id, transaction_no) IN (FROM chosen)
    """),
    *(
        (name, f"SELECT * FROM warehouse.{name} SEMI JOIN chosen USING (file_id, transaction_no)")
        for name in (
            "raw_payments", "raw_remits", "raw_remit_lines", "raw_adjustments", "raw_remarks", "raw_provider_adjustments", "raw_claims",
            "raw_claim_lines", "raw_other_payers",
        )
    ),
)  # fmt: skip

WORDS = """
WITH carc AS (
    SELECT * REPLACE (valid_from::DATE AS valid_from, valid_to::DATE AS valid_to)
    FROM read_csv(getvariable('reference') || '/carc.tsv', delim = '\t', quote = '', header = true, all_varchar = true)
),
rarc AS (
    SELECT * REPLACE (string_split(pairs_with_carc, ',') AS pairs_with_carc)
    FROM read_csv(getvariable('reference') || '/rarc.tsv', delim = '\t', quote = '', header = true, all_varchar = true)
),

-- What was sent. A version is one 837 claim; its lineage is the control number with the payer sequence.
versions AS (
    SELECT c.file_id, c.transaction_no, c.claim_no, c.claim_token, t.batch_token, c.billing_npi, c.frequency_code, c.charge_amount,
        c.has_authorization, c.claim_token || c.payer_sequence_code AS lineage,
        coalesce(t.created_date, t.group_date, t.interchange_date) AS sent_date,
        row_number() OVER (PARTITION BY lineage ORDER BY sent_date, c.file_id, c.claim_no) AS version_no
    FROM raw_claims c JOIN raw_transactions t USING (file_id, transaction_no)
    WHERE sent_date <= getvariable('last_day')
),

-- Some payers garble the control number: then their own number, that of a line, or patient, charge and day tell which claim is meant.
control_numbers AS (
    SELECT r.file_id, r.claim_no, CASE WHEN r.claim_token IN (SELECT claim_token FROM raw_claims) THEN r.claim_token ELSE coalesce(
        (SELECT min(s.claim_token) FROM raw_claim_statuses s WHERE s.icn_token = r.icn_token),
        (SELECT min(c.claim_token) FROM raw_remit_lines l JOIN raw_claim_lines k USING (line_control_token)
            JOIN raw_claims c ON c.file_id = k.file_id AND c.claim_no = k.claim_no
            WHERE l.file_id = r.file_id AND l.claim_no = r.claim_no),
        (SELECT min(c.claim_token) FROM raw_claims c JOIN raw_claim_lines k USING (file_id, claim_no)
            JOIN raw_remit_lines l USING (procedure_code, service_from_date)
            WHERE l.file_id = r.file_id AND l.claim_no = r.claim_no
                AND c.member_token = r.patient_token AND c.charge_amount = r.charge_amount),
        r.claim_token) END AS claim_token
    FROM raw_remits r
),

-- What was answered. An answer belongs to what was sent to this payer; where that was nothing, or twice, the status tells the sequence.
answers AS (
    SELECT r.file_id, r.claim_no, r.status_code, r.charge_amount, r.paid_amount, r.filing_indicator_code, p.payer_id, n.claim_token,
        n.claim_token || coalesce(
            (SELECT CASE WHEN count(DISTINCT c.payer_sequence_code) = 1 THEN min(c.payer_sequence_code) END FROM raw_claims c
                WHERE c.claim_token = n.claim_token AND c.payer_id = p.payer_id),
            CASE WHEN r.status_code IN ('2', '20') THEN 'S' WHEN r.status_code IN ('3', '21') THEN 'T' ELSE 'P' END) AS lineage,
        coalesce(p.payment_date, p.production_date) AS decided_date,
        date_trunc('week', decided_date)::DATE AS week,
        r.status_code IN ('1', '2', '3', '4', '19', '20', '21') AS decides,
        row_number() OVER (ORDER BY decided_date, r.file_id, r.claim_no) AS answer_no
    FROM raw_remits r JOIN raw_payments p USING (file_id, transaction_no) JOIN control_numbers n USING (file_id, claim_no)
    WHERE decided_date <= getvariable('last_day')
),
lines AS (
    SELECT a.answer_no, coalesce(l.line_no, 0) AS line_no,
        CASE WHEN l.line_no IS NULL THEN a.charge_amount ELSE l.charge_amount END AS charge_amount,
        CASE WHEN l.line_no IS NULL THEN a.paid_amount ELSE l.paid_amount END AS paid_amount
    FROM answers a LEFT JOIN raw_remit_lines l USING (file_id, claim_no)
),

-- Adjustments of the claim are shared by charge, in whole cents, among the lines that have none of their own (else among all).
own_adjustments AS (
    SELECT a.answer_no, x.line_no, x.adjustment_no, x.group_code, x.carc_code, x.amount
    FROM raw_adjustments x JOIN answers a USING (file_id, claim_no)
),
bearers AS (
    SELECT answer_no, line_no, charge_amount, sum(charge_amount) OVER (PARTITION BY answer_no) AS all_charges,
        sum(charge_amount) OVER (PARTITION BY answer_no ORDER BY line_no) AS charges_so_far
    FROM (
        SELECT l.*, o.line_no IS NOT NULL AS has_own, bool_and(o.line_no IS NOT NULL) OVER (PARTITION BY l.answer_no) AS all_have
        FROM lines l LEFT JOIN (SELECT DISTINCT answer_no, line_no FROM own_adjustments WHERE line_no IS NOT NULL) o
            ON o.answer_no = l.answer_no AND o.line_no = l.line_no
    )
    WHERE all_have OR NOT has_own
),
shared_adjustments AS (
    SELECT x.answer_no, b.line_no, x.adjustment_no, x.group_code, x.carc_code,
        (x.amount * 100)::HUGEINT * (b.charges_so_far * 100)::HUGEINT // (b.all_charges * 100)::HUGEINT AS cents_so_far,
        (x.amount * 100)::HUGEINT * ((b.charges_so_far - b.charge_amount) * 100)::HUGEINT // (b.all_charges * 100)::HUGEINT AS cents_before,
        ((cents_so_far - cents_before)::DECIMAL(18, 2) / 100)::DECIMAL(18, 2) AS amount
    FROM own_adjustments x JOIN bearers b USING (answer_no)
    WHERE x.line_no IS NULL
),
adjustments AS (
    SELECT x.*, CASE WHEN x.group_code = 'CR' THEN 'correction' ELSE coalesce(k.class, 'unknown') END AS class
    FROM (
        SELECT answer_no, line_no, adjustment_no, group_code, carc_code, amount, false AS is_shared
        FROM own_adjustments WHERE line_no IS NOT NULL
        UNION ALL
        SELECT answer_no, line_no, adjustment_no, group_code, carc_code, amount, true FROM shared_adjustments
    ) x
    JOIN answers a USING (answer_no)
    LEFT JOIN carc k ON k.carc_code = x.carc_code AND k.valid_from <= a.decided_date
        AND (k.valid_to IS NULL OR a.decided_date <= k.valid_to)
),
remarks AS (
    SELECT l.answer_no, l.line_no, r.rarc_code
    FROM lines l JOIN answers a USING (answer_no)
    JOIN raw_remarks r ON r.file_id = a.file_id AND r.claim_no = a.claim_no AND coalesce(r.line_no, l.line_no) = l.line_no
),

-- What each line came to: docs/rules.md, D01 to D12, in its order. N923 overrides a denial.
amounts AS (
    SELECT a.answer_no, l.line_no, a.decides, a.status_code, a.payer_id, l.charge_amount, count(x.amount) AS adjustment_count,
        -- what the claim takes off, the line's payment does not know yet, unless the lines' payments already add up to the claim's
        l.paid_amount - CASE WHEN sum(any_value(l.paid_amount)) OVER (PARTITION BY a.answer_no) = a.paid_amount THEN 0
            ELSE coalesce(sum(x.amount) FILTER (x.is_shared), 0) END AS paid,
        coalesce(sum(x.amount) FILTER (x.class = 'denial'), 0) AS denied,
        coalesce(sum(x.amount) FILTER (x.class = 'patient_resp'), 0) AS patient,
        coalesce(sum(x.amount) FILTER (x.class = 'contractual'), 0) AS contractual,
        coalesce(sum(x.amount) FILTER (x.group_code = 'OA' AND x.carc_code = '23'), 0) AS from_other_payers,
        coalesce(sum(x.amount) FILTER (x.group_code = 'CO' AND x.carc_code = '45'), 0) AS contract_price,
        coalesce(bool_and(x.carc_code = '246'), false) AS is_reporting_only,
        coalesce(bool_or(x.carc_code IN ('133', '257', '277', 'P8', 'P11')), false) AS is_pending,
        coalesce(bool_or(x.group_code = 'CO' AND x.carc_code = '24'), false) AS is_capitation,
        coalesce(bool_or(x.class = 'unknown'), false) AS has_unknown_code,
        (a.answer_no, l.line_no, 'N620') IN (SELECT (answer_no, line_no, rarc_code) FROM remarks) AS has_n620,
        (a.answer_no, l.line_no, 'N923') IN (SELECT (answer_no, line_no, rarc_code) FROM remarks) AS has_n923,
        (a.answer_no, l.line_no, 'N924') IN (SELECT (answer_no, line_no, rarc_code) FROM remarks) AS has_n924
    FROM lines l JOIN answers a USING (answer_no) LEFT JOIN adjustments x USING (answer_no, line_no)
    GROUP BY a.answer_no, l.line_no, a.decides, a.status_code, a.payer_id, a.paid_amount, l.charge_amount, l.paid_amount
),
dispositions AS (
    SELECT *, CASE
        WHEN NOT decides THEN 'excluded'
        WHEN charge_amount IS NULL OR paid IS NULL THEN 'excluded'
        WHEN charge_amount = 0 OR is_reporting_only OR has_n620 THEN 'excluded'
        WHEN is_pending OR has_n924 THEN 'pended'
        WHEN is_capitation AND payer_id IN (SELECT unnest(getvariable('capitated'))) THEN 'capitated'
        WHEN denied > 0 AND paid = 0 AND patient = 0 AND NOT has_n923 THEN 'denied_full'
        WHEN denied > 0 AND NOT has_n923 THEN 'denied_partial'
        WHEN status_code = '4' AND paid = 0 AND adjustment_count = 0 AND NOT has_n923 THEN 'denied_full'
        WHEN paid = 0 AND patient > 0 THEN 'paid_patient_resp'
        WHEN paid = 0 AND from_other_payers > 0 AND from_other_payers + contractual >= charge_amount THEN 'cob_satisfied'
        WHEN paid = 0 AND (contract_price >= charge_amount OR has_unknown_code OR adjustment_count = 0) AND NOT has_n923
            THEN 'denial_suspected'
        ELSE 'paid' END AS disposition
    FROM amounts
),
decided_lines AS (
    SELECT *, disposition IN ('denied_full', 'denial_suspected') AS is_denied_in_full,
        is_denied_in_full OR disposition = 'denied_partial' AS is_denied
    FROM dispositions WHERE disposition NOT IN ('excluded', 'pended', 'capitated')
),

-- Why: the denial code with the largest amount (an unknown one where nothing else denies). A second-level reason is an appeal's answer.
reasons AS (
    SELECT answer_no, line_no, arg_max(carc_code, (class = 'denial', amount, -adjustment_no)) AS carc_code
    FROM adjustments WHERE class IN ('denial', 'unknown') GROUP BY answer_no, line_no
),
denied_lines AS (
    SELECT d.answer_no, d.line_no, d.charge_amount, d.is_denied_in_full, r.carc_code,
        CASE WHEN d.denied > 0 THEN d.denied ELSE d.charge_amount END AS denied_amount,
        coalesce(r.carc_code IN ('193', '285', '286'), false) OR EXISTS (SELECT 1 FROM remarks m
            WHERE m.answer_no = d.answer_no AND m.line_no = d.line_no AND m.rarc_code IN ('MA46', 'MA91')) AS is_second_level
    FROM decided_lines d LEFT JOIN reasons r USING (answer_no, line_no)
    WHERE d.is_denied
),

-- A decision is an answer that decides and is not only pended; the first of a payer on a lineage is its earliest.
decisions AS (
    SELECT a.*, row_number() OVER (PARTITION BY a.lineage, a.payer_id ORDER BY a.answer_no) = 1 AS is_first,
        EXISTS (SELECT 1 FROM denied_lines d WHERE d.answer_no = a.answer_no) AS denies
    FROM answers a
    WHERE a.decides AND a.answer_no NOT IN (SELECT answer_no FROM dispositions WHERE disposition <> 'excluded'
        GROUP BY answer_no HAVING bool_and(disposition = 'pended'))
),
initial_denials AS (
    SELECT * FROM decisions
    WHERE is_first AND answer_no IN (SELECT answer_no FROM denied_lines WHERE NOT is_second_level)
    QUALIFY row_number() OVER (PARTITION BY lineage ORDER BY answer_no) = 1
)
"""


def open_raw(path: Path, anchor: date, capitated: Sequence[str]) -> duckdb.DuckDBPyConnection:
    """The warehouse, read only, with the days the measures are about and the payers the client calls capitated."""
    raw = duckdb.connect()
    raw.execute(f"ATTACH '{path}' AS warehouse (READ_ONLY)")
    for (name,) in raw.execute("SELECT table_name FROM duckdb_tables() WHERE database_name = 'warehouse'").fetchall():
        raw.execute(f'CREATE VIEW "{name}" AS SELECT * FROM warehouse."{name}"')
    for name, query in DELIVERED:
        raw.execute(f"CREATE OR REPLACE {'TEMP TABLE' if name == 'chosen' else 'VIEW'} {name} AS {query}")
    last_day = anchor + timedelta(days=6)
    payers = ", ".join(f"'{payer}'" for payer in capitated)
    raw.execute(f"SET VARIABLE anchor = DATE '{anchor}'")
    raw.execute(f"SET VARIABLE last_day = DATE '{last_day}'")
    raw.execute(f"SET VARIABLE capitated = [{payers}]::VARCHAR[]")
    raw.execute(f"SET VARIABLE reference = '{REFERENCE}'")
    return raw


def ask(raw: duckdb.DuckDBPyConnection, query: str) -> list[Row]:
    """The rows of a query that may use every word above."""
    return raw.execute(WORDS + query).fetchall()


def monthly_denials(raw: duckdb.DuckDBPyConnection) -> list[Row]:
    """M06 and M07: denials of the month against originals sent in the three months before."""
    return ask(
        raw,
        """
        , months AS (
            SELECT date_trunc('month', decided_date)::DATE AS month, count(*) AS denials, sum(charge_amount) AS charges
            FROM initial_denials GROUP BY month
        ),
        against AS (
            SELECT m.*, count(v.lineage) AS versions, sum(v.charge_amount) AS sent_charges
            FROM months m JOIN versions v ON v.sent_date >= m.month - INTERVAL 3 MONTH AND v.sent_date < m.month
            WHERE v.frequency_code NOT IN ('7', '8') GROUP BY ALL
        )
        SELECT 'M06', '', month, denials, versions FROM against
        UNION ALL SELECT 'M07', '', month, charges, sent_charges FROM against
        """,
    )


def line_denials(raw: duckdb.DuckDBPyConnection) -> list[Row]:
    """M08: lines of first decisions, counted and by charge."""
    return ask(
        raw,
        """
        , first_lines AS (
            SELECT a.week, l.charge_amount, l.is_denied_in_full AND NOT coalesce(d.is_second_level, false) AS counts
            FROM decided_lines l JOIN decisions a USING (answer_no) LEFT JOIN denied_lines d USING (answer_no, line_no)
            WHERE a.is_first
        )
        SELECT 'M08', 'lines', week, count(*) FILTER (counts), count(*) FROM first_lines GROUP BY week
        UNION ALL
        SELECT 'M08', 'charges', week, coalesce(sum(charge_amount) FILTER (counts), 0), sum(charge_amount) FROM first_lines GROUP BY week
        """,
    )


def claim_denials(raw: duckdb.DuckDBPyConnection) -> list[Row]:
    """M09 and M11: first decisions denied entirely, in part, or either."""
    return ask(
        raw,
        """
        , claims AS (
            SELECT a.week, bool_and(l.is_denied_in_full) AND bool_or(NOT d.is_second_level) AS is_full,
                coalesce(bool_or(NOT d.is_second_level), false) AS is_any
            FROM decisions a JOIN decided_lines l USING (answer_no) LEFT JOIN denied_lines d USING (answer_no, line_no)
            WHERE a.is_first GROUP BY a.answer_no, a.week
        )
        SELECT 'M09', 'full', week, count(*) FILTER (is_full), count(*) FROM claims GROUP BY week
        UNION ALL SELECT 'M09', 'full_or_partial', week, count(*) FILTER (is_any), count(*) FROM claims GROUP BY week
        UNION ALL SELECT 'M11', '', week, count(*) FILTER (is_any AND NOT is_full), count(*) FROM claims GROUP BY week
        """,
    )


def zero_pay(raw: duckdb.DuckDBPyConnection) -> list[Row]:
    """M10: all answers of primary payers in the four weeks that end with each week, duplicates left out."""
    return ask(
        raw,
        """
        , primary_answers AS (
            SELECT * FROM answers WHERE status_code IN ('1', '4', '19')
                AND answer_no NOT IN (SELECT answer_no FROM denied_lines WHERE carc_code = '18')
        )
        SELECT 'M10', '', w.week - 21, count(*) FILTER (a.paid_amount = 0), count(*)
        FROM (SELECT DISTINCT week FROM primary_answers) w JOIN primary_answers a ON a.week BETWEEN w.week - 21 AND w.week
        GROUP BY w.week
        """,
    )


def cohorts(raw: duckdb.DuckDBPyConnection) -> list[Row]:
    """M12: only weeks whose every claim has had its 30, 60 or 90 days."""
    return ask(
        raw,
        """
        , horizons AS (SELECT unnest([30, 60, 90]) AS days),
        sent AS (
            SELECT v.lineage, date_trunc('week', v.sent_date)::DATE AS week, d.decided_date - v.sent_date AS days_to_denial
            FROM versions v LEFT JOIN initial_denials d USING (lineage) WHERE v.version_no = 1
        )
        SELECT 'M12', 'd' || days, week, count(*) FILTER (days_to_denial <= days), count(*)
        FROM sent, horizons WHERE week + 6 + days <= getvariable('last_day') GROUP BY week, days
        """,
    )


def unclassified(raw: duckdb.DuckDBPyConnection) -> list[Row]:
    """M24: no usable code, remarks that contradict each other, or a claim that contradicts the payer (attribute_rules.tsv, T1 and T2).

    What T3 and T4 make of CARC A1 is left out.
    """
    return ask(
        raw,
        """
        , refined AS (
            SELECT l.answer_no, l.line_no, count(DISTINCT r.root_cause) AS causes, min(r.root_cause) AS root_cause
            FROM denied_lines l JOIN remarks m USING (answer_no, line_no)
            JOIN rarc r ON r.rarc_code = m.rarc_code AND list_contains(r.pairs_with_carc, l.carc_code)
            GROUP BY l.answer_no, l.line_no
        ),
        answered_version AS (  -- the newest sent by then
            SELECT a.answer_no, v.file_id, v.claim_no, v.has_authorization OR EXISTS (SELECT 1 FROM raw_claim_lines l
                WHERE l.file_id = v.file_id AND l.claim_no = v.claim_no AND l.has_authorization) AS has_authorization,
                EXISTS (SELECT 1 FROM raw_other_payers o WHERE o.file_id = v.file_id AND o.claim_no = v.claim_no
                    AND o.adjudication_date IS NOT NULL) AS has_other_answer
            FROM initial_denials a JOIN versions v ON v.lineage = a.lineage AND v.sent_date <= a.decided_date
            QUALIFY row_number() OVER (PARTITION BY a.answer_no ORDER BY v.version_no DESC) = 1
        ),
        denied AS (
            SELECT l.denied_amount, CASE
                WHEN v.has_authorization AND l.carc_code IN ('15', '197') THEN 'unspecified'
                WHEN v.has_other_answer AND l.carc_code = '22' THEN 'unspecified'
                WHEN r.causes > 1 THEN 'unspecified'
                ELSE coalesce(r.root_cause, k.root_cause, 'unspecified') END AS root_cause
            FROM initial_denials a JOIN denied_lines l USING (answer_no)
            LEFT JOIN answered_version v USING (answer_no) LEFT JOIN refined r USING (answer_no, line_no)
            LEFT JOIN carc k ON k.carc_code = l.carc_code
            WHERE a.week > getvariable('anchor') - 13 * 7
        )
        SELECT 'M24', '', getvariable('anchor') - 12 * 7, coalesce(sum(denied_amount) FILTER (root_cause = 'unspecified'), 0), sum(denied_amount)
        FROM denied
        """,
    )


def takebacks(raw: duckdb.DuckDBPyConnection) -> list[Row]:
    """M25: a reversal less its correction, the payer's next decision on the lineage, where that is a loss; and overpayment recoveries."""
    return ask(
        raw,
        """
        , reversals AS (
            SELECT r.answer_no, r.decided_date, -r.paid_amount AS reversed_amount,
                (SELECT arg_min(c.paid_amount, c.answer_no) FROM decisions c WHERE c.lineage = r.lineage AND c.payer_id = r.payer_id
                    AND c.answer_no > r.answer_no) AS corrected_amount
            FROM answers r WHERE r.status_code = '22' AND NOT (corrected_amount IS NULL AND EXISTS (  -- what we voided ourselves
                SELECT 1 FROM versions v WHERE v.lineage = r.lineage AND v.frequency_code = '8' AND v.sent_date <= r.decided_date))
        ),
        taken AS (
            SELECT decided_date AS day, greatest(reversed_amount - coalesce(corrected_amount, 0), 0) AS amount FROM reversals
            UNION ALL  -- positive is taken, negative is taken later: it then comes again as taken
            SELECT coalesce(p.payment_date, p.production_date), x.amount
            FROM raw_provider_adjustments x JOIN raw_payments p USING (file_id, transaction_no) WHERE x.reason_code = 'WO'
        )
        SELECT 'M25', '', getvariable('anchor') - 12 * 7,
            (SELECT coalesce(sum(amount), 0) FROM taken WHERE day BETWEEN getvariable('anchor') - 12 * 7 AND getvariable('last_day')),
            (SELECT sum(paid_amount) FROM decisions WHERE decided_date >= getvariable('anchor') - 12 * 7)
        """,
    )


MEASURES = (
    monthly_denials,
    line_denials,
    claim_denials,
    zero_pay,
    cohorts,
    unclassified,
    takebacks,
)
