/* Search: every section's text is on the page, so a number, a formula or half a word is found. */
"use strict";

const MOST = 40;
const query = document.getElementById("query");
const found = document.getElementById("found");
const results = document.getElementById("results");

/* Signs that look alike are alike, and so are small and capital letters; the length stays. */
const SAME = { "∗": "*", "−": "-", "–": "-", "’": "'", "“": '"', "”": '"', "×": "x", "·": "*" };
const alike = (text) => text.toLowerCase().replace(/[∗−–’“”×·]/g, (sign) => SAME[sign]);

const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/* What was typed, as it stands, with or without spaces and hyphens between its signs. */
function phrase(text) {
  const signs = text.match(/[\p{L}\p{N}_]+|[^\s-]/gu) ?? [];
  const whole = signs.map(escaped).join("[\\s-]*");
  const border = (sign) => (/[\p{L}\p{N}]/u.test(sign ?? "") ? "(?<![\\p{L}\\p{N}])" : "");
  return new RegExp(border(signs[0]?.[0]) + whole, "u");
}

/* A word matches where it begins another one, a number only where it stands alone. */
function word(text) {
  const end = /^\d+$/.test(text) ? "(?!\\d)" : "";
  return new RegExp(`(?<![\\p{L}\\p{N}])${escaped(text)}${end}`, "u");
}

const PREPARED = ENTRIES.map(([address, page, heading, text]) => ({
  address, page, heading, text, plainHeading: alike(heading), plainText: alike(text),
}));

function search(typed) {
  const plain = alike(typed.trim());
  if (!/[^\s-]/.test(plain)) return [];
  const whole = phrase(plain);
  const words = (plain.match(/[\p{L}\p{N}_]{2,}/gu) ?? []).map(word);
  const hits = [];
  for (const entry of PREPARED) {
    const inHeading = whole.test(entry.plainHeading);
    const place = entry.plainText.search(whole);
    const all = words.length > 1 && words.every((w) => w.test(entry.plainHeading) || w.test(entry.plainText));
    if (!inHeading && place < 0 && !all) continue;
    const exact = entry.plainHeading.match(whole)?.[0] === entry.plainHeading;
    const named = words.filter((w) => w.test(entry.plainHeading)).length;
    const score = 100 * exact + 20 * inHeading + 10 * (place >= 0) + named;
    hits.push({ entry, score, place: place >= 0 ? place : entry.plainText.search(words[0] ?? whole) });
  }
  return hits.sort((a, b) => b.score - a.score);
}

function item({ entry, place }, whole) {
  const line = document.createElement("li");
  const link = document.createElement("a");
  link.href = entry.address;
  link.textContent = entry.heading;
  const where = document.createElement("span");
  where.textContent = entry.heading === entry.page ? "" : ` in ${entry.page}`;
  const excerpt = document.createElement("p");
  const start = Math.max(0, entry.text.lastIndexOf(" ", Math.max(0, place - 60)));
  const piece = entry.text.slice(start, start + 220);
  const match = whole.exec(alike(piece));
  if (match) {
    const mark = document.createElement("mark");
    mark.textContent = piece.slice(match.index, match.index + match[0].length);
    excerpt.append(piece.slice(0, match.index), mark, piece.slice(match.index + match[0].length));
  } else {
    excerpt.textContent = piece;
  }
  line.append(link, where, excerpt);
  return line;
}

function update() {
  const hits = search(query.value);
  const whole = phrase(alike(query.value.trim()));
  const count = hits.length === 1 ? "1 place" : `${hits.length} places`;
  const few = hits.length > MOST ? `, the first ${MOST}` : "";
  found.textContent = query.value.trim() ? `${count}${few}` : "";
  results.replaceChildren(...hits.slice(0, MOST).map((hit) => item(hit, whole)));
  if (location.protocol !== "file:") {  // so that the way back leads to what was found
    history.replaceState(null, "", query.value ? `?q=${encodeURIComponent(query.value)}` : "?");
  }
}

query.value = new URLSearchParams(location.search).get("q") ?? "";
query.addEventListener("input", update);
update();
query.focus();
