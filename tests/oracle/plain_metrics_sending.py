"""Measures of what happens before a payer decides: coding, asking, sending, edits. In plain SQL like those of plain_metrics.py."""

import duckdb

from tests.oracle.plain_metrics import WORDS, Row, ask

# Files and claims before the payer -----------------------------------------------------------------------------------

# A 277CA names the batch and the claim; above the claims it speaks of all claims of the batch (or provider) it does not name.
SAID_OF_VERSIONS = """
, said AS (
    SELECT v.*, date_trunc('week', v.sent_date)::DATE AS week, s.status_date, s.file_id AS answer_file,
        bool_or(s.category_code IN ('A3', 'A6', 'A7', 'A8')) AS is_rejected
    FROM versions v JOIN raw_claim_statuses s ON s.batch_token = v.batch_token AND (s.claim_token = v.claim_token
        OR s.claim_token IS NULL AND coalesce(s.provider_npi, v.billing_npi) = v.billing_npi
            AND (v.batch_token, v.claim_token) NOT IN (SELECT (batch_token, claim_token) FROM raw_claim_statuses
                WHERE claim_token IS NOT NULL AND batch_token IS NOT NULL))
    WHERE s.status_date <= getvariable('last_day')
    GROUP BY ALL
),
said_first AS (
    SELECT * FROM said QUALIFY row_number() OVER (PARTITION BY file_id, claim_no ORDER BY status_date, answer_file) = 1
),
said_last AS (
    SELECT * FROM said QUALIFY row_number() OVER (PARTITION BY file_id, claim_no ORDER BY status_date DESC, answer_file DESC) = 1
)
"""


def file_acceptance(raw: duckdb.DuckDBPyConnection) -> list[Row]:
    """M01: the partner's answer swaps sender and receiver; a transaction without a status of its own has its group's. A TA1 has no date."""
    return ask(
        raw,
        """
        , sent AS (
            SELECT *, coalesce(created_date, group_date, interchange_date) AS sent_date, date_trunc('week', sent_date)::DATE AS week
            FROM raw_transactions WHERE transaction_set LIKE '837%' AND sent_date <= getvariable('last_day')
        ),
        answered AS (
            SELECT s.week,
                (SELECT bool_or(a.status_code = 'R') FROM raw_acknowledgements a WHERE a.source_code = 'TA1'
                    AND a.interchange_control_id = s.interchange_control_id AND a.interchange_date = s.interchange_date
                    AND a.sender_id = s.receiver_id AND a.receiver_id = s.sender_id) AS interchange_is_rejected,
                (SELECT arg_min(a.status_code IN ('A', 'E', 'P'), a.level_code = 'group') FROM raw_acknowledgements a
                    JOIN raw_transactions x USING (file_id, transaction_no)
                    WHERE a.source_code IN ('999', '997') AND a.status_code IS NOT NULL
                    AND coalesce(x.group_date, x.interchange_date) <= getvariable('last_day')
                    AND a.group_control_id = s.group_control_id
                    AND coalesce(a.transaction_control_id, s.transaction_control_id) = s.transaction_control_id
                    AND a.sender_id = s.receiver_id AND a.receiver_id = s.sender_id) AS is_accepted,
                EXISTS (SELECT 1 FROM raw_claim_statuses c WHERE c.batch_token = s.batch_token
                    AND c.status_date <= getvariable('last_day'))
                    OR EXISTS (SELECT 1 FROM versions v JOIN answers a USING (lineage)
                        WHERE v.file_id = s.file_id AND v.transaction_no = s.transaction_no AND a.decided_date >= v.sent_date) AS is_spoken_of
            FROM sent s
        )
        SELECT 'M01', '', week, count(*) FILTER (coalesce(is_accepted, is_spoken_of) AND NOT coalesce(interchange_is_rejected, false)), count(*)
        FROM answered GROUP BY week
        """,
    )


def rejections_of_versions(raw: duckdb.DuckDBPyConnection) -> list[Row]:
    """M02, each version as sent."""
    return ask(
        raw, SAID_OF_VERSIONS + "SELECT 'M02', 'versions', week, count(*) FILTER (is_rejected), count(*) FROM said_last GROUP BY week"
    )


def rejections_of_claims(raw: duckdb.DuckDBPyConnection) -> list[Row]:
    """M02, each lineage by its newest version with an answer."""
    return ask(
        raw,
        SAID_OF_VERSIONS
        + """
        , newest AS (SELECT * FROM said_last QUALIFY row_number() OVER (PARTITION BY lineage ORDER BY version_no DESC) = 1)
        SELECT 'M02', 'claims', week, count(*) FILTER (is_rejected), count(*) FROM newest GROUP BY week
        """,
    )


def clean_claims(raw: duckdb.DuckDBPyConnection) -> list[Row]:
    """M03: accepted at the first answer, and nobody had touched the claim before."""
    return ask(
        raw,
        SAID_OF_VERSIONS
        + """
        SELECT 'M03', '', week, count(*) FILTER (NOT is_rejected AND NOT EXISTS (
            SELECT 1 FROM raw_touches t WHERE t.claim_token = s.claim_token AND t.touched_date < s.status_date)), count(*)
        FROM said_first s WHERE version_no = 1 GROUP BY week
        """,
    )


# Before billing ------------------------------------------------------------------------------------------------------

# Agreed days as the settings have them where a client says nothing.
DAYS_BEFORE_BILLING = """
, encounters AS (
    SELECT claim_token, max(coded_date) AS coded_date, arg_max(service_date, coded_date) AS service_date
    FROM raw_coded_encounters WHERE coded_date <= getvariable('last_day') GROUP BY claim_token
),
first_services AS (
    SELECT v.file_id, v.claim_no, min(l.service_from_date) AS service_date
    FROM versions v JOIN raw_claim_lines l USING (file_id, claim_no) GROUP BY ALL
),
spans AS (
    SELECT 'coding' AS variant, service_date AS from_date, coded_date AS to_date, 2 AS agreed_days FROM encounters
    UNION ALL
    SELECT 'bill_hold', e.coded_date, v.sent_date, 3 FROM versions v JOIN encounters e USING (claim_token)
    WHERE v.version_no = 1 AND v.lineage = v.claim_token || 'P'
    UNION ALL
    SELECT 'charge_lag', s.service_date, v.sent_date, 5
    FROM versions v JOIN first_services s USING (file_id, claim_no) WHERE v.version_no = 1 AND v.lineage = v.claim_token || 'P'
),
days AS (
    SELECT variant, greatest(to_date - from_date, 0) AS days, agreed_days
    FROM spans WHERE greatest(from_date, to_date) BETWEEN getvariable('anchor') - 12 * 7 AND getvariable('last_day')
        AND from_date IS NOT NULL AND to_date IS NOT NULL
)
"""


def days_before_billing(raw: duckdb.DuckDBPyConnection) -> list[Row]:
    """M27: within the agreed days, and how many the medians are of."""
    return ask(
        raw,
        DAYS_BEFORE_BILLING
        + """
        SELECT 'M27', variant, getvariable('anchor') - 12 * 7, count(*) FILTER (days <= agreed_days), count(*) FROM days GROUP BY variant
        UNION ALL
        SELECT 'M27', variant || '_median', getvariable('anchor') - 12 * 7, NULL, count(*) FROM days GROUP BY variant
        """,
    )


def escalations(raw: duckdb.DuckDBPyConnection) -> list[Row]:
    """M28: sent in the 13 weeks per encounter coded in them; open too long of all still open; changed of those sent in them and answered."""
    return ask(
        raw,
        """
        , asked AS (
            SELECT *, sent_date >= getvariable('anchor') - 12 * 7 AS is_recent,
                coalesce(answered_date <= getvariable('last_day'), false) AS is_answered
            FROM raw_escalations WHERE sent_date <= getvariable('last_day')
        )
        SELECT 'M28', 'rate', getvariable('anchor') - 12 * 7, count(*) FILTER (is_recent),
            (SELECT count(DISTINCT claim_token) FROM raw_coded_encounters
                WHERE coded_date BETWEEN getvariable('anchor') - 12 * 7 AND getvariable('last_day')) FROM asked
        UNION ALL
        SELECT 'M28', 'overdue', getvariable('anchor') - 12 * 7, count(*) FILTER (getvariable('last_day') - sent_date > 5), count(*)
        FROM asked WHERE NOT is_answered
        UNION ALL
        SELECT 'M28', 'precision', getvariable('anchor') - 12 * 7, count(*) FILTER (outcome_code ILIKE 'changed%'), count(*)
        FROM asked WHERE is_answered AND is_recent
        """,
    )


def median_days_before_billing(raw: duckdb.DuckDBPyConnection) -> list[tuple[str, str, float]]:
    """M27: the values of the variants that have no numerator."""
    return raw.execute(
        WORDS + DAYS_BEFORE_BILLING + "SELECT 'M27', variant || '_median', median(days)::DOUBLE FROM days GROUP BY variant"
    ).fetchall()


MEASURES = (file_acceptance, rejections_of_versions, rejections_of_claims, clean_claims, days_before_billing, escalations)
