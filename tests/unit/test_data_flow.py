"""The page of where identifiers are seen names every module that does, and none that does not."""

import re

import grimp

from tests.conftest import ROOT

SEEING = {
    "rcm_pipeline.intake.contents", "rcm_pipeline.intake.inbox", "rcm_pipeline.x12.read", "rcm_pipeline.privacy.tokens",
    "rcm_pipeline.privacy.door", "rcm_pipeline.privacy.vault", "rcm_pipeline.governance.access",
}  # fmt: skip
PACKAGES = ("rcm_pipeline.intake", "rcm_pipeline.x12", "rcm_pipeline.privacy")


def test_the_page_names_every_module_that_sees_identifiers() -> None:
    graph = grimp.build_graph("rcm_pipeline", "dashboards", "assets", "schemas")
    assert graph.modules >= SEEING
    seeing = {module for module in graph.modules if graph.find_modules_directly_imported_by(module) & SEEING} | SEEING
    outside = {module for module in seeing if not module.startswith(tuple(f"{package}." for package in PACKAGES))}
    named = set(re.findall(r"^\| `([\w.]+)` \|", (ROOT / "docs" / "data_flow.md").read_text(), flags=re.M))
    assert named == outside | set(PACKAGES)
