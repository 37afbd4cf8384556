# Databricks notebook source
# MAGIC %md
# MAGIC # Training
# MAGIC
# MAGIC On all events, with the model of `aisle.toml`. The newest weeks are held out first and the whole catalogue is
# MAGIC ranked; the new model goes live unless they show that the live one is better. MLflow has the run, the figures
# MAGIC and the model, and its alias `live` follows.

# COMMAND ----------

from shop_folder import fetched

from aisle import Shop
from aisle.report.models import models_page

dbutils.widgets.text("volume", "/Volumes/main/shop/aisle")
volume = dbutils.widgets.get("volume")

# COMMAND ----------

with fetched(volume) as folder, Shop.open(folder) as shop:
    trained = shop.train()
    page = models_page(trained.measured, shop.settings.shop) if trained.measured else None
    if page and trained.run_id:
        shop.attach(trained.run_id, "models.html", page)

print(f"model {trained.version} {'is live' if trained.live else 'stays out'}: {trained.reason}")
print(f"{trained.events:,} events, {trained.users:,} shoppers, {trained.items:,} items, {trained.seconds:.0f} s")
for role, reason in trained.skipped.items():
    print(f"left out: {role}, {reason}")

# COMMAND ----------

# MAGIC %md
# MAGIC ## What it is worth, beside the bestsellers and the live model

# COMMAND ----------

if page:
    displayHTML(page)
