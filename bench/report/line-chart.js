// @ts-check

/**
 * An axis. Its ticks are marked, and the first and the last are its ends.
 *
 * @typedef {{ label: string, ticks: readonly number[], isLogarithmic: boolean }} Axis
 */

/**
 * A line, with the points from left to right.
 *
 * @typedef {{ name: string, points: readonly (readonly [number, number])[] }} Line
 */

const WIDTH = 760;
const HEIGHT = 400;
const LEFT = 108;
const RIGHT = 190;
const TOP = 56;
const BOTTOM = 62;
/** The height of a line's label, which has two lines of text. */
const LABEL_HEIGHT = 38;
/** Colours that differ in lightness too, on the white background that the picture brings. */
const COLORS = ['#0b5cad', '#c2410c', '#4b5563'];
const MARKS = [
  (/** @type {number} */ x, /** @type {number} */ y) => `<circle cx="${x}" cy="${y}" r="5"/>`,
  (/** @type {number} */ x, /** @type {number} */ y) =>
    `<rect x="${x - 4.5}" y="${y - 4.5}" width="9" height="9"/>`,
  (/** @type {number} */ x, /** @type {number} */ y) => `<path d="M${x} ${y - 6} l6 10 h-12 z"/>`,
];

/**
 * Draws a chart of at most three lines. Each has its name and last value at its end, in place of a legend.
 *
 * @param {{ title: string, x: Axis, y: Axis, lines: readonly Line[] }} chart
 * @returns {string} SVG
 */
export function lineChart({ title, x, y, lines }) {
  const right = WIDTH - RIGHT;
  const bottom = HEIGHT - BOTTOM;
  const toX = scale(x, LEFT, right);
  const toY = scale(y, bottom, TOP);
  const labels = labelPositions(lines.map(({ points }) => toY(points.at(-1)?.[1] ?? 0)));
  const drawn = lines.map(({ name, points }, index) => {
    const places = points.map(([valueX, valueY]) => /** @type {const} */ ([toX(valueX), toY(valueY)]));
    const line = places.map(([placeX, placeY]) => `${placeX},${placeY}`).join(' ');
    const marks = places.map(([placeX, placeY]) => MARKS[index]?.(placeX, placeY)).join('');
    const top = labels[index] ?? 0;
    return `<g fill="${COLORS[index]}"><polyline points="${line}" fill="none" stroke="${COLORS[index]}" stroke-width="2.5"/>${marks}
<text x="${right + 14}" y="${round(top + 14)}" class="name">${escapeXml(name)}</text>
<text x="${right + 14}" y="${round(top + 32)}">${format(points.at(-1)?.[1] ?? 0)}</text></g>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img">
<title>${escapeXml(title)}</title>
<style>
text { font: 15px system-ui, -apple-system, 'Segoe UI', Roboto, 'Liberation Sans', sans-serif } .title { font-size: 17px; font-weight: 600 } .name { font-weight: 600 }
</style>
<rect width="100%" height="100%" rx="8" fill="#ffffff"/>
<g fill="#1f2937"><text x="20" y="32" class="title">${escapeXml(title)}</text>
${y.ticks.map((tick) => `<path d="M${LEFT} ${toY(tick)} H${right}" stroke="#e5e7eb"/><text x="${LEFT - 10}" y="${round(toY(tick) + 5)}" text-anchor="end">${format(tick)}</text>`).join('\n')}
${x.ticks.map((tick) => `<text x="${toX(tick)}" y="${bottom + 24}" text-anchor="middle">${format(tick)}</text>`).join('\n')}
<path d="M${LEFT} ${bottom} H${right}" stroke="#6b7280"/>
<text x="${(LEFT + right) / 2}" y="${HEIGHT - 14}" text-anchor="middle">${escapeXml(x.label)}</text>
<text transform="translate(20 ${(TOP + bottom) / 2}) rotate(-90)" text-anchor="middle">${escapeXml(y.label)}</text></g>
${drawn.join('\n')}
</svg>
`;
}

/**
 * @param {Axis} axis
 * @param {number} start where its first tick is
 * @param {number} end where its last tick is
 * @returns {(value: number) => number}
 */
function scale({ ticks, isLogarithmic }, start, end) {
  const transform = isLogarithmic ? Math.log : (/** @type {number} */ value) => value;
  const [low, high] = [transform(ticks[0] ?? 0), transform(ticks.at(-1) ?? 1)];
  return (value) => round(start + ((transform(value) - low) / (high - low)) * (end - start));
}

/**
 * The tops of labels beside these places, moved down where two would overlap.
 *
 * @param {readonly number[]} places
 * @returns {number[]} in the same order
 */
function labelPositions(places) {
  const tops = places.map((place) => place - LABEL_HEIGHT / 2);
  const order = [...places.keys()].sort((a, b) => (places[a] ?? 0) - (places[b] ?? 0));
  let free = Number.NEGATIVE_INFINITY;
  for (const index of order) {
    tops[index] = Math.max(tops[index] ?? 0, free);
    free = tops[index] + LABEL_HEIGHT;
  }
  return tops;
}

const round = (/** @type {number} */ value) => Math.round(value * 10) / 10;
const format = (/** @type {number} */ value) => value.toLocaleString('en', { maximumFractionDigits: 0 });
const escapeXml = (/** @type {string} */ text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
