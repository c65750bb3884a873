/** A text and the code in it, in their order. */
export type Prose = readonly (string | Code)[];

/** A piece of code within a text. */
export interface Code {
  readonly code: string;
  /** The full name of the table that the code names. */
  readonly table?: string | undefined;
}

/** Code in backquotes: it ends with as many backquotes as it begins with. */
const CODE = /(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)/gs;

/** Reads a comment of the catalog, in which code is in backquotes. A missing comment is an empty text. */
export function parseProse(comment: string | undefined): Prose {
  const text = (comment ?? '').trim();
  const prose: (string | Code)[] = [];
  let last = 0;
  for (const { 0: span, 2: content = '', index } of text.matchAll(CODE)) {
    prose.push(text.slice(last, index), { code: withoutPadding(content) });
    last = index + span.length;
  }
  return [...prose, text.slice(last)].filter((piece) => piece !== '');
}

/** As in Markdown, one space on each side belongs to the backquotes. */
function withoutPadding(content: string): string {
  return /^ .*\S.* $/s.test(content) ? content.slice(1, -1) : content;
}
