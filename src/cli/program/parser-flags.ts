/**
 * Makes V8 compile WebAssembly once. PostgreSQL's parser is WebAssembly, and by default V8 compiles its busy functions a
 * second time, optimized, in the background. A command ends before that pays off: an `up` with one pending file took
 * 120 ms of CPU time and 20 MB more.
 *
 * Flags of V8 hold for a whole process, so only the command line sets them, never the library. They must be set late: after
 * a change V8 refuses its code cache of Node.js's own modules, which cost an `up` with nothing to apply 15 ms.
 */
export async function compileWebAssemblyOnce(): Promise<void> {
  const { setFlagsFromString } = await import('node:v8');
  for (const flag of ['--no-wasm-tier-up', '--no-wasm-dynamic-tiering']) setFlagsFromString(flag);
}
