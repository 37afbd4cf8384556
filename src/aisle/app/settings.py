"""The shop's settings: `aisle.toml` in the shop's folder, overridden by `AISLE_…` variables.

`[train] seed` is the variable `AISLE_TRAIN__SEED`. No other module reads the file or the environment.
"""

from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self, cast

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from aisle.engine.ranking.examples import Objective
from aisle.engine.shelf.rules import Rules
from aisle.recommenders.catalog import current_name
from aisle.shop.currencies import CODES
from aisle.shop.errors import SettingsError

FILE: Final = "aisle.toml"

TEMPLATE: Final = """\
# This shop's settings. The defaults are shown; remove the # to change one. AISLE_TRAIN__SEED=2 overrides [train] seed.

[shop]
name = {name}
# currency = "GBP"     # the currency of prices that name none
# simulated = false    # whether the data is simulated; pages and reports then say so

[database]
# url = "sqlite:///aisle.db"    # relative to this file

[train]
# model = "hybrid"
# seed = 1
# leave_out_bots = false    # aisle profile shows which visitors are bots

# [models.als]         # settings of one model
# factors = 128

# [placements.home]    # a placement of your own: a strategy or a model, and rules
# strategy = "bestsellers"

# [weights]            # how much each kind of event counts
# half_life_days = 90.0

# [mlflow]             # trainings, searches and models in MLflow
# enabled = true

[spark]                # where --engine spark runs
# master = "local[*]"

[serve]
# host = "127.0.0.1"
# port = 8000

[worker]
# train_hour = 3    # UTC
"""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class ShopSection(_Section):
    """The shop itself."""

    name: str = "My shop"
    """The name on pages and reports."""
    currency: str | None = None
    """The ISO code of prices that name no currency."""
    simulated: bool = False
    """Whether the data is simulated; every page and report then says so."""

    @field_validator("currency")
    @classmethod
    def _known(cls, currency: str | None) -> str | None:
        if currency is not None and currency not in CODES:
            raise ValueError("it is no currency of ISO 4217; write its code, such as EUR")
        return currency


class DatabaseSection(_Section):
    """The shop's database."""

    url: str = "sqlite:///aisle.db"
    """An SQLAlchemy URL; a relative SQLite path starts at the shop's folder."""


class TrainSection(_Section):
    """How models are trained."""

    model: str = "hybrid"
    """The personal model."""
    stars: str | None = "svd"
    """The model that predicts stars if the personal model does not; null in the environment: none."""
    seed: int = Field(default=1, ge=0)
    """Equal events and seed give equal models."""
    leave_out_bots: bool = False
    """Whether the events of bots, visitors who act like machines, are left out of training."""


class PlacementSection(_Section):
    """A placement, and how it is filled; all other settings are its rules (`engine.shelf.rules.Rules`)."""

    model_config = ConfigDict(extra="allow")

    strategy: str | None = None
    """A strategy of `engine.strategies`, or a model. By default, a standard placement has its own strategy, and any
    other placement shows the personal model."""
    objective: Objective | None = None
    """What the ranker of a hybrid optimises for it. None: the objective of `[models.hybrid]`."""

    @cached_property
    def rules(self) -> Rules:
        """Its rules."""
        return Rules.parse(self.model_extra or {})


class MlflowSection(_Section):
    """Tracking of trainings and searches in MLflow."""

    enabled: bool = False
    """Whether they are tracked."""
    tracking_uri: str = Field(default="sqlite:///mlflow.db", min_length=1)
    """A tracking server or a database for MLflow alone; a relative SQLite path starts at the shop's folder."""
    experiment: str = Field(default="aisle", min_length=1)
    """The experiment that runs belong to."""
    model: str = Field(default="aisle", pattern=r"^[^/:'\"]+$")
    """The registered model that holds this shop's versions; shops on a shared server need different names."""


class SparkSection(_Section):
    """Where `--engine spark` runs."""

    master: str = "local[*]"
    """The master: `local[*]`, `spark://host:7077`, `yarn`; a session that runs already is used as it is."""
    conf: dict[str, str] = {}
    """More properties of Spark, such as `spark.executor.memory` and `spark.jars`."""
    newest_events: int = Field(default=20_000_000, ge=1)
    """How many events this machine can hold: models of recent events learn from the newest ones."""


class ServeSection(_Section):
    """Where the web process listens."""

    host: str = "127.0.0.1"
    """The address to listen on."""
    port: int = Field(default=8000, ge=1, le=65535)
    """The port."""
    workers: int = Field(default=1, ge=1, le=64)
    """How many processes answer; one for each core is most."""
    hosts: tuple[str, ...] = ()
    """The names by which it is called, beside localhost and addresses; requests that name another host are refused."""
    proxies: tuple[str, ...] = ()
    """The addresses of proxies before it, which are believed where they say whom they forward for."""
    sealing_key: SecretStr | None = None
    """What seals the secrets that sign users, from the environment only: `openssl rand -hex 32` makes one."""
    database_seconds: float = Field(default=0.1, gt=0, le=10)
    """How long a read of a request may take; then shelves show what was last known, until the database answers."""
    access_log: bool = True
    """Whether each request is a line of JSON on standard output: time, level, route, status, milliseconds."""
    calls_per_second: float = Field(default=50.0, ge=0)
    """How many calls with a browser key one address may make to a process; ten seconds' worth at once. 0: no limit."""
    votes_per_address: int = Field(default=10, ge=1)
    """How many events of a kind with an item count in a day of an address, if they come with a browser key; in all, 200
    times as many. More are stored and change their shopper's shelves, and nobody else's."""


class WorkerSection(_Section):
    """What the worker does by itself, and when; hours are UTC."""

    train_hour: Annotated[int, Field(ge=0, le=23)] | Literal["never"] = 3
    """The hour of the daily training, or `"never"`."""
    count_minutes: int = Field(default=10, ge=0, le=1440)
    """How often the counts behind the KPIs are brought up to date; 0: only `aisle kpis` does it."""
    refresh_minutes: int = Field(default=30, ge=0, le=1440)
    """How often trending items and bestsellers are fitted anew between two trainings; 0: at trainings alone."""
    clean_up_hour: int = Field(default=4, ge=0, le=23)
    """The hour of the daily clean-up, and of the backup."""
    keep_shelves_days: int = Field(default=180, ge=2)
    """How long shelves that were served are kept; the counts of their days stay."""
    backups: int = Field(default=0, ge=0, le=366)
    """How many daily backups are kept in the folder `backups`; 0: none is made."""


class MailSection(_Section):
    """Mailings that the shop sends."""

    consent: str = Field(default="consent", min_length=1)
    """The attribute of users that says whether they agreed to be written to: true, `"true"`, `"yes"` or 1."""


class Settings(BaseSettings):
    """All settings of one shop."""

    model_config = SettingsConfigDict(
        env_prefix="AISLE_", env_nested_delimiter="__", extra="forbid", frozen=True, use_attribute_docstrings=True
    )

    folder: Path = Path()
    """The shop's folder; not a setting, but the place where the settings were read."""
    shop: ShopSection = ShopSection()
    database: DatabaseSection = DatabaseSection()
    train: TrainSection = TrainSection()
    models: dict[str, dict[str, Any]] = {}
    """Settings of single models, by name."""
    weights: dict[str, Any] = {}
    """How much each kind of event counts (`prepare.weigh.Weights`)."""
    placements: dict[str, PlacementSection] = {}
    """Settings of placements, by name: the standard ones, and the shop's own."""
    mlflow: MlflowSection = MlflowSection()
    spark: SparkSection = SparkSection()
    serve: ServeSection = ServeSection()
    worker: WorkerSection = WorkerSection()
    mail: MailSection = MailSection()

    @field_validator("models", mode="before")
    @classmethod
    def _with_current_names(cls, sections: Any) -> Any:
        """Rename the sections of models that go by an old name."""
        if not isinstance(sections, dict):
            return sections
        renamed: dict[str, Any] = {}
        for name, section in sections.items():
            if current_name(name) in renamed or (current_name(name) != name and current_name(name) in sections):
                raise ValueError(f"[models.{name}] and [models.{current_name(name)}] are the same; keep the second one")
            renamed[current_name(name)] = section
        return renamed

    @field_validator("placements")
    @classmethod
    def _with_valid_rules(cls, placements: dict[str, PlacementSection]) -> dict[str, PlacementSection]:
        """Refuse wrong rules when the settings are read, not when the first shopper comes."""
        for name, section in placements.items():
            try:
                _ = section.rules
            except SettingsError as error:
                raise SettingsError(f"placements.{name} in {FILE} or an AISLE_ variable: {error}") from None
        return placements

    @classmethod
    def read(cls, folder: Path, **overrides: Any) -> Self:
        """Read the settings of the shop in a folder.

        Parameters
        ----------
        folder
            The folder of `aisle.toml`; without the file, every setting has its default.
        overrides
            Sections that override the file and the environment.

        Raises
        ------
        SettingsError
            If the file is not TOML, or a setting is unknown or out of range.
        """
        file = folder / FILE
        try:
            return cls(folder=folder, **overrides)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            problem = "no such setting" if first["type"] == "extra_forbidden" else first["msg"]
            raise SettingsError(f"{where} in {file} or an AISLE_ variable: {problem}") from None
        except ValueError as error:
            raise SettingsError(f"{file} cannot be read as TOML: {error}") from None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  pydantic-settings names its arguments
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return the sources by priority: arguments, then the environment, then the file."""
        folder = cast("InitSettingsSource", init_settings).init_kwargs["folder"]
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, folder / FILE)

    @property
    def database_url(self) -> str:
        """The database's URL; a relative SQLite path starts at the shop's folder."""
        return self._from_folder(self.database.url)

    @property
    def tracking_uri(self) -> str:
        """The tracking URI of MLflow; a relative SQLite path starts at the shop's folder."""
        return self._from_folder(self.mlflow.tracking_uri)

    @property
    def sealing_key(self) -> str | None:
        """The key that seals secrets."""
        key = self.serve.sealing_key
        return key.get_secret_value() if key else None

    def _from_folder(self, url: str) -> str:
        prefix = "sqlite:///"
        if not url.startswith(prefix):
            return url
        return prefix + str(self.folder.resolve() / url.removeprefix(prefix))

    @property
    def bundles(self) -> Path:
        """The folder that holds the trained bundles."""
        return self.folder / "models"
