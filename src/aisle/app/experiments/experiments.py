"""The experiments of a shop: created as drafts, checked and started, watched by the worker, reported and stopped."""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import structs

from aisle.app.experiments.checklist import Checklist, check
from aisle.app.experiments.reading import units_since
from aisle.app.serving.placements import changed, placement_named
from aisle.app.serving.published_rules import read_placements
from aisle.app.settings import Settings
from aisle.engine.recipe import Recipe
from aisle.engine.strategies import STRATEGIES
from aisle.experiments.assignment import Range
from aisle.experiments.decision import Decision, decide
from aisle.experiments.experiment import EVERYWHERE, Experiment, Variant, of_dict
from aisle.experiments.report import Report, report
from aisle.models import registry
from aisle.shop.errors import InputError, SettingsError
from aisle.shop.moments import DAY, now
from aisle.storage.connection import Database
from aisle.storage.shelves import experiments
from aisle.storage.shelves.experiments import ExperimentRow
from aisle.storage.work import leases

_LEASE: Final = "experiments"


class Told(NamedTuple):
    """What is known of an experiment."""

    row: ExperimentRow
    report: Report
    decision: Decision
    currency: str | None
    """What money is in; None if nobody paid."""


class Experiments:
    """The experiments of a shop.

    Parameters
    ----------
    stopped
        Called with what is known of an experiment that was stopped; None: nobody wants to know.
    """

    def __init__(self, db: Database, settings: Settings, stopped: Callable[[Told], object] | None = None) -> None:
        self._db = db
        self._settings = settings
        self._stopped = stopped

    def create(self, values: Mapping[str, Any]) -> ExperimentRow:
        """Add an experiment as a draft; nobody sees it yet.

        Parameters
        ----------
        values
            The fields of `experiments.experiment.Experiment` but the version.

        Raises
        ------
        InputError
            If a value is missing, unknown or out of range, or an experiment of that name runs.
        NotFound
            If there is no such placement or model.
        """
        experiment = of_dict(values)
        self._check_variants(experiment)
        row = experiments.add(self._db, experiment.name, _json(experiment), now())
        if row.version == experiment.version:
            return row
        named = structs.replace(experiment, version=row.version)
        return experiments.change(self._db, row, "draft", {"definition": _json(named)})

    def check(self, name: str) -> Checklist:
        """Return what there is to know before a draft is started."""
        return self._check(experiment_of(experiments.get(self._db, name)))

    def start(self, name: str, *, anyway: bool = False) -> ExperimentRow:
        """Start a draft: within two seconds every process knows it.

        Parameters
        ----------
        anyway
            Whether it starts although the checklist warns.

        Raises
        ------
        InputError
            If it is no draft, or the checklist forbids it, or warns.
        Busy
            If another one is started at this moment.
        """
        with leases.held(self._db, _LEASE):
            row = experiments.get(self._db, name)
            if row.state != "draft":
                raise InputError(f"{name} is {row.state} already; aisle experiments create makes a new version")
            experiment = experiment_of(row)
            found = self._check(experiment)
            against = found.forbids or ([] if anyway else found.warns)
            if against:
                how = "" if found.forbids else "; --anyway starts it nevertheless"
                raise InputError(f"{name} is not started: {'; '.join(check.says for check in against)}{how}")
            moment = now()
            values = {"state": "running", "started": moment, "stepped": moment, "planned": found.planned}
            reach = experiment.traffic * experiment.ramp[0]
            return experiments.change(self._db, row, "draft", values | {"first": found.first, "reach": reach})

    def stop(self, name: str, reason: str = "somebody stopped it") -> ExperimentRow:
        """Stop an experiment: within two seconds every visitor sees the placement as it is.

        Raises
        ------
        InputError
            If it does not run.
        """
        row = experiments.get(self._db, name)
        values = {"state": "stopped", "stopped": now(), "reason": reason, "reach": 0.0}
        row = experiments.change(self._db, row, "running", values)
        if self._stopped is not None:
            self._stopped(self.report(name, row.version))
        return row

    def stop_all(self, reason: str = "somebody stopped all") -> list[ExperimentRow]:
        """Stop every experiment that runs."""
        return [self.stop(row.name, reason) for row in experiments.running(self._db)]

    def all(self) -> list[ExperimentRow]:
        """Return every version of every experiment, newest first."""
        return experiments.list_(self._db)

    def report(self, name: str, version: int | None = None) -> Told:
        """Return what an experiment showed, the newest version of a name by default.

        Raises
        ------
        InputError
            If it was never started.
        """
        row = experiments.get(self._db, name, version)
        if row.started is None:
            raise InputError(f"{name} was not started; aisle experiments start {name}")
        experiment, until = experiment_of(row), row.stopped or now()
        units = units_since(self._db, self._settings, row, experiment, until)
        days = until // DAY - row.started // DAY + 1
        told = report(experiment, units.frame, row.planned, days, units.doubts)
        return Told(row, told, decide(told, until), units.currency)

    def watch(self) -> list[str]:
        """Stop experiments that do harm, and let those that ramp up go on; return what was done, in sentences."""
        done = []
        for row in experiments.running(self._db):
            told = self.report(row.name, row.version)
            if told.decision.kind == "broken" or _breaks_guardrail(told.report):
                self.stop(row.name, told.decision.sentence)
                done.append(f"{row.name} was stopped: {told.decision.sentence}")
            elif (step := _next_step(row, told.report.experiment, now())) is not None:
                experiments.change(self._db, row, "running", {"reach": step, "stepped": now()})
                done.append(f"{row.name} reaches {step:.0%} of the visitors now")
        return done

    def _check(self, experiment: Experiment) -> Checklist:
        running = [(experiment_of(row), Range(row.first, row.reach)) for row in experiments.running(self._db)]
        return check(self._db, self._settings, experiment, running, now())

    def _check_variants(self, experiment: Experiment) -> None:
        """Refuse settings and models with which a variant could not be shown."""
        placements = read_placements(self._db, self._settings)
        if experiment.placement != EVERYWHERE:
            placement_named(placements, experiment.placement)
        for variant in experiment.variants:
            if variant.model is not None:
                registry.get(self._db, variant.model)
            if variant.settings:
                try:
                    strategy = changed(placements[experiment.placement], variant.settings).strategy
                except (SettingsError, ValueError) as error:
                    raise InputError(f"variant {variant.name}: {error}") from None
                if strategy.name not in STRATEGIES and strategy.model not in self._trained(variant):
                    raise InputError(
                        f"variant {variant.name}: there is no strategy {strategy.name!r}, and its model has no part of "
                        f"that name; choose from {', '.join([*STRATEGIES, *self._trained(variant)])}"
                    )

    def _trained(self, variant: Variant) -> list[str]:
        """Return the names of what the model of a variant can fill shelves with."""
        row = registry.live(self._db) if variant.model is None else registry.get(self._db, variant.model)
        parts = Recipe.parse(row.recipe).parts if row else {}
        return list(dict.fromkeys([*parts, *(spec.model for spec in parts.values())]))


def experiment_of(row: ExperimentRow) -> Experiment:
    """Return what was declared."""
    return msgspec.json.decode(row.definition, type=Experiment)


def _json(experiment: Experiment) -> str:
    return msgspec.json.encode(experiment).decode()


def _breaks_guardrail(told: Report) -> bool:
    return any(row.verdict == "worse" for row in told.of("guardrail"))


def _next_step(row: ExperimentRow, experiment: Experiment, moment: int) -> float | None:
    """Return how far an experiment reaches next, if a day has passed since it last grew; None if it stays."""
    steps = [experiment.traffic * part for part in experiment.ramp]
    later = [step for step in steps if step > row.reach + 1e-9]
    return later[0] if later and moment - (row.stepped or moment) >= DAY else None
