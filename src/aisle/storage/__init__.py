"""The shop's database: connection, tables, migrations, and one module per family of tables. No knowledge of models."""
