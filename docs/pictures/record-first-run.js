// Records what a newcomer sees, as docs/pictures/first-run.svg: clones the repository into a temporary folder, runs the
// README's command in a terminal of 80 columns (by `script` of util-linux), and draws the screen, line by line as it
// came. Run it by: npm run record

import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const COMMAND = './bin/voicesurvey-db up --seed';

const COLUMNS = 80;
const LINE_HEIGHT = 19;
const CHARACTER_WIDTH = 8.1;
const PADDING = 16;
/** The longest pause between two lines, in seconds. */
const LONGEST_PAUSE = 0.9;

const folder = mkdtempSync(join(tmpdir(), 'voicesurvey-record-'));
// Root starts the server as another user, which needs access to the folder.
chmodSync(folder, 0o755);
try {
  const clone = join(folder, 'voicesurvey-db');
  execFileSync('git', ['clone', '--quiet', ROOT, clone]);
  // Installing and building is not what the picture is about.
  cpSync(join(ROOT, 'node_modules'), join(clone, 'node_modules'), {
    recursive: true,
    verbatimSymlinks: true,
  });
  spawnSync('./bin/voicesurvey-db', ['--version'], { cwd: clone });
  const lines = record(COMMAND, clone);
  // As root, the data may be outside of the clone.
  spawnSync('./bin/voicesurvey-db', ['reset', '--yes'], { cwd: clone });
  writeFileSync(new URL('first-run.svg', import.meta.url), draw(lines));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/**
 * Runs a command in a terminal.
 *
 * @param {string} command
 * @param {string} cwd
 * @returns {{ text: string, pause: number, isCommand: boolean }[]} the lines that stay on the screen, each with the seconds
 *   since the one before
 */
function record(command, cwd) {
  const output = join(folder, 'output');
  const timing = join(folder, 'timing');
  const inTerminal = `stty cols ${COLUMNS} rows 50; exec ${command}`;
  execFileSync('script', ['--quiet', '--log-out', output, '--log-timing', timing, '--command', inTerminal], {
    cwd,
    env: { ...process.env, DATABASE_URL: undefined, PGHOST: undefined, TERM: 'xterm' },
    stdio: 'ignore',
  });
  // The log begins with a line of `script` itself, which the timing does not count.
  const bytes = readFileSync(output);
  const start = bytes.indexOf('\n') + 1;
  let offset = start;
  let seconds = 0;
  const ends = readFileSync(timing, 'utf8')
    .trim()
    .split('\n')
    .map((entry) => {
      const [pause, count] = entry.split(' ').slice(-2).map(Number);
      seconds += pause ?? 0;
      offset += count ?? 0;
      return { offset, seconds };
    });
  const whenAt = (at) => ends.find((end) => end.offset > at)?.seconds ?? seconds;
  const lines = [{ text: `$ ${command}`, pause: 1, isCommand: true }];
  let last = 0;
  let at = start;
  for (const raw of bytes.subarray(start, offset).toString('utf8').split('\n').slice(0, -1)) {
    const when = whenAt(at + Buffer.byteLength(raw));
    lines.push({ text: shown(raw), pause: Math.min(when - last, LONGEST_PAUSE), isCommand: false });
    last = when;
    at += Buffer.byteLength(raw) + 1;
  }
  return lines;
}

/** What a terminal shows of a line after carriage returns and erasures; without the generated password. */
function shown(raw) {
  const text = raw.replace(/\r$/, '').split('\r').at(-1) ?? '';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: terminals are controlled by them
  return text.replaceAll(/\u001b\[[0-9;?]*[A-Za-z]/g, '').replaceAll(/(postgres:)[^@\s]+@/g, '$1<password>@');
}

function draw(lines) {
  const width = COLUMNS * CHARACTER_WIDTH + 2 * PADDING;
  const height = lines.length * LINE_HEIGHT + 2 * PADDING;
  let when = 0;
  const drawn = lines.map(({ text, pause, isCommand }, index) => {
    when += pause;
    const y = PADDING + (index + 0.75) * LINE_HEIGHT;
    const color = isCommand ? 'command' : 'output';
    return `<text x="${PADDING}" y="${y.toFixed(1)}" class="${color}" style="animation-delay: ${when.toFixed(2)}s">${escaped(text)}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" xml:space="preserve">
<title>The first run: up --seed starts PostgreSQL, applies the migrations and adds the seed rows</title>
<style>
text { font: 13.5px ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace; white-space: pre; animation: appear 1ms backwards; }
@keyframes appear { from { opacity: 0 } }
@media (prefers-reduced-motion: reduce) { text { animation: none } }
.command { fill: #86efac } .output { fill: #d1d5db }
</style>
<rect width="100%" height="100%" rx="8" fill="#111827"/>
${drawn.join('\n')}
</svg>
`;
}

function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
