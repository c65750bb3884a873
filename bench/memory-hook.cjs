// @ts-check
// Required by a measured Node process: at its end it writes its peak memory, in kB, into the file that it is told.
// VmHWM is of this program alone, where the maxRSS of getrusage would have the peak of the process that spawned it.
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
