"""The shop's database: connection, tables, migrations, a folder for each family of tables. No knowledge of models."""
