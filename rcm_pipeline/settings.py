"""Where everything lives, and what a client may set. Every setting has a default; a wrong one is named, never ignored."""

import datetime as dt
import hashlib
import os
import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from rcm_pipeline.errors import SettingsError
from schemas.vocabulary.coding import ERROR_CODES
from schemas.vocabulary.denials import HARDNESS, OWNERS, PREVENTABLE, ROOT_CAUSES
from schemas.vocabulary.sheets import DATE_ORDERS, SHEET_KINDS

LOOSE_FILES_CLIENT = "default"
CODE_LISTS = "code_sets"
_CLIENT = re.compile(r"^[a-z0-9][a-z0-9_-]{0,62}$")


@dataclass(frozen=True)
class Home:
    """The folders of one installation. Keys stand outside the warehouse, so a copy of it is not a copy of them."""

    root: Path
    inbox: Path
    settings: Path

    @classmethod
    def from_environment(cls) -> "Home":
        """The folders named by RCM_HOME, RCM_INBOX and RCM_SETTINGS, for the Dagster UI."""
        root = Path(os.environ.get("RCM_HOME", "var")).absolute()
        inbox = Path(os.environ.get("RCM_INBOX", root / "inbox"))
        return cls(root, inbox.absolute(), Path(os.environ.get("RCM_SETTINGS", root / "settings")).absolute())

    def to_environment(self) -> None:
        """Make these folders the ones every part of this process, and its children, work in."""
        os.environ.update(RCM_HOME=str(self.root), RCM_INBOX=str(self.inbox), RCM_SETTINGS=str(self.settings))
        os.environ["DAGSTER_HOME"] = str(self.root / "dagster")

    @property
    def keys(self) -> Path:
        """Folder of the client keys."""
        return Path(os.environ.get("RCM_KEYS", self.root / "keys")).absolute()

    def warehouse(self, client: str) -> Path:
        """The database runs work in: opened by what writes, and by nothing else."""
        return self._of(client) / "working.duckdb"

    def published(self, client: str) -> Path:
        """The database as the last run left it, put in place at once: what every reader opens, also while a run is on."""
        return self._of(client) / "published.duckdb"

    def vault(self, client: str) -> Path:
        """What a client's tokens stand for, sealed."""
        return self._of(client) / "vault"

    def access_log(self, client: str) -> Path:
        """Who opened the vault."""
        return self._of(client) / "access_log.jsonl"

    def clients(self) -> list[str]:
        """Clients with a published warehouse, by name."""
        return sorted(path.parent.name for path in (self.root / "warehouse").glob("*/published.duckdb"))

    def _of(self, client: str) -> Path:
        """The one folder that is all there is of a client's data."""
        return self.root / "warehouse" / client

    def known_contents(self, client: str) -> Path:
        """What is remembered of the files of a client's inbox, so that they need not be read to see that none is new."""
        return self._of(client) / "inbox.json"

    def code_lists(self, client_settings: "ClientSettings") -> Path:
        """Folder of the lists of codes a client's claims are checked against; raises SettingsError when one it names is missing."""
        folder = self.settings / client_settings.code_sets
        if not folder.is_dir() and client_settings.code_sets != CODE_LISTS:
            raise SettingsError(f"{folder}: this folder of code lists does not exist", fix="correct code_sets in the client's settings")
        return folder

    @property
    def portfolio(self) -> Path:
        """What the clients that allow it know together; holds nothing of fewer than three of them."""
        return self.root / "portfolio" / "reference.parquet"

    @property
    def members(self) -> Path:
        """Who takes part in the portfolio, and since which week; handed back to nobody."""
        return self.root / "portfolio" / "members.json"

    def reports(self, client: str) -> Path:
        """Folder of a client's packs, one folder per week."""
        return self.root / "reports" / client


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Targets(_Strict):
    """Target (green) and limit (red) of one measure of the scorecard."""

    target: float | None = Field(default=None, ge=0, le=1)
    limit: float | None = Field(default=None, ge=0, le=1)


class Quarantine(_Strict):
    """How much of a table may be set aside before the run stops."""

    max_share: float = Field(default=0.05, ge=0, le=1)


class Balancing(_Strict):
    """What becomes of claims whose amounts do not add up: kept with a finding, or set aside."""

    policy: Literal["warn", "quarantine"] = "warn"


class BatchLimits(_Strict):
    """What a week's batch may be before a person is asked, or nothing is published."""

    max_out_of_balance: float = Field(default=0.1, ge=0, le=1)
    usual_deviations: float = Field(default=3.5, ge=2, le=10)  # of the usual weeks: one sound week in two thousand lies farther off


class CauseOverride(_Strict):
    """A client's own rule of cause: where payer, reason and remark are these (those left out may be any), the cause is this."""

    payer_id: str | None = None
    carc_code: str | None = None
    rarc_code: str | None = None
    root_cause: Literal[tuple(ROOT_CAUSES)]  # type: ignore[valid-type]
    owner: Literal[tuple(OWNERS)] | None = None  # type: ignore[valid-type]
    preventable: Literal[tuple(PREVENTABLE)] | None = None  # type: ignore[valid-type]
    hardness: Literal[tuple(HARDNESS)] | None = None  # type: ignore[valid-type]
    rework_target: str | None = None

    @model_validator(mode="after")
    def _names_something(self) -> "CauseOverride":
        if not (self.payer_id or self.carc_code or self.rarc_code):
            raise ValueError("name a payer_id, a carc_code or a rarc_code; a rule for everything would hide every cause")
        return self


class Causes(_Strict):
    """How sure a cause must be to go without a person."""

    minimum_confidence: float = Field(default=0.5, ge=0, le=1)


class Clock(_Strict):
    """Days a payer's contract gives, where they differ from those of its kind of plan."""

    filing_days: int | None = Field(default=None, ge=0)
    corrected_days: int | None = Field(default=None, ge=0)
    appeal_days: int | None = Field(default=None, ge=0)
    takeback_days: int | None = Field(default=None, ge=0)


class Timeliness(_Strict):
    """Days agreed for each stage before billing, and for the answer to an escalation."""

    coding_days: int = Field(default=2, ge=0)
    bill_hold_days: int = Field(default=3, ge=0)
    charge_lag_days: int = Field(default=5, ge=0)
    escalation_days: int = Field(default=5, ge=0)


class Acknowledged(_Strict):
    """Who has taken note of a denial spike: payer and cause, in a week in which it was open."""

    payer_id: str
    root_cause: Literal[tuple(ROOT_CAUSES)]  # type: ignore[valid-type]
    week: dt.date
    by: str = Field(min_length=1)


class Qa(_Strict):
    """What is asked of coders, and how next week's charts are drawn."""

    standard: float = Field(default=0.95, gt=0, lt=1)
    method: Literal["A1", "A2", "A3"] = "A1"
    minimum_agreement: float = Field(default=0.6, ge=0, le=1)
    weights: dict[Literal[tuple(ERROR_CODES)], int] = {}  # type: ignore[valid-type]
    half_width: float = Field(default=0.05, gt=0, lt=0.5)
    weeks: int = Field(default=13, ge=1)
    risk_share: float = Field(default=0.3, ge=0, lt=1)
    new_coder_weeks: int = Field(default=13, ge=0)
    overdue_weeks: int = Field(default=13, ge=1)
    spare_share: float = Field(default=0.1, ge=0, le=1)
    education_words: list[str] = ["educat", "train", "coach", "mentor", "counsel", "teach", "taught", "workshop", "in-service", "tutor"]


Words = dict[str, dict[str, str]]  # column → the client's word → ours, or the code it means


class SheetMap(_Strict):
    """How one export of a client is read: the sheet whose header row holds all of these headings is of this kind.

    `columns`: our column → the client's heading; one heading may stand for two. `negative`: columns whose sign is turned.
    `stand_in_date`: the day of decision of rows that name none.
    """

    kind: Literal[tuple(SHEET_KINDS)]  # type: ignore[valid-type]
    sheet: str = ""
    header_row: int | None = Field(default=None, ge=1)
    columns: dict[str, str] = Field(min_length=1)
    words: Words = {}
    date_order: Literal[tuple(DATE_ORDERS)] | None = None  # type: ignore[valid-type]
    stand_in_date: dt.date | None = None
    negative: list[str] = []


class ClientSettings(_Strict):
    """What one client may set; the file is <settings>/<client>.toml."""

    name: str = ""
    code_sets: str = CODE_LISTS
    headers: dict[str, dict[str, str]] = {}
    sheets: list[SheetMap] = []
    words: Words = {}
    date_order: Literal[tuple(DATE_ORDERS)] | None = None  # type: ignore[valid-type]
    payer_aliases: dict[str, str] = {}
    capitated_payers: list[str] = []
    quarantine: Quarantine = Quarantine()
    balancing: Balancing = Balancing()
    batch: BatchLimits = BatchLimits()
    scorecard: dict[str, Targets] = {}
    cause_overrides: list[CauseOverride] = []
    causes: Causes = Causes()
    clocks: dict[str, Clock] = {}
    timeliness: Timeliness = Timeliness()
    qa: Qa = Qa()
    authority: dict[str, list[str]] = {}
    acknowledged: list[Acknowledged] = []
    data_aggregation: bool = False
    monthly_net_revenue: Decimal | None = Field(default=None, gt=0)


def load_client_settings(folder: Path, client: str) -> ClientSettings:
    """The client's settings, or the defaults when it has no file. Raises SettingsError naming the wrong key."""
    try:
        return parse_client_settings(settings_text(folder, client), str(folder / f"{client}.toml"))
    except UnicodeDecodeError as error:
        raise SettingsError(f"{folder / client}.toml: not TOML: {error}", fix="save it as UTF-8") from None


def settings_text(folder: Path, client: str) -> str:
    """The client's settings file as it stands; empty when it has none."""
    path = folder / f"{client}.toml"
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def parse_client_settings(text: str, name: str) -> ClientSettings:
    """Settings from TOML. Raises SettingsError naming the wrong key; `name` says whose they are."""
    try:
        settings = ClientSettings.model_validate(tomllib.loads(text))
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise SettingsError(f"{name}: {key}: {first['msg']}", fix="see docs/settings.md for what can be set") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{name}: not TOML: {error}", fix="correct the line it names") from None
    _check_names(name, "scorecard", settings.scorecard, _listed("scorecard.toml"))
    _check_names(name, "headers", settings.headers, SHEET_KINDS)
    for kind, headings in settings.headers.items():
        _check_names(name, f"headers.{kind}", _unnumbered(headings), _columns_of(kind))
    for at, sheet in enumerate(settings.sheets, start=1):
        _check_names(name, f"sheets {at}: columns", _unnumbered([*sheet.columns, *sheet.negative]), _columns_of(sheet.kind))
    return settings


def consenting(home: Home) -> list[str]:
    """Clients with a warehouse whose settings allow that their weekly counts are added to those of others."""
    return [client for client in home.clients() if load_client_settings(home.settings, client).data_aggregation]


@cache
def _listed(file: str) -> Mapping[str, Any]:
    """What may be named in a settings table: the names in a file of the reference."""
    return tomllib.loads(files("schemas.reference").joinpath(file).read_text(encoding="utf-8"))


def _columns_of(kind: str) -> Mapping[str, Any]:
    """The columns that may be named for a kind of sheet."""
    listed = _listed("headers.toml")
    return {**listed["columns"], **listed.get(kind, {})}


def _unnumbered(columns: Iterable[str]) -> list[str]:
    """Names of columns as they are listed: carc_3_code is a further carc_code, diagnosis_5_code one of diagnosis_1_code."""
    listed = _listed("headers.toml")["columns"]
    forms = ((name, re.sub(r"_\d+_", "_", name), re.sub(r"_\d+_", "_1_", name)) for name in columns)
    return [next((form for form in own if form in listed), own[0]) for own in forms]


def _check_names(path: str, table: str, given: Iterable[str], known: Iterable[str]) -> None:
    for name in given:
        if name not in set(known):
            raise SettingsError(f"{path}: {table}: there is no {name}", fix=f"known are {', '.join(sorted(known))}")


def settings_hash(folder: Path, client: str) -> str:
    """Hash of the client's settings file and its lists of codes; of nothing when it has neither."""
    path = folder / f"{client}.toml"
    content = path.read_bytes() if path.is_file() else b""
    found = hashlib.sha256(content)
    lists = folder / _code_lists_named(content)
    for file in sorted(lists.iterdir()) if lists.is_dir() else []:
        if file.is_file():
            found.update(file.name.encode() + hashlib.sha256(file.read_bytes()).digest())
    return found.hexdigest()


def _code_lists_named(content: bytes) -> str:
    """The folder of lists a settings file names; what is wrong with the file is said where it is loaded."""
    try:
        return str(tomllib.loads(content.decode("utf-8")).get("code_sets", CODE_LISTS))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        return CODE_LISTS


def client_of(folder_name: str) -> str:
    """The client a folder of the inbox belongs to: its name in lower case, accents dropped, other signs as hyphens.

    A name in another script is known by a short hash.
    """
    plain = unicodedata.normalize("NFKD", folder_name).encode("ascii", "ignore").decode().lower()
    client = re.sub(r"[^a-z0-9_]+", "-", plain).strip("-_")[:63]
    return client if _CLIENT.match(client) else "client-" + hashlib.sha256(os.fsencode(folder_name)).hexdigest()[:8]
