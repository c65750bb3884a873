// @ts-check
// A measured Node.js process loads this with --require. When the process exits, it writes its peak memory, in kB, to the
// file that BENCH_MEMORY_FILE names. VmHWM covers this program alone. The maxRSS of getrusage can be the peak of the
// process that spawned it.
const { readFileSync, writeFileSync } = require('node:fs');

process.on('exit', () => {
  const file = process.env.BENCH_MEMORY_FILE;
  if (file === undefined) return;
  const peak =
    process.platform === 'linux'
      ? /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1]
      : process.resourceUsage().maxRSS;
  writeFileSync(file, String(peak));
});
