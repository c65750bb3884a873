// @ts-check

/**
 * The median of some values.
 *
 * @param {readonly number[]} values
 */
export function median(values) {
  return quantile(values, 0.5);
}

/**
 * The value below which a given share of the values lies, interpolated between two of them if necessary.
 *
 * @param {readonly number[]} values
 * @param {number} share from 0 to 1
 * @returns {number} NaN if there are no values
 */
export function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  const position = (sorted.length - 1) * share;
  const [low = Number.NaN, high = low] = [sorted[Math.floor(position)], sorted[Math.ceil(position)]];
  return low + (high - low) * (position - Math.floor(position));
}

/**
 * The median of some ratios, with their quartiles in brackets.
 *
 * @param {readonly number[]} ratios
 */
export function formatRatio(ratios) {
  const digits = median(ratios) < 10 ? 2 : 0;
  const [low, middle, high] = [0.25, 0.5, 0.75].map((share) => quantile(ratios, share).toFixed(digits));
  return `${middle} (${low}–${high})`;
}
