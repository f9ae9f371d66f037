"""Who may know whom: the library is free of Dagster, Plotly and GX, and the command starts without any of them."""

import os
import subprocess
import sys

import pytest

HEAVY = ("dagster", "plotly", "great_expectations")


def loaded(statement: str) -> set[str]:
    """Top-level modules in a fresh interpreter after a statement."""
    code = f"{statement}\nimport sys\nprint(' '.join(sorted({{m.split('.')[0] for m in sys.modules}})))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "module",
    [
        "rcm_pipeline.x12.read",
        "rcm_pipeline.intake.load",
        "rcm_pipeline.denials.core",
        "rcm_pipeline.tables",
        "rcm_pipeline.sample.generate",
        "rcm_pipeline.quality.contracts",
        "rcm_pipeline.quality.checks",
    ],
)
def test_the_library_knows_no_dagster_plotly_or_gx(module: str) -> None:
    assert not loaded(f"import {module}") & set(HEAVY)


def test_dashboards_know_no_dagster_or_gx() -> None:
    assert not loaded("import dashboards.publish") & {"dagster", "great_expectations"}


def test_assets_import_gx_only_where_it_runs() -> None:
    assert "great_expectations" not in loaded("import assets.build")


@pytest.mark.parametrize(
    "statement", ["import rcm_pipeline.cli", "import rcm_pipeline.governance.publications", "import rcm_pipeline.governance.status"]
)
def test_help_and_a_run_with_nothing_new_stay_light(statement: str) -> None:
    assert not loaded(statement) & {*HEAVY, "polars", "pandera", "pandas"}


def test_importlinter_holds_the_direction() -> None:
    done = subprocess.run(
        ["lint-imports", "--no-cache"],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PATH": f"{os.path.dirname(sys.executable)}:{os.environ['PATH']}"},
    )
    assert done.returncode == 0, done.stdout


def test_a_run_does_without_scipy_stats() -> None:
    loaded_by_a_run = "import assets.launch\nimport sys\nassert 'scipy.stats' not in sys.modules, 'half a second of import for a quantile'"
    assert "scipy" in loaded(loaded_by_a_run)
