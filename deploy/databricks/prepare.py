# Databricks notebook source
# MAGIC %md
# MAGIC # Data preparation
# MAGIC
# MAGIC What a night's import brought: what was set aside and why, what is odd in the data, and the cleaned interactions
# MAGIC that models learn from, as Parquet for whoever wants to look closer.

# COMMAND ----------

import shutil
from pathlib import Path

from shop_folder import fetched

from aisle import Shop
from aisle.report.quality import quality_page

dbutils.widgets.text("volume", "/Volumes/main/shop/aisle")
volume = dbutils.widgets.get("volume")

# COMMAND ----------

# MAGIC %md
# MAGIC ## What was set aside
# MAGIC
# MAGIC `aisle rejects replay` checks the rows again once they are corrected.

# COMMAND ----------

with fetched(volume) as folder, Shop.open(folder) as shop:
    rejects, total = shop.rejects()
    quality = shop.profile()
    page = quality_page(quality, shop.settings.shop)
    shutil.rmtree(folder / "prepared", ignore_errors=True)
    exported = shop.export(folder / "prepared")

print(f"{total:,} rows are set aside")
for reject in rejects:
    print(reject.source, reject.line, reject.reason)

# COMMAND ----------

# MAGIC %md
# MAGIC ## What is odd in the data, and what to do about it

# COMMAND ----------

displayHTML(page)

# COMMAND ----------

print(exported.rows, "in", Path(volume, "shop", "prepared"))
