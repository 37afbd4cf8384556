// The page works without this file. It lets a card be dragged to the place of another one, which locks it there.

let dragged = null;

document.addEventListener("dragstart", (event) => {
  dragged = event.target.closest?.(".place");
  if (dragged) event.dataTransfer.setData("text/plain", dragged.dataset.place);
});

document.addEventListener("dragover", (event) => {
  if (dragged && event.target.closest(".place")) event.preventDefault();
});

document.addEventListener("drop", (event) => {
  const target = event.target.closest(".place");
  if (!dragged || !target) return;
  event.preventDefault();
  const form = dragged.querySelector(".place-steps");
  form.elements.place.value = target.dataset.place;
  form.requestSubmit(form.querySelector('[value="lock"]'));
});

document.addEventListener("dragend", () => { dragged = null; });
