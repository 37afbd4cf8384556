# Databricks notebook source
# MAGIC %md
# MAGIC # Inference
# MAGIC
# MAGIC The shelf of one shopper with its reasons, items like another, and everybody's shelf as a Parquet file.

# COMMAND ----------

from shop_folder import fetched

from aisle import Shop

dbutils.widgets.text("volume", "/Volumes/main/shop/aisle")
dbutils.widgets.text("user_id", "")
volume, user_id = dbutils.widgets.get("volume"), dbutils.widgets.get("user_id")

# COMMAND ----------

# MAGIC %md
# MAGIC ## One shopper: `user_id`, or whoever did most lately

# COMMAND ----------

with fetched(volume) as folder, Shop.open(folder) as shop:
    user_id = user_id or shop.suggestions()[0]
    history, shelf = shop.history(user_id), shop.recommend(user_id, explain=True)
    similar = shop.similar(history[0].item_id)

print("lately:", *(f"{line.event} {line.name}" for line in history), sep="\n  ")
print("recommended:", *(f"{item.name}: {item.reason}" for item in shelf.items), sep="\n  ")
print(f"like {history[0].name}:", *(item.name for item in similar.items), sep="\n  ")

# COMMAND ----------

# MAGIC %md
# MAGIC ## Everybody

# COMMAND ----------

with fetched(volume) as folder, Shop.open(folder) as shop:
    written = shop.recommend_all(20, folder / "shelves.parquet")

print(f"{written.rows:,} rows for {written.users:,} shoppers are in {volume}/shop/shelves.parquet")
