/**
 * The script of the page. It searches: it compares the words of the query with the names and comments on the page, and lists
 * links. What it shows, it sets as text. It also shows the middle of the picture.
 */
export const SCRIPT = `
const nav = document.getElementById('contents');
const search = document.getElementById('search');
const query = document.getElementById('query');
const count = document.getElementById('count');
const results = document.getElementById('results');
const list = document.getElementById('list');
const MOST = 100;

// Every object and every member of one has an id, and its first link is its name.
const nameOf = (element) => element.querySelector('a').textContent;
const readEntries = () => [...document.querySelectorAll('main section section[id], main tr[id]')].map((element) => {
  const section = element.closest('section');
  const isMember = element !== section;
  const name = nameOf(element);
  const where = isMember
    ? element.id.split('/')[0] + ' of ' + nameOf(section)
    : section.querySelector('h3 .label').textContent;
  const texts = isMember ? [element] : [...element.querySelectorAll('h3, .meaning, .values')];
  const text = [where, ...texts.map(({ textContent }) => textContent)].join(' ').toLowerCase();
  return { id: element.id, name, where, own: name.toLowerCase(), text };
});
let entries = null;

// A name that begins with the query comes first, then a name that contains it, then a comment.
const rank = ({ own }, text) => (own === text ? 0 : own.startsWith(text) ? 1 : own.includes(text) ? 2 : 3);

function show() {
  const text = query.value.trim().toLowerCase();
  const words = text.split(/\\s+/);
  entries ??= readEntries();
  const found = entries
    .filter((entry) => words.every((word) => entry.text.includes(word)))
    .sort((a, b) => rank(a, text) - rank(b, text));
  list.hidden = text !== '';
  count.textContent = text === '' ? '' : found.length === 0 ? 'Nothing found' : found.length + ' found';
  results.replaceChildren(...(text === '' ? [] : found.slice(0, MOST)).map(link));
}

function link({ id, name, where }) {
  const item = document.createElement('li');
  const anchor = item.appendChild(document.createElement('a'));
  anchor.href = '#' + id;
  const code = document.createElement('code');
  code.append(...name.split(/(?<=_)/).flatMap((part) => [part, document.createElement('wbr')]));
  anchor.append(code, Object.assign(document.createElement('span'), { className: 'more', textContent: where }));
  return item;
}

function moveFocus(step) {
  const links = [query, ...results.querySelectorAll('a')];
  const next = links[links.indexOf(document.activeElement) + step];
  if (next) next.focus();
}

// The picture has most tables in its middle.
const picture = document.querySelector('.picture');
if (picture) {
  picture.scrollTo((picture.scrollWidth - picture.clientWidth) / 2, (picture.scrollHeight - picture.clientHeight) / 2);
}

search.hidden = false;
query.addEventListener('input', show);
search.addEventListener('keydown', (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const first = results.querySelector('a');
  if (step) moveFocus(step);
  else if (event.key === 'Enter' && event.target === query && first) first.click();
  else return;
  event.preventDefault();
});
document.addEventListener('keydown', (event) => {
  if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || event.target === query) return;
  event.preventDefault();
  if (query.offsetParent === null) nav.showPopover();
  query.select();
  query.focus();
});
nav.addEventListener('click', (event) => {
  if (event.target.closest('a') && nav.matches(':popover-open')) nav.hidePopover();
});
`;
