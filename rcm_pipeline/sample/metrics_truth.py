"""The measures of definitions.toml counted from the courses themselves, as far as these know them; all payers together.

Left out is what needs a payer's clock, a contract price, a code table or an interval: M13, M14, M17 to M19, M21, M26, M29,
the denominator of M15 and its allowed dollars.
"""

from datetime import date, timedelta
from pathlib import Path

from rcm_pipeline.sample.audits import FIRST, RANDOM, Review
from rcm_pipeline.sample.claim_courses import DENIED_WORDS, NOT_DECIDED_WORDS, PRIMARY, Answer, Recoupment, Version
from rcm_pipeline.sample.draws import Draws
from rcm_pipeline.sample.lineage_truth import Lineage
from rcm_pipeline.sample.scenarios import PENDED
from rcm_pipeline.sample.tally import CENT, ONE, Tally
from rcm_pipeline.sample.truth import denied_cents
from rcm_pipeline.sample.work import APPEAL, Escalation

_AGREED_DAYS = {"coding": 2, "bill_hold": 3, "charge_lag": 5}  # what holds where the settings name no days
_ANSWER_DAYS = 5
_DUPLICATE = "18"


class Metrics:
    """Counts every course once, when it is drawn."""

    def __init__(self, draws: Draws) -> None:
        self._draws, self._tally = draws, Tally(draws)
        self._batches: dict[tuple[date, bool], tuple[bool, int]] = {}
        self._sent: dict[date, list[int]] = {}
        self._denied: dict[date, list[int]] = {}
        self._yields: dict[date, dict[str, list[int]]] = {}

    def add(self, lineage: Lineage, coded: date | None) -> None:
        """A lineage as the last day knows it, and the day its encounter was coded."""
        for version in lineage.versions:
            self._version(version)
        if lineage.versions:
            self._sending(lineage, coded)
        for answer in lineage.answers:
            self._answer(lineage, answer)
        if lineage.first is not None and lineage.first.is_decided:
            self._first(lineage, lineage.first)
        if lineage.denial is not None:
            self._denial(lineage, lineage.denial)

    def add_coding(self, coded: date, service: date) -> None:
        """M27 and M28: an encounter of the coding log."""
        self._days_before("coding", service, coded)
        self._tally.quarter("M28", "rate", coded, 0)

    def add_query(self, query: Escalation) -> None:
        """M28: an escalation."""
        tally = self._tally
        tally.quarter("M28", "rate", query.sent, ONE, 0)
        if query.answered is None:
            is_late = (tally.last_day - query.sent).days > _ANSWER_DAYS
            tally.quarter("M28", "overdue", tally.last_day, ONE * is_late)
        else:
            tally.quarter("M28", "precision", query.sent, ONE * (query.outcome == "Changed"))

    def add_review(self, review: Review) -> None:
        """A1, A2 and A3: the first review of a chart of a random sample."""
        (ours, theirs, right), day = review.counts, review.day
        if review.drawn.stratum == RANDOM and review.drawn.kind == FIRST:
            self._tally.quarter("A1", "", day, ONE * right, ONE * theirs, "quarter")
            self._tally.quarter("A2", "", day, ONE * right, ONE * ours, "quarter")
            self._tally.quarter("A3", "", day, ONE * review.is_right, ONE, "quarter")

    def add_move(self, move: Recoupment, day: date) -> None:
        """M25: money moved outside any claim."""
        self._tally.quarter("M25", "", day, CENT * move.amount, 0)

    def write(self, path: Path) -> None:
        """What could only be told at the end, then everything."""
        self._write_batches()
        self._write_months()
        self._write_products()
        self._tally.four_weeks("M10")
        self._tally.write(path)

    def _version(self, version: Version) -> None:
        """M01 and M02: files, and what was said of each version."""
        sent, tally, charge = version.sent, self._tally, version.claim.charge
        key = (sent, version.claim.is_institutional)
        self._batches[key] = (version.is_batch_rejected, self._batches.get(key, (False, 0))[1] + 1)
        if self._has_verdict(version):
            tally.week("M02", "versions", sent, ONE * bool(version.rejection))
        if version.frequency == "1":
            sums = self._sent.setdefault(sent.replace(day=1), [0, 0])
            sums[0] += ONE
            sums[1] += CENT * charge

    def _has_verdict(self, version: Version) -> bool:
        return not version.is_batch_rejected and self._draws.week_of(version.sent) < self._draws.weeks - 1

    def _sending(self, lineage: Lineage, coded: date | None) -> None:
        """M02, M03, M12 and M27: lineages by what was sent."""
        first, tally = lineage.versions[0], self._tally
        heard = [version for version in lineage.versions if self._has_verdict(version)]
        if heard:
            tally.week("M02", "claims", heard[-1].sent, ONE * bool(heard[-1].rejection))
        if first in heard:
            tally.week("M03", "", first.sent, ONE * (not first.rejection))
            self._yield(first.sent, "claims", not first.rejection)
        waited = (lineage.denial.day - first.sent).days if lineage.denial else None
        end_of_week = first.sent + timedelta(days=6 - first.sent.weekday())
        for days in (30, 60, 90):
            if end_of_week + timedelta(days=days) <= tally.last_day:
                tally.week("M12", f"d{days}", first.sent, ONE * (waited is not None and waited <= days))
        if coded is not None and lineage.sequence == PRIMARY:
            self._days_before("bill_hold", coded, first.sent)
            self._days_before("charge_lag", first.claim.service, first.sent)

    def _days_before(self, variant: str, begun: date, done: date) -> None:
        days = max((done - begun).days, 0)
        self._tally.quarter("M27", variant, done, ONE * (days <= _AGREED_DAYS[variant]))
        self._tally.days("M27", f"{variant}_median", days, done)

    def _answer(self, lineage: Lineage, answer: Answer) -> None:
        """M10, M23, M25 and L2: every claim payment."""
        tally, day = self._tally, answer.day
        tally.week("L2", "", day, ONE)
        if answer.is_reversal:
            if answer.frequency == "8":
                return  # our own void: the payer took nothing of its own will
            correction = answer.corrected_by
            paid_again = correction.paid if correction in lineage.answers and correction is not None else 0
            tally.quarter("M25", "", day, CENT * max(-answer.paid - paid_again, 0), 0)
            return
        is_duplicate = answer.is_denied and _DUPLICATE in _denied_for(answer)
        if answer.status in ("1", "4", "19") and not is_duplicate:
            tally.week("M10", "", day, ONE * (answer.paid == 0))
        if answer.scenarios[0] is PENDED:
            return
        tally.quarter("M25", "", day, 0, CENT * answer.paid)
        before = [a for a in lineage.answers if a.number < answer.number and not a.is_reversal] if is_duplicate else []
        is_ours = is_duplicate and ((answer.version or 1) > 1 or any(a.paid > 0 or a.scenarios[0] is PENDED for a in before))
        tally.quarter("M23", "", day, ONE * is_ours)

    def _first(self, lineage: Lineage, first: Answer) -> None:
        """M04, M08, M09 and M11: first decisions that decide some line."""
        tally, day = self._tally, first.day
        later = [a for a in lineage.answers if a.number > first.number and a.is_reversal]
        is_alone = len(lineage.versions) <= 1 and not later and not any(t.day >= day for t in lineage.touches)
        tally.week("M04", "", day, ONE * (is_alone and not first.is_denied))
        tally.week("M09", "full", day, ONE * first.is_denied_whole)
        tally.week("M09", "full_or_partial", day, ONE * first.is_denied)
        tally.week("M11", "", day, ONE * (first.is_denied and not first.is_denied_whole))
        self._yield(day, "decisions", not first.is_denied)
        judged = [(s, n.charge) for s, n in zip(first.outcomes, first.claim.lines, strict=False) if s.disposition not in NOT_DECIDED_WORDS]
        denied = [charge for scenario, charge in judged if scenario.disposition in DENIED_WORDS] if first.is_denied else []
        tally.week("M08", "lines", day, ONE * len(denied), ONE * len(judged))
        tally.week("M08", "charges", day, CENT * sum(denied), CENT * sum(charge for _, charge in judged))

    def _denial(self, lineage: Lineage, denial: Answer) -> None:
        """M06, M07, M15, M16, M20, M22 and M24: initial denials."""
        tally, day = self._tally, denial.day
        sums = self._denied.setdefault(day.replace(day=1), [0, 0])
        sums[0] += ONE
        sums[1] += CENT * denial.charge
        charges = sum(line.charge for s, line in zip(denial.outcomes, denial.claim.lines, strict=False) if s.root_cause)
        tally.to_date("M15", "count", ONE * lineage.is_overturned)
        tally.to_date("M15", "charges", CENT * charges * lineage.is_overturned)
        appealed = lineage.first_touch(APPEAL)
        if appealed is not None:
            tally.to_date("M16", "mean", ONE * (appealed - day).days)
            tally.days("M16", "median", (appealed - day).days, None)
        self._worked(lineage, denial)
        for scenario, adjusted in zip(denial.outcomes, denial.adjustments, strict=False):
            lost = CENT * denied_cents(scenario, adjusted)
            tally.quarter("M24", "", day, lost * (scenario.root_cause == "unspecified"), lost)

    def _worked(self, lineage: Lineage, denial: Answer) -> None:
        touched = lineage.first_touch()
        for days in (14, 7):
            until = self._tally.last_day - timedelta(days=days)
            since = until - timedelta(days=8 * 7 - 1)
            if since <= denial.day <= until:
                is_worked = touched is not None and (touched - denial.day).days <= days
                self._tally.other(("M20", f"d{days}", "8 weeks", since), ONE * is_worked)
        sent_again = [version.sent for version in lineage.versions if version.sent > denial.day]
        reworked = min([*sent_again, *([touched] if touched else [])], default=None)
        if reworked is not None:
            reasons = _denied_for(denial)
            later = [a for a in lineage.decisions if a is not denial and a.day > reworked]
            self._tally.to_date("M22", "", ONE * any(reasons & _denied_for(a) for a in later))

    def _yield(self, day: date, name: str, is_good: bool, count: int = 1) -> None:
        sums = self._yields.setdefault(self._tally.monday_of(day), {}).setdefault(name, [0, 0])
        sums[0] += is_good * count
        sums[1] += count

    def _write_batches(self) -> None:
        """M01; the answers to the last week's files come after the last day."""
        for (sent, _), (is_rejected, claims) in sorted(self._batches.items()):
            if self._draws.week_of(sent) < self._draws.weeks - 1:
                self._tally.week("M01", "", sent, ONE * (not is_rejected))
                self._yield(sent, "files", not is_rejected, claims)

    def _write_months(self) -> None:
        """M06 and M07: denials of a month against what the three months before sent."""
        for month, denied in sorted(self._denied.items()):
            before = [self._sent.get(_months_before(month, count), [0, 0]) for count in (1, 2, 3)]
            for metric, place in (("M06", 0), ("M07", 1)):
                total = sum(sums[place] for sums in before)
                if total:
                    self._tally.other((metric, "", "month", month), denied[place], total)

    def _write_products(self) -> None:
        """M05, rounded to the thousandth."""
        for monday, parts in sorted(self._yields.items()):
            if len(parts) == 3:
                product = 1.0
                for good, count in parts.values():
                    product *= good / count
                self._tally.fix(("M05", "", "week", monday), (round(ONE * product), None))


def _denied_for(answer: Answer) -> set[str]:
    """Main reasons of the denied lines of a decision."""
    return {s.carc for s in answer.outcomes if s.root_cause and not answer.is_reversal}


def _months_before(month: date, count: int) -> date:
    """The first day of the month so many before."""
    index = month.year * 12 + month.month - 1 - count
    return date(index // 12, index % 12 + 1, 1)
