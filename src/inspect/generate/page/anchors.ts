/** What an anchor of the page leads to. */
export type AnchorKind =
  | 'schema'
  | 'table'
  | 'column'
  | 'constraint'
  | 'index'
  | 'trigger'
  | 'type'
  | 'function';

/**
 * The id of an object on the page, which is also the fragment of its address: `table/contacts`, `column/contacts/email`.
 * Different names have different ids.
 *
 * @param names the name of the object, and that of a member of it
 */
export function anchorOf(kind: AnchorKind, ...names: readonly string[]): string {
  return [kind, ...names.map(encode)].join('/');
}

/** A space becomes a plus sign. Every other character that could mean something in HTML, SVG or an address is a number. */
function encode(name: string): string {
  return name
    .replaceAll(/[^\p{L}\p{N}_.,() ]/gu, (character) => `-${character.codePointAt(0)?.toString(16)}-`)
    .replaceAll(' ', '+');
}
