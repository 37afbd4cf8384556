// The storefront works without this file. It marks what changed, moves carousels, replaces dead pictures, tells what went
// wrong, and gives the tour.

document.addEventListener("error", (event) => {
  const image = event.target;
  if (image instanceof HTMLImageElement && image.dataset.drawn && image.getAttribute("src") !== image.dataset.drawn) {
    image.src = image.dataset.drawn;
  }
}, true);

// What stood on each shelf when it was last seen here, so that new places can be marked.
function markChanges() {
  const shopper = document.body.dataset.shopper;
  for (const shelf of document.querySelectorAll("[data-placement]")) {
    const key = `aisle-shelf ${shopper} ${shelf.dataset.placement}`;
    const before = sessionStorage.getItem(key);
    const items = [...shelf.querySelectorAll("[data-item]")];
    if (before !== null) {
      const known = new Set(JSON.parse(before));
      for (const item of items) {
        if (!known.has(item.dataset.item)) item.classList.add("changed");
      }
    }
    sessionStorage.setItem(key, JSON.stringify(items.map((item) => item.dataset.item)));
  }
}

// Whether there is anything to scroll to. An observer is told after the layout, so that asking costs none.
const arrows = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    target.closest(".shelf").querySelector(".arrows").hidden = target.scrollWidth <= target.clientWidth;
  }
});

function watchShelves() {
  for (const carousel of document.querySelectorAll(".carousel")) arrows.observe(carousel);
}

document.addEventListener("click", (event) => {
  const arrow = event.target.closest("[data-scroll]");
  if (!arrow) return;
  const carousel = arrow.closest(".shelf").querySelector(".carousel");
  carousel.scrollBy({ left: arrow.dataset.scroll * carousel.clientWidth * 0.85, behavior: "smooth" });
});

function closeFound() {
  document.getElementById("found")?.replaceChildren();
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") closeFound();
});
document.addEventListener("focusin", (event) => {
  if (!event.target.closest(".finder")) closeFound();
});
document.addEventListener("pointerdown", (event) => {
  if (!event.target.closest(".finder")) closeFound();
});

function takeTour() {
  const tour = document.getElementById("tour");
  if (!tour || localStorage.getItem("aisle-tour")) return;
  const steps = [...tour.querySelectorAll("li")];
  let step = 0;
  const show = () => steps.forEach((element, number) => { element.hidden = number !== step; });
  document.getElementById("tour-next").addEventListener("click", () => {
    step += 1;
    if (step === steps.length) tour.close(); else show();
  });
  tour.addEventListener("close", () => localStorage.setItem("aisle-tour", "taken"));
  show();
  tour.showModal();
}

// Beside the items there is room for a panel and filters; on a phone they wait until they are asked for.
function fold() {
  const wide = matchMedia("(min-width: 62rem)").matches;
  for (const part of document.querySelectorAll(".folding")) part.open = wide;
}

document.addEventListener("DOMContentLoaded", () => {
  fold();
  markChanges();
  watchShelves();
  takeTour();
});

// The answer to a deed brings the shelves that changed: those that are not said here to stand on the page already.
document.addEventListener("htmx:configRequest", ({ detail }) => {
  if (detail.verb !== "post") return;
  const shown = [...document.querySelectorAll("[data-version]")];
  detail.headers["Aisle-Shown"] = shown.map((shelf) => `${shelf.dataset.placement}=${shelf.dataset.version}`).join(" ");
});

// A part that takes the place of another begins where that one was left: scrolled as far, with the focus on the same.
const scrolled = new Map();
document.addEventListener("scroll", ({ target }) => {
  if (target.classList?.contains("carousel")) scrolled.set(target.closest(".shelf").id, target.scrollLeft);
}, true);

const usable = (part) => [...part.querySelectorAll("a, button, summary")];

function focused() {
  const active = document.activeElement;
  const card = active.closest("[data-item]");
  return { part: active.closest("[id]")?.id, item: card?.dataset.item, number: card && usable(card).indexOf(active) };
}

function goOn({ part, item, number }) {
  for (const [shelf, left] of scrolled) {
    const carousel = document.getElementById(shelf)?.querySelector(".carousel");
    if (carousel) carousel.scrollLeft = left;
  }
  const there = part && document.activeElement === document.body && document.getElementById(part);
  if (!there) return;
  const card = item && there.querySelector(`[data-item="${CSS.escape(item)}"]`);
  const next = card ? usable(card)[number] : there.querySelector(".carousel") ?? usable(there)[0];
  next?.focus({ preventScroll: true });
}

let before;
document.addEventListener("htmx:beforeSwap", () => { before = focused(); });

// A shop that does not answer may be starting again: what is on the page stays there, and the next click tries once more.
function tell(text) {
  const trouble = document.getElementById("trouble");
  trouble.textContent = text;
  trouble.hidden = !text;
}

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (detail.xhr.status >= 400 && detail.target.id !== "found") detail.shouldSwap = false;
});
document.addEventListener("htmx:afterRequest", ({ detail }) => {
  const { status, responseText } = detail.xhr;
  if (status === 0) return tell("The shop does not answer just now. Try again in a moment.");
  if (status < 400 || detail.target.id === "found") {
    markChanges();
    watchShelves();
    goOn(before);
    return tell("");
  }
  const told = new DOMParser().parseFromString(responseText, "text/html").querySelector(".problem");
  tell(told ? told.textContent : "That did not work. Load the page again.");
});
