// @ts-check

/**
 * The powers of ten around some values.
 *
 * @param {readonly number[]} values greater than 0
 */
export function powersOfTen(values) {
  const first = Math.floor(Math.log10(Math.min(...values)));
  const last = Math.ceil(Math.log10(Math.max(...values)));
  return Array.from({ length: last - first + 1 }, (_, index) => 10 ** (first + index));
}

/**
 * Round numbers from 0 to at least some value, about five.
 *
 * @param {number} value greater than 0
 */
export function roundNumbers(value) {
  const power = 10 ** Math.floor(Math.log10(value / 5));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power * 5 >= value) ?? 10);
  return Array.from({ length: Math.ceil(value / step) + 1 }, (_, index) => index * step);
}
