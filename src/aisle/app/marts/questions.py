"""Questions to the marts as SQL, to start with in Metabase: each runs on MySQL, MariaDB, PostgreSQL and SQLite."""

from typing import Final

QUESTIONS: Final = {
    "revenue-by-week": """
-- Revenue and orders by week, each currency apart
SELECT d.year, d.week, s.currency, SUM(s.revenue) AS revenue, SUM(s.orders) AS orders
FROM mart_daily_sales s
JOIN mart_dates d ON d.day = s.day
GROUP BY d.year, d.week, s.currency
ORDER BY d.year, d.week, s.currency
""",
    "revenue-by-weekday": """
-- On which weekdays people buy
SELECT d.weekday, d.weekday_name, s.currency, SUM(s.revenue) AS revenue, COUNT(DISTINCT s.day) AS days
FROM mart_daily_sales s
JOIN mart_dates d ON d.day = s.day
GROUP BY d.weekday, d.weekday_name, s.currency
ORDER BY s.currency, d.weekday
""",
    "best-items": """
-- The fifty items that brought most
SELECT i.title, i.department, i.brand, s.currency, SUM(s.revenue) AS revenue, SUM(s.units) AS units
FROM mart_daily_item_sales s
JOIN mart_items i ON i.item_id = s.item_id
GROUP BY i.item_id, i.title, i.department, i.brand, s.currency
ORDER BY revenue DESC
LIMIT 50
""",
    "looked-at-and-not-bought": """
-- Items that many look at and few buy
SELECT i.title, v.views, COALESCE(s.units, 0) AS units
FROM (SELECT item_id, SUM(views) AS views FROM mart_daily_items GROUP BY item_id) v
JOIN mart_items i ON i.item_id = v.item_id
LEFT JOIN (SELECT item_id, SUM(units) AS units FROM mart_daily_item_sales GROUP BY item_id) s ON s.item_id = v.item_id
ORDER BY v.views - 20 * COALESCE(s.units, 0) DESC
LIMIT 50
""",
    "click-rate-by-placement": """
-- Of a hundred places that were seen, how many were clicked
SELECT placement, SUM(seen) AS seen, SUM(clicks) AS clicks, 100.0 * SUM(clicks) / NULLIF(SUM(seen), 0) AS click_rate
FROM mart_daily_shelves
GROUP BY placement
ORDER BY placement
""",
    "what-models-brought": """
-- Orders and revenue that are owed to the shelves of each model
SELECT m.model_version, m.algorithm, s.placement, s.currency, SUM(s.orders) AS orders, SUM(s.revenue) AS revenue
FROM mart_daily_shelf_sales s
JOIN mart_models m ON m.model_version = s.model_version
GROUP BY m.model_version, m.algorithm, s.placement, s.currency
ORDER BY m.model_version, s.placement, s.currency
""",
    "segments": """
-- How many belong to each segment, and how often they ordered
SELECT g.segment, COUNT(*) AS members, AVG(u.orders) AS orders_per_member
FROM mart_user_segments g
JOIN mart_users u ON u.user_id = g.user_id
GROUP BY g.segment
ORDER BY members DESC
""",
    "new-shoppers-by-month": """
-- When shoppers came first, and how many of them have ordered
SELECT d.year, d.month, COUNT(*) AS shoppers, COUNT(u.first_order_day) AS have_ordered
FROM mart_users u
JOIN mart_dates d ON d.day = u.first_day
GROUP BY d.year, d.month
ORDER BY d.year, d.month
""",
    "recommended-most": """
-- The items that stand on most shelves of the last batch
SELECT i.title, r.placement, COUNT(*) AS shoppers
FROM mart_recommendations r
JOIN mart_items i ON i.item_id = r.item_id
GROUP BY i.item_id, i.title, r.placement
ORDER BY shoppers DESC
LIMIT 50
""",
}
"""By the name of the file that an export writes."""
