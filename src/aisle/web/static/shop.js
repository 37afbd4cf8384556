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

function showArrows() {
  for (const shelf of document.querySelectorAll(".shelf")) {
    const carousel = shelf.querySelector(".carousel");
    shelf.querySelector(".arrows").hidden = carousel.scrollWidth <= carousel.clientWidth;
  }
}

document.addEventListener("click", (event) => {
  const arrow = event.target.closest("[data-scroll]");
  if (!arrow) return;
  const carousel = arrow.closest(".shelf").querySelector(".carousel");
  carousel.scrollBy({ left: arrow.dataset.scroll * carousel.clientWidth * 0.85, behavior: "smooth" });
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") document.getElementById("found").replaceChildren();
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

document.addEventListener("DOMContentLoaded", () => {
  markChanges();
  showArrows();
  takeTour();
});
document.addEventListener("htmx:afterSettle", ({ target }) => {
  if (target.id !== "shelves") return;
  markChanges();
  showArrows();
});

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
  if (status < 400 || detail.target.id === "found") return tell("");
  const told = new DOMParser().parseFromString(responseText, "text/html").querySelector(".problem");
  tell(told ? told.textContent : "That did not work. Load the page again.");
});
