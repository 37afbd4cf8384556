// Shelves for any page, and what shoppers do there: see docs/widget.md.
(() => {
"use strict";
const settings = document.currentScript.dataset, server = new URL(document.currentScript.src).origin;
const BATCH = 50, MOST = 500, SEEN_MS = 1000, LONGEST_MS = 60000, KEPT_MS = 7 * 86400000;
const hex = (byte) => byte.toString(16).padStart(2, "0");
const random = () => [...crypto.getRandomValues(new Uint8Array(16))].map(hex).join("");
const element = (tag, textContent, className = "") =>
  Object.assign(document.createElement(tag), { textContent, className });

// What the browser keeps: nothing before consent if the shop wants that.
const disk = (act) => { try { return act(localStorage); } catch { return null; } };
const read = (name) => disk((all) => all.getItem("aisle:" + name));
let agreed = settings.consent !== "required" || read("consent") === "yes";
const keep = (name, value) => agreed && disk((all) => all.setItem("aisle:" + name, value));
const forget = (name) => disk((all) => all.removeItem("aisle:" + name));
const kept = () => disk((all) => Object.keys(all).flatMap((name) => name.split(/^aisle:/)[1] ?? [])) || [];
let session = (agreed && read("session")) || random();
keep("session", session);

// What shoppers do waits here until the server has it; each event has an id, so none is stored twice.
const queue = new Map();
for (const name of agreed ? kept().filter((name) => name.startsWith("event:")) : []) {
  const entry = disk(() => JSON.parse(read(name)));
  if (entry && Date.now() - entry.event.timestamp < KEPT_MS) queue.set(name.slice(6), entry);
  else forget(name);
}
let identity = { key: settings.key, user_token: settings.userToken };
let sending = false, failures = 0, timer = 0;

function track(event, from = identity) {
  if (!from.key) throw new Error("aisle: the script has no data-key, and the page no <aisle-shelf key>");
  const entry = { ...from, event: { event_id: random(), session_id: session, timestamp: Date.now(), ...event } };
  queue.set(entry.event.event_id, entry);
  keep("event:" + entry.event.event_id, JSON.stringify(entry));
  if (queue.size > MOST) drop([queue.keys().next().value]);
  soon(100);
}

function drop(ids) {
  for (const id of ids) { queue.delete(id); forget("event:" + id); }
}

function next(handed = new Set()) {
  const rest = [...queue.values()].filter(({ event }) => !handed.has(event.event_id)), { key, user_token } = rest[0];
  const alike = rest.filter((entry) => entry.key === key && entry.user_token === user_token).slice(0, BATCH);
  const events = alike.map(({ event }) => event);
  // A text that holds the key: a browser sends it to another site without asking first.
  return [events.map((event) => event.event_id), JSON.stringify({ key, user_token, events })];
}

function soon(wait) {
  if (!sending && !timer && agreed) timer = setTimeout(send, wait);
}

async function send() {
  timer = 0;
  if (sending || !agreed || !queue.size) return;
  sending = true;
  const [ids, body] = next();
  const answer = await fetch(server + "/api/events", { method: "POST", keepalive: true, body }).catch(() => null);
  sending = false;
  if ([401, 403].includes(answer?.status)) return; // a later page may have a valid key
  if (!answer || answer.status >= 500 || [408, 429].includes(answer.status)) {
    const asked = 1000 * answer?.headers.get("Retry-After") || 500 * 2 ** failures++;
    return soon(Math.min(LONGEST_MS, asked) * (0.75 + Math.random() / 2));
  }
  drop(ids);
  failures = 0;
  if (queue.size) soon(0);
}

// No answer reaches a page that is left: what it hands over stays, and the next page sends it again.
addEventListener("pagehide", () => {
  const handed = new Set();
  while (agreed && handed.size < queue.size) {
    const [ids, body] = next(handed);
    if (!navigator.sendBeacon(server + "/api/events", body)) break;
    ids.forEach((id) => handed.add(id));
  }
});
addEventListener("online", () => { clearTimeout(timer); send(); });

function consent(given) {
  agreed = given || settings.consent !== "required";
  if (given) {
    for (const [id, entry] of queue) keep("event:" + id, JSON.stringify(entry));
    keep("consent", "yes");
    keep("session", session);
    return soon(0);
  }
  kept().forEach(forget);
  queue.clear();
  session = random();
}

// Events of a GA4 data layer, one of each item; an order's once, however often its page loads.
const GA4 = ["view_item", "select_item", "add_to_cart", "remove_from_cart", "add_to_wishlist", "purchase", "refund"];

function fromLayer(entry) {
  const [event, given] = entry?.[0] === "event" ? [entry[1], entry[2]] : [entry?.event, entry?.ecommerce];
  if (!GA4.includes(event) || !Array.isArray(given?.items)) return;
  given.items.forEach((item, place) => {
    const { transaction_id, currency } = given, { item_id, price, quantity } = item;
    const order = transaction_id && { transaction_id, event_id: [event, transaction_id, place].join(":") };
    track({ event, item_id, price, quantity, currency: price === undefined ? undefined : currency, ...order });
  });
}

if (settings.layer) {
  const layer = (window[settings.layer] ||= []), push = layer.push;
  layer.forEach(fromLayer);
  layer.push = (...entries) => { entries.forEach(fromLayer); return push.apply(layer, entries); };
}

// The shelves of a page are asked for at once, and no item stands on two of them.
const waiting = new Set();

function ask(shelf) {
  if (!waiting.size) setTimeout(fillAll);
  waiting.add(shelf);
}

async function fillAll() {
  const groups = [], shown = [];
  for (const shelf of document.querySelectorAll("aisle-shelf")) {
    if (!waiting.has(shelf)) continue;
    const goesWith = ({ about, placement, item }) =>
      about === shelf.about && placement !== shelf.placement && (!item || !shelf.item || item === shelf.item);
    groups.find((group) => group.every(goesWith))?.push(shelf) ?? groups.push([shelf]);
  }
  waiting.clear();
  for (const group of groups) await fill(group, shown);
}

async function fill(shelves, exclude_ids) {
  const [{ identity: { key, user_token }, cart }] = shelves;
  const headers = { "Content-Type": "application/json", Authorization: "Bearer " + key };
  if (user_token) headers["X-Aisle-User"] = user_token;
  try {
    const all = (name) => shelves.map((shelf) => shelf[name]);
    const body = JSON.stringify({ placements: all("placement"), n: Math.max(...all("length")), item_id: all("item").find(Boolean),
      session_id: session, cart: JSON.parse(cart), exclude_ids, explain: true });
    const answer = await fetch(server + "/api/page", { method: "POST", headers, body });
    const page = await answer.json();
    if (!answer.ok) throw new Error(page.detail);
    page.shelves.forEach((filled, place) => exclude_ids.push(...shelves[place].show(filled)));
  } catch (error) { shelves.forEach((shelf) => shelf.fail(error)); }
}

const seen = new IntersectionObserver((entries) => entries.forEach(({ target, isIntersecting }) => {
  clearTimeout(target.timer);
  const note = () => { seen.unobserve(target); target.note("view_item_list"); };
  if (isIntersecting) target.timer = setTimeout(note, SEEN_MS);
}), { threshold: 0.5 });

const sheet = new CSSStyleSheet();
sheet.replaceSync(`
:host { display: block; font: var(--aisle-font, inherit); color: var(--aisle-color, inherit) }
:host([hidden]) { display: none }
h2 { margin: 0 0 .6em }
ul { display: flex; gap: var(--aisle-gap, 1rem); margin: 0; padding: 0 0 .5rem; list-style: none; overflow: auto }
.grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(var(--aisle-card, 11rem), 1fr)) }
li { flex: 0 0 var(--aisle-card, 11rem); min-width: 0 }
a { display: grid; gap: .3em; color: inherit; text-decoration: none }
:focus-visible { outline: 3px solid var(--aisle-accent, #2563eb) }
img, .blank { width: 100%; aspect-ratio: 1; object-fit: cover; border-radius: var(--aisle-radius, .5rem); background: #8883 }
.blank { margin-bottom: 6em }
span { unicode-bidi: isolate; overflow-wrap: anywhere }
.reason { font-size: .85em; opacity: .75 }
button { font: inherit; margin-top: .4em; padding: .4em .8em; border: 0; border-radius: .5em; color: #fff;
background: var(--aisle-accent, #2563eb) }`);

function address(text) { // no script
  try { return /^https?:$/.test(new URL(text, location).protocol) ? text : ""; } catch { return ""; }
}

function money({ price, currency }) {
  const language = document.documentElement.lang || undefined;
  try { return price?.toLocaleString(language, currency ? { style: "currency", currency } : {}); } catch { return price; }
}

function paint(image, item) {
  const drawn = `${server}/picture.svg?item_id=${encodeURIComponent(item.item_id)}`;
  image.onerror = () => { image.onerror = null; image.src = drawn; };
  image.src = address(item.image_url) || drawn;
}

customElements.define("aisle-shelf", class extends HTMLElement {
  static observedAttributes = ["key", "user-token", "placement", "item-id", "cart", "n"];
  of(name, usual) { return this.getAttribute(name) || usual; }
  get identity() { return { key: this.of("key", settings.key), user_token: this.of("user-token", settings.userToken) }; }
  get placement() { return this.of("placement", "recommended-for-you"); }
  get item() { return this.of("item-id"); }
  get cart() { return this.of("cart", "[]"); }
  get length() { return Number(this.of("n", 10)); }
  get about() { return JSON.stringify([this.identity, this.cart]); }

  connectedCallback() {
    if (!identity.key) identity = this.identity;
    if (!this.shadowRoot) {
      this.attachShadow({ mode: "open" }).adoptedStyleSheets = [sheet];
      this.arrange(Array.from({ length: this.length }, () => element("div", "", "blank")));
    }
    ask(this);
  }
  attributeChangedCallback() { if (this.isConnected && this.shadowRoot) ask(this); }

  arrange(cards) {
    const list = element("ul", "", this.of("layout", "carousel")), heading = this.of("heading");
    for (const card of cards) { list.append(element("li")); list.lastChild.append(card); }
    this.shadowRoot.replaceChildren(...(heading ? [element("h2", heading)] : []), list);
    return [...list.children];
  }

  show({ recommendation_id, items }) {
    items = items.slice(0, this.length);
    this.hidden = !items.length;
    this.arrange(items.map((item) => this.card(item))).forEach((place, number) => {
      const item = items[number];
      place.part = "card";
      place.note = (event) => track({ event, item_id: item.item_id, recommendation_id }, this.identity);
      place.onclick = place.onauxclick = (click) => {
        if (click.button > 1) return;
        const added = click.target.closest("[data-add]");
        place.note(added ? "add_to_cart" : "select_item");
        if (!this.tell(added ? "aisle-add" : "aisle-select", item)) click.preventDefault();
      };
      seen.observe(place);
    });
    this.tell("aisle-filled", items);
    return items.map((item) => item.item_id);
  }

  card(item) {
    const own = this.querySelector("template")?.content.cloneNode(true);
    if (!own) return this.usual(item);
    const texts = { ...item, price: money(item) };
    own.querySelectorAll("[data-text]").forEach((part) => { part.textContent = texts[part.dataset.text] ?? ""; });
    own.querySelectorAll("img").forEach((image) => paint(image, item));
    own.querySelectorAll("a").forEach((link) => { link.href = address(item.url); });
    return own;
  }

  usual(item) {
    const card = element("div"), link = element("a"), image = element("img"), label = this.of("add-label");
    if (address(item.url)) link.href = item.url;
    image.alt = "";
    paint(image, item);
    link.append(image, element("span", item.name), element("b", money(item)));
    if (item.reason) link.append(element("span", item.reason, "reason"));
    card.append(link);
    if (label) card.append(Object.assign(element("button", label), { ariaLabel: `${label}: ${item.name}` }));
    if (label) card.lastChild.dataset.add = "";
    return card;
  }

  tell(name, detail) { return this.dispatchEvent(new CustomEvent(name, { bubbles: true, cancelable: true, detail })); }
  fail({ message }) { this.hidden = true; this.tell("aisle-failed", message); }
});

window.aisle = { track, consent, refresh: () => document.querySelectorAll("aisle-shelf").forEach(ask) };
soon(0);
})();
