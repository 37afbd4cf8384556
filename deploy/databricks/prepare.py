# Databricks notebook source
# MAGIC %md
# MAGIC # Data preparation
# MAGIC
# MAGIC After the night's import: the rejected rows and why, problems in the data, and the cleaned interactions that
# MAGIC models learn from, as Parquet files.

# COMMAND ----------

import shutil
from pathlib import Path

from shop_folder import local_copy

from aisle import Shop
from aisle.report.quality import quality_page

dbutils.widgets.text("volume", "/Volumes/main/shop/aisle")
volume = dbutils.widgets.get("volume")

# COMMAND ----------

# MAGIC %md
# MAGIC ## Rejected rows
# MAGIC
# MAGIC `aisle rejects replay` imports the rows again once they are corrected.

# COMMAND ----------

with local_copy(volume) as folder, Shop.open(folder) as shop:
    rejects, total = shop.rejects()
    quality = shop.profile()
    page = quality_page(quality, shop.settings.shop)
    shutil.rmtree(folder / "prepared", ignore_errors=True)
    exported = shop.export(folder / "prepared")

print(f"{total:,} rows were rejected")
for reject in rejects:
    print(reject.source, reject.line, reject.reason)

# COMMAND ----------

# MAGIC %md
# MAGIC ## Problems in the data, and what to do about them

# COMMAND ----------

displayHTML(page)

# COMMAND ----------

print(exported.rows, "in", Path(volume, "shop", "prepared"))
