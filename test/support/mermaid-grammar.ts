/** What a diagram of entities and relationships says. */
export interface MermaidDiagram {
  /** The names of the boxes, decoded. */
  readonly boxes: readonly string[];
  /** `parent > child: columns`, decoded. */
  readonly relations: readonly string[];
  /** `box: type name roles`, with the comment, decoded. */
  readonly attributes: readonly string[];
}

const NAME = '("[^"%<>\\r\\n\\v\\b\\\\]+"|[A-Za-z_]\\w*)';
const WORD = '([A-Za-z_\\u00C0-\\uFFFF][A-Za-z0-9_\\u00C0-\\uFFFF-]*)';
const BOX = new RegExp(`^ {2}${NAME} \\{$`);
const ATTRIBUTE = new RegExp(`^ {4}${WORD} ${WORD} ((?:PK|FK|UK)(?:, (?:PK|FK|UK))*)(?: ("[^"]*"))?$`);
const RELATION = new RegExp(`^ {2}${NAME} (?:\\|\\||\\|o)--o\\{ ${NAME} : ("[^"]*")$`);
const ROLE_FIRST = /^(?:pk|fk|uk)\b/i;
const KEYWORD =
  /^(?:acctitle|accdescr|class|classdef|direction|end|erdiagram|many|one|only|optionally|style|subgraph|title|to|u|zero)$/i;
/** Mermaid obeys these wherever they are in a line. */
const ANYWHERE = /direction\s+(?:TB|BT|LR|RL)|%%|`/i;

/**
 * Reads a diagram strictly by the part of Mermaid's grammar for entity relationship diagrams that every version since 10
 * accepts.
 *
 * @throws Error that names the first line outside of it
 */
export function parseMermaid(text: string): MermaidDiagram {
  const [head, ...lines] = text.trimEnd().split('\n');
  if (head !== 'erDiagram') throw new Error(`not a diagram: ${head}`);
  const diagram = { boxes: [] as string[], relations: [] as string[], attributes: [] as string[] };
  let box: string | null = null;
  for (const line of lines) {
    const fail = (): never => {
      throw new Error(`not in Mermaid's grammar: ${line}`);
    };
    if (box !== null) {
      const [match, type = '', name = '', roles = '', comment = ''] = ATTRIBUTE.exec(line) ?? [];
      if (match === undefined && line !== '  }') fail();
      if (match === undefined) box = null;
      else if (ROLE_FIRST.test(type) || ROLE_FIRST.test(name)) fail();
      else diagram.attributes.push(`${box}: ${type} ${name} ${roles} ${decode(comment)}`.trimEnd());
      continue;
    }
    if (ANYWHERE.test(line)) fail();
    const [, opened] = BOX.exec(line) ?? [];
    const [, parent, child, role = ''] = RELATION.exec(line) ?? [];
    if ([opened, parent, child].some((name) => name !== undefined && KEYWORD.test(name))) fail();
    if (opened !== undefined) {
      box = decode(opened);
      diagram.boxes.push(box);
    } else if (parent !== undefined && child !== undefined)
      diagram.relations.push(`${decode(parent)} > ${decode(child)}: ${decode(role)}`);
    else fail();
  }
  return diagram;
}

function decode(text: string): string {
  return text
    .replaceAll('"', '')
    .replaceAll(/#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)));
}
