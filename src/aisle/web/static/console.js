// The console works without this file. It lets a click anywhere on a row, or on a mark of a chart, filter the page, and
// sends a filter as soon as it is chosen.

document.addEventListener("click", (event) => {
  if (event.target.closest("a, button, input, select, label, summary")) return;
  if (!getSelection().isCollapsed) return; // somebody marks a text to copy it
  event.target.closest("tr")?.querySelector("a.filter-by")?.click();
});

// A mark stands for a row: the link of that row, in a table of the same section, is followed.
document.addEventListener("chart-click", (event) => {
  const values = new Set(Object.values(event.detail).map(String));
  const links = event.target.closest(".section")?.querySelectorAll("a.filter-by") ?? [];
  [...links].find((link) => values.has(link.dataset.value))?.click();
});

document.addEventListener("change", (event) => {
  if (event.target.matches(".filter-form select")) event.target.form.requestSubmit();
});
