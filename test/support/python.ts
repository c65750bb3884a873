import { execFileSync } from 'node:child_process';

/** Debian's Python, which its packages of modules are for. */
export const PYTHON = '/usr/bin/python3';

/** Whether Debian's Python has some modules. CI requires them. */
export function hasPython(...modules: readonly string[]): boolean {
  if (process.env.REQUIRE_PYTHON === '1') return true;
  try {
    execFileSync(PYTHON, ['-c', `import ${modules.join(', ')}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
