// Draws every figure.chart of a page from the JSON within it, in the colours of the page, light or dark.
// A click on a mark is the event "chart-click", whose detail is the row that was clicked.
(() => {
  const LIGHT = { line: "#dbe1e8", quiet: "#5b6876", heat: ["#edf3fa", "#9ec3e6", "#3d85c6", "#0b3c6f"], middle: "#eef1f4" };
  const DARK = { line: "#333e4b", quiet: "#9aa7b5", heat: ["#1d2733", "#27507a", "#3d85c6", "#b8defc"], middle: "#232c37" };

  const isLight = (colour) => {
    const [red, green, blue] = colour.match(/[\d.]+/g).map(Number);
    return 0.299 * red + 0.587 * green + 0.114 * blue > 128;
  };

  const look = (figure) => {
    const text = getComputedStyle(figure).color;
    const { line, quiet, heat, middle } = isLight(text) ? DARK : LIGHT;
    const words = { labelColor: quiet, titleColor: quiet, labelFontSize: 12, titleFontSize: 12, titleFontWeight: "normal" };
    return {
      background: null,
      font: "system-ui, sans-serif",
      view: { stroke: null },
      axis: { ...words, gridColor: line, domainColor: quiet, tickColor: line },
      axisBand: { grid: false, ticks: false },
      legend: { ...words, labelColor: text },
      axisY: { titlePadding: 10 },
      text: { color: text, fontSize: 12 },
      rule: { color: text },
      tick: { color: text },
      errorbar: { rule: { color: text }, ticks: { color: text } },
      range: { heatmap: heat, ramp: heat, diverging: ["#e08214", middle, "#3d85c6"] },
    };
  };

  const draw = async (figure) => {
    const spec = JSON.parse(figure.querySelector('script[type="application/json"]').textContent);
    const { view } = await vegaEmbed(figure.querySelector(".drawing"), spec, {
      actions: false, ast: true, config: look(figure), defaultStyle: false, renderer: "svg",
      tooltip: { disableDefaultStyle: true },
    });
    view.addEventListener("click", (_, item) => {
      if (item?.datum) figure.dispatchEvent(new CustomEvent("chart-click", { bubbles: true, detail: item.datum }));
    });
    figure.dataset.drawn = "";
  };

  // Within [data-lazy], a chart is drawn when it comes into sight: many at once would hold a page up.
  const insight = new IntersectionObserver((seen) => {
    for (const { isIntersecting, target } of seen) {
      if (!isIntersecting) continue;
      insight.unobserve(target);
      draw(target);
    }
  }, { rootMargin: "300px" });

  const drawOrWait = (figure) => {
    const waits = figure.closest("[data-lazy]") && figure.dataset.drawn === undefined;
    waits ? insight.observe(figure) : draw(figure);
  };

  const drawAll = (root) => root.querySelectorAll("figure.chart:has(.drawing)").forEach(drawOrWait);
  const ready = () => drawAll(document);
  document.readyState === "loading" ? document.addEventListener("DOMContentLoaded", ready) : ready();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", ready);
  new MutationObserver(ready).observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });
  document.addEventListener("htmx:load", (event) => drawAll(event.target));
})();
