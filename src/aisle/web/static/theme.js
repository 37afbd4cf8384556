// Light or dark: what was chosen here before, else what the system prefers. Runs before the first paint.
const root = document.documentElement;
const wanted = matchMedia("(prefers-color-scheme: dark)");

function show(theme) {
  root.dataset.bsTheme = theme;
}

show(localStorage.getItem("aisle-theme") ?? (wanted.matches ? "dark" : "light"));

document.addEventListener("DOMContentLoaded", () => {
  const button = document.getElementById("theme");
  if (!button) return; // a page outside of the shop, such as one of an error
  const press = () => button.setAttribute("aria-pressed", root.dataset.bsTheme === "dark");
  button.hidden = false;
  press();
  button.addEventListener("click", () => {
    show(root.dataset.bsTheme === "dark" ? "light" : "dark");
    localStorage.setItem("aisle-theme", root.dataset.bsTheme);
    press();
  });
});
