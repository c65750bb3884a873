import { readFileSync } from 'node:fs';

/** A block of code on a page. */
export interface CodeBlock {
  readonly language: string;
  readonly code: string;
}

/**
 * The blocks of code of a section of a page in docs/, without their indentation.
 *
 * @param page the name of the file, such as `operations.md`
 * @param heading the heading of the section, which ends at the next heading
 */
export function blocksOf(page: string, heading: string): readonly CodeBlock[] {
  const text = readFileSync(new URL(`../../docs/${page}`, import.meta.url), 'utf8');
  const start = new RegExp(`^#+ ${heading}$`, 'm').exec(text);
  if (start === null) throw new Error(`docs/${page} has no heading "${heading}".`);
  const section = text.slice(start.index + start[0].length).split(/^#+ /m)[0] ?? '';
  return [...section.matchAll(/^( *)```(\w+)\n(.*?)^ *```$/gms)].map(
    ([, indent = '', language = '', code = '']) => ({
      language,
      code: code.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
    }),
  );
}
