// @ts-nocheck: these functions run in a browser, whose names the compiler does not know here.
// Each uses nothing from outside of itself.

/**
 * By how many pixels the page is wider than its window.
 *
 * @returns {number}
 */
export function overflow() {
  return document.documentElement.scrollWidth - window.innerWidth;
}

/**
 * The fragment of the address, and whether its target can be seen.
 *
 * @returns {readonly [hash: string, isInView: boolean]}
 */
export function target() {
  const hash = decodeURIComponent(location.hash);
  const element = document.getElementById(hash.slice(1));
  const { left = 0, top = 0 } = element?.getBoundingClientRect() ?? {};
  // Nothing covers its first line.
  return [hash, element?.contains(document.elementFromPoint(left + 10, top + 10)) === true];
}

/**
 * Numbers the elements that the Tab key should reach, and returns the numbers.
 *
 * @returns {string[]}
 */
export function numberFocusable() {
  const elements = [...document.querySelectorAll('a, button, input, summary, [tabindex]')].filter(
    // Of the buttons of a choice, the key reaches the chosen one; arrow keys reach the others.
    (element) => element.checkVisibility() && !element.matches('[type=radio]:not(:checked)'),
  );
  return elements.map((element, index) => {
    element.setAttribute('data-number', String(index));
    return String(index);
  });
}

/**
 * The number of the element that has the focus, and whether it shows that.
 *
 * @returns {string}
 */
export function numberOfFocus() {
  const element = document.activeElement;
  const hasOutline = getComputedStyle(element).outlineStyle !== 'none';
  return `${element.getAttribute('data-number')}${hasOutline ? '' : ` without an outline: ${element.outerHTML}`}`;
}

/**
 * Whether the focus is in an element.
 *
 * @param {string} selector
 * @returns {boolean}
 */
export function isFocusIn(selector) {
  return document.activeElement.closest(selector) !== null;
}

/**
 * The headings that are empty, or more than one level below the heading before them.
 *
 * @returns {string[]}
 */
export function headingFaults() {
  let last = 0;
  return [...document.querySelectorAll('h1, h2, h3, h4, h5, h6')].flatMap((heading) => {
    const level = Number(heading.tagName.slice(1));
    const isFault = level > last + 1 || (level === 1) !== (last === 0) || heading.textContent.trim() === '';
    last = level;
    return isFault ? [`${heading.tagName} ${heading.textContent}`] : [];
  });
}

/**
 * The texts whose contrast with their background is below 4.5, each style once.
 *
 * @returns {string[]}
 */
export function contrastFaults() {
  const numbers = (color) => (color.match(/[\d.]+/g) ?? []).map(Number);
  const luminance = (color) => {
    const [red, green, blue] = numbers(color).map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const contrast = (one, other) => {
    const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
    return (light + 0.05) / (dark + 0.05);
  };
  const backgroundOf = (element) => {
    if (element === null) return 'rgb(255, 255, 255)';
    const color = getComputedStyle(element).backgroundColor;
    return (numbers(color)[3] ?? 1) === 1 ? color : backgroundOf(element.parentElement);
  };
  const head =
    document.querySelector('svg a')?.previousElementSibling ?? document.querySelector('svg a polygon');
  const faults = [...document.querySelectorAll('body *')].flatMap((element) => {
    const hasText = [...element.childNodes].some(
      (node) => node.nodeType === 3 && node.textContent.trim() !== '',
    );
    if (!hasText || !element.checkVisibility() || element.matches('script, style')) return [];
    const { color, fill } = getComputedStyle(element);
    const ink = element.closest('svg') === null ? color : fill;
    const paper = element.closest('svg a') === null ? backgroundOf(element) : getComputedStyle(head).fill;
    const value = contrast(ink, paper);
    return value < 4.5
      ? [`${value.toFixed(2)} ${element.tagName} ${element.className} ${ink} on ${paper}`]
      : [];
  });
  return [...new Set(faults)];
}
