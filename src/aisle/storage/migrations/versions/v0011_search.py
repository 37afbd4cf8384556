"""The words of the catalogue, so that items are found by them.

MariaDB, MySQL and PostgreSQL keep them in a column that they compute themselves; SQLite has an index of its own, which
triggers keep true. Revision 0011. Written out and never changed again.
"""

from typing import Final

from alembic import op

revision = "0011"
down_revision = "0010"

# Words of one and two letters and common ones, which the server leaves out, get two letters before them; the title
# stands there three times, as its words weigh most.
_MYSQL: Final = r"""
ALTER TABLE items ADD COLUMN item_search MEDIUMTEXT GENERATED ALWAYS AS (
  REGEXP_REPLACE(CONCAT_WS(' ', '', title, title, title, brand, category, tags), '[^\\p{L}\\p{N}\\p{M}]+', ' zz')
) STORED, ADD FULLTEXT INDEX item_search (item_search)
"""


def _plain(*columns: str) -> str:
    """Return what PostgreSQL makes of texts: words without accents, and no addresses or hyphens that it would see."""
    text = " || ' ' || ".join(f"coalesce({column}, '')" for column in columns)
    bare = rf"normalize(regexp_replace(normalize({text}, NFD), '[\u0300-\u036f]+', '', 'g'), NFC)"
    return rf"to_tsvector('simple', regexp_replace({bare}, '[^[:alnum:]\u0080-\U0010ffff]+', ' ', 'g'))"


_POSTGRESQL: Final = (
    f"""
    ALTER TABLE items ADD COLUMN item_search tsvector GENERATED ALWAYS AS (
      setweight({_plain("title")}, 'A') || setweight({_plain("brand", "category", "tags")}, 'C')
    ) STORED
    """,
    "CREATE INDEX item_search ON items USING gin (item_search)",
)

# The numbers of rows that SQLite gives itself may change, so that the index has numbers of its own. The words that an
# entry was made of must be named to remove it.
_ENTER: Final = """
  INSERT INTO item_search_rows (item_id) VALUES (new.item_id);
  INSERT INTO item_search (rowid, title, brand, category, tags)
    SELECT number, new.title, new.brand, new.category, new.tags FROM item_search_rows WHERE item_id = new.item_id;
"""
_REMOVE: Final = """
  INSERT INTO item_search (item_search, rowid, title, brand, category, tags)
    SELECT 'delete', number, old.title, old.brand, old.category, old.tags
    FROM item_search_rows WHERE item_id = old.item_id;
  DELETE FROM item_search_rows WHERE item_id = old.item_id;
"""
_SQLITE: Final = (
    "CREATE TABLE item_search_rows (number INTEGER PRIMARY KEY, item_id VARCHAR(256) NOT NULL UNIQUE)",
    """
    CREATE VIRTUAL TABLE item_search USING fts5(
      title, brand, category, tags, content='', prefix='2 3', tokenize='unicode61 remove_diacritics 2'
    )
    """,
    "INSERT INTO item_search_rows (item_id) SELECT item_id FROM items",
    """
    INSERT INTO item_search (rowid, title, brand, category, tags)
      SELECT number, title, brand, category, tags FROM item_search_rows JOIN items USING (item_id)
    """,
    f"CREATE TRIGGER item_search_insert AFTER INSERT ON items BEGIN {_ENTER} END",
    f"CREATE TRIGGER item_search_delete AFTER DELETE ON items BEGIN {_REMOVE} END",
    f"""
    CREATE TRIGGER item_search_update AFTER UPDATE OF item_id, title, brand, category, tags ON items
    WHEN old.item_id IS NOT new.item_id OR old.title IS NOT new.title OR old.brand IS NOT new.brand
      OR old.category IS NOT new.category OR old.tags IS NOT new.tags
    BEGIN {_REMOVE} {_ENTER} END
    """,
)


def upgrade() -> None:
    """Index the items that there are, and all that come."""
    connection = op.get_bind()
    statements = {"mysql": (_MYSQL,), "postgresql": _POSTGRESQL, "sqlite": _SQLITE}
    for statement in statements[connection.dialect.name]:
        connection.exec_driver_sql(statement)
