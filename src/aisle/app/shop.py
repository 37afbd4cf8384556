"""`Shop`: everything that Aisle does for one shop, for notebooks and for the command line."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Self

import msgspec

from aisle.app.data.shop_data import ShopData
from aisle.app.progress import Progress, silent
from aisle.app.serve import Live
from aisle.app.serving.placements import placement_named
from aisle.app.settings import FILE, Settings
from aisle.app.tracking.tracker import attach, follow_live, track_experiments, track_training, track_tuning
from aisle.engine.request import MAIN_PLACEMENT, Exclude, ShelfRequest
from aisle.shop.access import Scope
from aisle.shop.tokens import new_secret, secret_id
from aisle.storage.access import keys, signing_secrets

# What only some commands need is imported where it is used: a shelf for one shopper must not wait for Polars.
if TYPE_CHECKING:
    import polars as pl

    from aisle.app.estimating import Estimated
    from aisle.app.experiments.experiments import Experiments
    from aisle.app.marts.building import Built
    from aisle.app.marts.exporting import Exported
    from aisle.app.merchandising.team_rules import TeamRules
    from aisle.app.segments.segments import Segments
    from aisle.app.serving.batch import BatchJob, Written
    from aisle.app.train import Trained
    from aisle.app.training.figures import Measurements
    from aisle.app.tuning.search import Tuned
    from aisle.app.tuning.trials import Trial
    from aisle.app.tuning.weights import Weighed
    from aisle.app.versions import Version
    from aisle.storage.access.keys import KeyRow
    from aisle.storage.access.signing_secrets import SecretRow
    from aisle.storage.work.models import ModelRow


class Shop(Live, ShopData):
    """One shop: it answers as `Live` does, and imports, trains, measures and exports.

    Raises
    ------
    DatabaseUnavailable
        If the shop has no database yet.
    """

    @classmethod
    def open(cls, where: str | Path) -> Self:
        """Open a shop, or make it where there is none.

        Parameters
        ----------
        where
            The shop's folder, or the URL of its database. With a URL, the models are stored beside an SQLite file, or
            in the current folder.
        """
        from aisle.app.data.setup import folder_and_url, make_shop, prepare_database

        folder, url = folder_and_url(str(where))
        if url is not None:
            settings = Settings.read(folder, database={"url": url})
            prepare_database(settings)
            return cls(settings)
        if not (folder / FILE).exists():
            make_shop(folder)
        return cls(Settings.read(folder))

    @property
    def rules(self) -> "TeamRules":
        """The rules of placements that the team publishes."""
        from aisle.app.merchandising.team_rules import TeamRules

        return TeamRules(self)

    # --- Keys ---------------------------------------------------------------------------------------------------------

    def create_key(self, scope: Scope, name: str = "", origins: Sequence[str] = ()) -> str:
        """Make a key of the HTTP API and return it; it cannot be read again."""
        return keys.add(self.db, scope, name, origins)

    def api_keys(self) -> "list[KeyRow]":
        """Return every key that was ever made, oldest first."""
        return keys.list_(self.db)

    def create_secret(self) -> str:
        """Make a secret that signs users and return it; two may be valid at once.

        Raises
        ------
        SettingsError
            If the environment has no key to seal it with.
        InputError
            If two are valid already.
        """
        from aisle.app.data.sealing import seal

        secret = new_secret()
        signing_secrets.add(self.db, secret_id(secret), seal(secret, self.settings.sealing_key))
        return secret

    def signing_secrets(self) -> "list[SecretRow]":
        """Return every secret that was ever made to sign users, oldest first."""
        return signing_secrets.list_(self.db)

    def revoke_key(self, key_id: str) -> None:
        """Make a key, or a secret that signs users, invalid for good."""
        if not signing_secrets.revoke(self.db, key_id):
            keys.revoke(self.db, key_id)

    # --- Groups of shoppers, and tables for analysts ------------------------------------------------------------------

    @property
    def segments(self) -> "Segments":
        """Named groups of shoppers by a rule: made, counted, listed and exported."""
        from aisle.app.segments.segments import Segments

        return Segments(self.db, self.settings, self.model_watch.trained)

    def build_marts(self, progress: Progress = silent) -> "Built":
        """Bring the tables for business intelligence up to date."""
        from aisle.app.marts.building import build_marts

        return build_marts(self.db, self.settings, progress)

    def export_marts(self, folder: Path, kind: str = "parquet", progress: Progress = silent) -> "Exported":
        """Write the tables for business intelligence into a new folder, as `parquet` or `tableau`."""
        from aisle.app.marts.exporting import export_marts

        return export_marts(self.db, folder, kind, progress)

    # --- Experiments --------------------------------------------------------------------------------------------------

    @property
    def experiments(self) -> "Experiments":
        """Experiments: created, checked, started, reported and stopped."""
        from aisle.app.experiments.experiments import Experiments

        return Experiments(self.db, self.settings, track_experiments(self.settings))

    # --- Models -------------------------------------------------------------------------------------------------------

    def train(
        self,
        model: str | None = None,
        seconds: float | None = None,
        progress: Progress = silent,
        *,
        force: bool = False,
    ) -> "Trained":
        """Train on all events, and go live unless the newest weeks show that the live model is better, or if forced."""
        from aisle.app.train import train

        return self._tracked(train(self.db, self.settings, model, seconds, progress, force=force))

    def train_on_spark(
        self, model: str | None = None, source: str | None = None, progress: Progress = silent, *, force: bool = False
    ) -> "Trained":
        """Train as `train` does, on Spark, on the shop's events or on those of Parquet files, a Delta table or JDBC."""
        from aisle.app.spark.train import train_on_spark

        return self._tracked(train_on_spark(self.db, self.settings, model, source, progress, force=force))

    def _tracked(self, trained: "Trained") -> "Trained":
        from aisle.storage.work import trainings

        tracked = msgspec.structs.replace(trained, run_id=track_training(self.db, self.settings, trained))
        trainings.store(self.db, tracked.version, msgspec.to_builtins(tracked))
        return tracked

    def evaluate(self, models: Sequence[str] = (), n: int = 20, progress: Progress = silent) -> "Measurements":
        """Fit models on the past and score them on the newest weeks, the whole catalogue ranked."""
        from aisle.app.training.figures import Measurements
        from aisle.app.training.measuring import evaluate_models

        return Measurements(evaluate_models(self.db, self.settings, models, n, progress))

    def tune(
        self,
        model: str,
        trials: int,
        *,
        seed: int | None = None,
        timeout: float | None = None,
        write: bool = False,
        progress: Progress = silent,
        better: "Callable[[Trial], None] | None" = None,
        on_spark: bool = False,
    ) -> "Tuned":
        """Search for better settings of a model, as `app.tuning.search` does; on Spark, several trials at a time."""
        from aisle.app.spark.tune import spark_workers
        from aisle.app.tuning.search import SearchPlan, tune

        plan = SearchPlan(trials, seed, timeout, write, progress, better or (lambda _: None))
        tuned = tune(self.db, self.settings, model, plan, spark_workers(self.settings) if on_spark else None)
        return msgspec.structs.replace(tuned, run_id=track_tuning(self.settings, tuned))

    def weigh(self, *, write: bool = False, progress: Progress = silent) -> "Weighed":
        """Search for better weights of refunds and ratings, on the weeks before the newest ones."""
        from aisle.app.tuning.weights import weigh

        return weigh(self.db, self.settings, write=write, progress=progress)

    def models(self) -> "list[ModelRow]":
        """Return all trained models, newest first."""
        from aisle.models import registry

        return registry.list_(self.db)[::-1]

    def versions(self) -> "list[Version]":
        """Return all trained models with what their trainings told of them, newest first."""
        from aisle.app.versions import versions

        return versions(self.db, self.settings.bundles)

    def promote(self, version: int) -> None:
        """Make a model live, whatever its figures were."""
        from aisle.models import registry

        registry.promote(self.db, self.settings.bundles, version)
        follow_live(self.db, self.settings)

    def rollback(self) -> int:
        """Make the model live again that was live before, and return its version."""
        from aisle.models import registry

        version = registry.rollback(self.db, self.settings.bundles).version
        follow_live(self.db, self.settings)
        return version

    def attach(self, run_id: str, file: str, text: str) -> None:
        """Add a file, such as a page with figures, to the run of a training in MLflow."""
        attach(self.settings, run_id, file, text)

    def estimate(
        self,
        strategy: str,
        placement: str = MAIN_PLACEMENT,
        days: int = 28,
        shelves: int = 5_000,
        progress: Progress = silent,
    ) -> "Estimated":
        """Return what another strategy would have brought on a placement, from the log, as `app.estimating`."""
        from aisle.app.estimating import estimate

        return estimate(self, strategy, placement, days, shelves, progress)

    # --- For notebooks ------------------------------------------------------------------------------------------------

    def recommend_many(
        self, user_ids: Sequence[str], n: int = 10, exclude: Exclude = "none", placement: str | None = None
    ) -> "pl.DataFrame":
        """Return the shelves of some users one below the other, prices in units of the currency."""
        from aisle.app.serving.frames import shelves_frame

        return shelves_frame({user: self.recommend(user, n, exclude, placement) for user in user_ids})

    def vectors(self, model: str) -> "pl.DataFrame":
        """Return the vector of each item in a part of the live model, such as `als` or `content`."""
        from aisle.app.serving.frames import vectors_frame

        return vectors_frame(self.model_watch.current(), model)

    def neighbours(self, item_id: str, model: str, n: int = 10) -> "pl.DataFrame":
        """Return the items nearest to one by the vectors of a part of the live model, with their cosines."""
        from aisle.app.serving.frames import neighbours_frame

        return neighbours_frame(self.model_watch.current(), model, item_id, n)

    # --- The shelves of all shoppers ----------------------------------------------------------------------------------

    def recommend_all(
        self,
        n: int,
        out: Path | None = None,
        exclude: Exclude = "none",
        placement: str | None = None,
        progress: Progress = silent,
    ) -> "Written":
        """Write the shelves of all shoppers into a `.parquet` or `.csv` file, or into the table `recommendations`."""
        from aisle.app.serving.batch import recommend_all

        return recommend_all(self.db, self.settings, self._batch_job(n, exclude, placement), out, progress)

    def recommend_all_on_spark(
        self,
        n: int,
        out: Path | None = None,
        exclude: Exclude = "none",
        placement: str | None = None,
        source: str | None = None,
        progress: Progress = silent,
    ) -> "Written":
        """Write the shelves of all shoppers as `recommend_all` does, on Spark; `out` is a folder of Parquet files."""
        from aisle.app.spark.batch import recommend_all_on_spark

        job = self._batch_job(n, exclude, placement)
        return recommend_all_on_spark(self.db, self.settings, job, out, source, progress)

    def _batch_job(self, n: int, exclude: Exclude, placement: str | None) -> "BatchJob":
        from aisle.app.serving.batch import BatchJob

        request = ShelfRequest(n=n, exclude=exclude, placement=placement or MAIN_PLACEMENT)
        where = placement_named(self.placements, request.placement)
        return BatchJob(self.model_watch.current(), where, request)
