/* What every page does: the quiz answers, terms show their definitions, wide things scroll by key. */
"use strict";

/* ---- The quiz: each option shows its explanation; the first answer to a question counts. */

function answer(button) {
  const question = button.closest("fieldset");
  const right = button.dataset.right === "true";
  for (const other of question.querySelectorAll("button")) other.setAttribute("aria-pressed", "false");
  button.setAttribute("aria-pressed", "true");
  question.dataset.first ??= String(right);
  const feedback = question.querySelector("[role=status]");
  feedback.className = right ? "right" : "wrong";
  feedback.textContent = `${right ? "✓" : "✗"} ${button.dataset.feedback}`;
  score(question.closest(".quiz"));
}

function score(quiz) {
  const questions = [...quiz.querySelectorAll("fieldset")];
  if (!questions.every((question) => question.dataset.first)) return;
  const right = questions.filter((question) => question.dataset.first === "true").length;
  quiz.querySelector(".score").textContent = `${right} of ${questions.length} right at the first try.`;
}

for (const button of document.querySelectorAll(".quiz button")) {
  button.addEventListener("click", () => answer(button));
}

/* ---- Terms: the definition beside the link, on hover, focus or the first tap; Escape closes it. */

const bubble = document.createElement("div");
bubble.id = "definition";
bubble.setAttribute("role", "tooltip");
bubble.hidden = true;
document.body.append(bubble);
let shown = null;

function define(link) {
  if (shown === link) return;
  hide();
  shown = link;
  bubble.textContent = link.dataset.definition;
  bubble.hidden = false;
  link.setAttribute("aria-describedby", bubble.id);
  const place = link.getClientRects()[0];
  const left = Math.min(place.left, document.documentElement.clientWidth - bubble.offsetWidth - 8);
  const below = place.bottom + bubble.offsetHeight + 8 < innerHeight;
  bubble.style.left = `${Math.max(8, left) + scrollX}px`;
  bubble.style.top = `${(below ? place.bottom : place.top - bubble.offsetHeight) + scrollY}px`;
}

function hide() {
  shown?.removeAttribute("aria-describedby");
  shown = null;
  bubble.hidden = true;
}

for (const link of document.querySelectorAll("a.term")) {
  link.dataset.definition = link.title;
  link.removeAttribute("title");
  link.addEventListener("pointerenter", (event) => event.pointerType === "mouse" && define(link));
  link.addEventListener("pointerleave", (event) => {
    if (event.pointerType === "mouse" && event.relatedTarget !== bubble) hide();
  });
  link.addEventListener("focus", () => link.matches(":focus-visible") && define(link));
  link.addEventListener("blur", hide);
  link.addEventListener("click", (event) => {
    if (event.pointerType !== "touch" || shown === link) return;
    event.preventDefault();
    define(link);
  });
}
bubble.addEventListener("pointerleave", hide);
addEventListener("keydown", (event) => event.key === "Escape" && hide());
addEventListener("pointerdown", (event) => {
  if (!bubble.hidden && !event.target.closest("a.term, #definition")) hide();
});

/* ---- Furo leaves its two side bars without a name; a screen reader tells them apart by it. */

document.querySelector(".sidebar-drawer")?.setAttribute("aria-label", "The course");
document.querySelector(".toc-drawer")?.setAttribute("aria-label", "On this page");

/* ---- What is wider than the page can be scrolled with the keyboard, too. */

function letScroll() {
  for (const wide of document.querySelectorAll("pre, .table-wrapper, .math-wrapper, .toc-scroll")) {
    const scrolls = wide.scrollWidth > wide.clientWidth || wide.scrollHeight > wide.clientHeight;
    if (scrolls) wide.tabIndex = 0;
    else wide.removeAttribute("tabindex");
  }
}

letScroll();
addEventListener("resize", letScroll);
addEventListener("toggle", letScroll, true);
