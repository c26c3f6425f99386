/* The front page's picture: a window of 3×3 slides over a digit and writes a feature map.

   The digit is the fourth of scikit-learn's, its greys rounded to 0 … 9. It walks by itself until
   somebody touches it, and not at all where motion is unwanted. */
"use strict";

const DIGIT = [
  [0, 0, 4, 8, 7, 1, 0, 0],
  [0, 4, 7, 3, 8, 2, 0, 0],
  [0, 1, 1, 7, 7, 0, 0, 0],
  [0, 0, 1, 8, 6, 1, 0, 0],
  [0, 0, 0, 1, 7, 7, 1, 0],
  [0, 0, 0, 0, 1, 6, 4, 0],
  [0, 0, 4, 2, 3, 8, 5, 0],
  [0, 0, 4, 7, 7, 5, 0, 0],
];
const KERNELS = {
  vertical: [[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]],
  horizontal: [[-1, -1, -1], [0, 0, 0], [1, 1, 1]],
  blur: [[1, 1, 1], [1, 1, 1], [1, 1, 1]],
};
const PLACES = DIGIT.length - 2;

const part = (name) => document.querySelector(`#sliding-window [data-part=${name}]`);
const signed = (value) => (value < 0 ? `−${-value}` : `${value}`);

/* Return the products of the window at (row, column) with the kernel, and their sum. */
function convolve(kernel, row, column) {
  const products = kernel.flatMap((weights, i) =>
    weights.map((weight, j) => [DIGIT[row + i][column + j], weight]));
  return { products, sum: products.reduce((sum, [pixel, weight]) => sum + pixel * weight, 0) };
}

/* Fill a table with values; colour(value) gives a cell's background. */
function draw(name, values, inFrame, colour) {
  part(name).replaceChildren(...values.map((row, r) => {
    const line = document.createElement("tr");
    line.append(...row.map((value, c) => {
      const cell = document.createElement("td");
      cell.textContent = value === null ? "" : signed(value);
      cell.className = inFrame(r, c) ? "framed" : "";
      cell.style.background = value === null ? "" : colour(value);
      cell.style.color = "#000";
      return cell;
    }));
    return line;
  }));
}

/* Blue for positive, orange for negative values, white for 0. */
function diverging(largest) {
  return (value) => {
    const strength = Math.round((60 * Math.abs(value)) / largest);
    return `color-mix(in srgb, ${value < 0 ? "#e69f00" : "#56b4e9"} ${strength}%, #fff)`;
  };
}

function show() {
  const kernel = KERNELS[part("kernel-name").value];
  const row = Number(part("row").value);
  const column = Number(part("column").value);
  const map = Array.from({ length: PLACES }, (_, r) =>
    Array.from({ length: PLACES }, (_, c) => convolve(kernel, r, c).sum));
  const largest = Math.max(...map.flat().map(Math.abs));
  const near = (r, c) => r >= row && r < row + 3 && c >= column && c < column + 3;
  draw("digit", DIGIT, near, (value) => `hsl(0 0% ${100 - 5 * value}%)`);
  draw("kernel", kernel, () => false, diverging(1.5));
  draw("map", map, (r, c) => r === row && c === column, diverging(largest));
  const { products, sum } = convolve(kernel, row, column);
  const terms = products.map(([pixel, weight]) =>
    `${pixel}·${weight < 0 ? `(${signed(weight)})` : weight}`);
  part("sum").textContent = `${terms.join(" + ")} = ${signed(sum)}`;
}

function step() {
  const row = part("row");
  const column = part("column");
  const next = (Number(row.value) * PLACES + Number(column.value) + 1) % (PLACES * PLACES);
  row.value = Math.floor(next / PLACES);
  column.value = next % PLACES;
  show();
}

let timer = null;

function walk(on) {
  clearInterval(timer);
  timer = on ? setInterval(step, 900) : null;
  part("walk").textContent = on ? "Stop" : "Let it slide";
}

for (const name of ["row", "column", "kernel-name"]) {
  part(name).addEventListener("input", () => {
    if (name !== "kernel-name") walk(false);
    show();
  });
}
part("walk").addEventListener("click", () => walk(timer === null));
part("map").addEventListener("pointerover", (event) => {
  const cell = event.target.closest("td");
  if (!cell) return;
  walk(false);
  part("row").value = cell.parentElement.rowIndex;
  part("column").value = cell.cellIndex;
  show();
});
show();
walk(!matchMedia("(prefers-reduced-motion: reduce)").matches);
