"""Every case of the rules page holds, and the page is what the cases say."""

import pytest

from tests.spec.cases import CASES, Case
from tests.spec.claim_courses import CLAIM_COURSES, ClaimCourse
from tests.spec.engine import run_case, run_course
from tests.spec.rules_page import PAGE, page


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_case(case: Case) -> None:
    lines, rules = run_case(case)
    assert lines == case.lines
    assert case.rule in rules


@pytest.mark.parametrize("course", CLAIM_COURSES, ids=lambda course: course.title)
def test_life(course: ClaimCourse) -> None:
    answers, status, moved = run_course(course)
    assert answers == course.answers
    assert status == course.status
    assert sorted(moved) == sorted(course.kinds), "they have no order among each other"


def test_every_rule_has_a_case() -> None:
    assert sorted({case.rule for case in CASES}) == [f"D{n:02d}" for n in range(1, 13)]


def test_the_rules_page_is_fresh() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: make docs"
