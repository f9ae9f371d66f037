"""Send a claim: what a 999 or a 277CA turns back is sent again, until it has gone through."""

from dataclasses import replace
from datetime import timedelta

from rcm_pipeline.sample.claim_courses import PRIMARY, ClaimCourse, Version
from rcm_pipeline.sample.claims import Claim
from rcm_pipeline.sample.draws import Draws

_REJECTED_SHARE = 0.025
_TOLD_SHARE = 0.3
_AGAIN_AFTER = timedelta(days=3)
# Claim status category, code and whom it is about
_REJECTIONS = ("A7:21", "A3:33:IL", "A3:116:PR", "A7:164:IL", "A6:21", "A7:254", "A7:562:85", "A6:33:IL")


def draft(draws: Draws, claim: Claim, week: int, *, frequency: str = "1") -> Version:
    """A version to go out to the claim's own payer with the batch of a week."""
    return Version(claim, claim.payer, PRIMARY, 0, week, draws.sent_day(week), frequency, claim.place)


def send(draws: Draws, course: ClaimCourse, version: Version) -> Version:
    """Send a version, and again after each rejection; returns the one that went through.

    A rejected batch goes out again three days later, a rejected claim with the batch of the next week.
    """
    version.number = 1 + sum(1 for before in course.versions if before.sequence == version.sequence)
    course.versions.append(version)
    week = version.week + 1
    is_regular = version.sent == draws.sent_day(version.week)
    if is_regular and (version.week, version.claim.is_institutional) in draws.rejected_batches:
        version.is_batch_rejected = True
        return send(draws, course, replace(version, week=week, sent=version.sent + _AGAIN_AFTER, is_batch_rejected=False))
    if draws.rng.random() < _REJECTED_SHARE:
        version.rejection = draws.turn("rejection", _REJECTIONS)
        return send(draws, course, replace(version, week=week, sent=draws.sent_day(week), rejection=""))
    return version


def answer_week(draws: Draws, version: Version, lag: int) -> int:
    """The week a payer answers, so many weeks after the week of the batch the version belongs to."""
    return draws.week_of(version.sent - _AGAIN_AFTER) + lag


def tell(draws: Draws, version: Version, icn: str) -> None:
    """Let the 277CA that accepts a version tell the claim number of its first answer, as some payers do."""
    if draws.rng.random() < _TOLD_SHARE:
        version.told_icn = icn
