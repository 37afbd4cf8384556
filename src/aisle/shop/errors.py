"""Everything that Aisle raises on purpose.

AisleError
├── SettingsError          a setting is missing, unknown or out of range
├── InputError             what was handed in cannot be used
│   ├── FileError          … a file is missing, empty or of an unknown kind
│   ├── FormatError        … columns, kinds or values that no format explains
│   └── IdError            … an id that no shop can have
├── Forbidden              what this caller may not do
├── NotEnoughData          too few events for the request
├── NotFound               an id that this shop has never seen
├── NoModel                nothing trained yet
├── BundleError            a model on disk that is damaged or from another version
├── Busy                   somebody else does it at this moment
├── Conflict               what was edited has changed meanwhile, and is not overwritten
├── Overtaken              work that stood still, and another process took it over
├── Cancelled              work that somebody called off
├── TrackingError          the experiment tracker is missing, does not answer or refuses
├── ApiError               a server's HTTP API refuses a call of the client, or does not answer
├── SparkError             Spark cannot start, or a job of it failed
└── StorageError           the database refuses
    ├── DatabaseUnavailable  … it does not answer
    │   └── StillUnavailable … which is known already, and was not tried again
    ├── TryAgain             … it is too busy; the same call may succeed in a moment
    ├── Refused              … rows that break its rules although they passed the checks of `ingest`
    └── SchemaError          … its tables are of another version

A message names the value and the remedy on one line. The command line prints it as it is and exits with 2; the HTTP
API answers with it as `detail`.
"""


class AisleError(Exception):
    """Anything that Aisle raises on purpose; its text is meant for users."""


class SettingsError(AisleError):
    """A setting is missing, unknown or out of range."""


class InputError(AisleError):
    """What was handed in cannot be used."""


class FileError(InputError):
    """A file is missing, empty or of an unknown kind."""


class FormatError(InputError):
    """Columns, kinds or values that no format explains."""


class IdError(InputError):
    """An id that no shop can have."""


class Forbidden(AisleError):
    """What this caller may not do."""


class NotEnoughData(AisleError):
    """Too few events for the request."""


class NotFound(AisleError):
    """An id that this shop has never seen."""


class NoModel(AisleError):
    """Nothing has been trained yet."""


class BundleError(AisleError):
    """A model on disk is damaged or belongs to another version."""


class Busy(AisleError):
    """Somebody else does it at this moment."""


class Conflict(AisleError):
    """What somebody edited has changed meanwhile, and is not overwritten."""


class Overtaken(AisleError):
    """Work that stood still for so long that another process took it over."""


class Cancelled(AisleError):
    """Somebody called the work off."""


class TrackingError(AisleError):
    """The experiment tracker is missing, does not answer or refuses."""


class ApiError(AisleError):
    """A server's HTTP API refuses a call of the client, or does not answer.

    Attributes
    ----------
    status
        The HTTP status; None if no answer came.
    title
        The status in words.
    detail
        What is wrong and what to do, in a sentence.
    """

    def __init__(self, status: int | None, title: str, detail: str) -> None:
        super().__init__(f"{title} ({status}): {detail}" if status else f"{title}: {detail}")
        self.status = status
        self.title = title
        self.detail = detail


class SparkError(AisleError):
    """Spark cannot start, or a job of it failed."""


class StorageError(AisleError):
    """The database refuses."""


class DatabaseUnavailable(StorageError):
    """The database does not answer."""


class StillUnavailable(DatabaseUnavailable):
    """The database did not answer just before, and was not asked again; whoever found out has said so."""


class TryAgain(StorageError):
    """The database is too busy; the same call may succeed in a moment."""


class Refused(StorageError):
    """Rows break the database's rules."""


class SchemaError(StorageError):
    """The tables are of another version than this code."""
