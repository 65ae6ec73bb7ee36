// Reads a text that grows at its end. What can no longer change is not read again, so that a piece of a long answer costs
// as much as a piece of a short one.

import { blocksOf, lex, type Block } from "./render";

/** Where a text is settled: the blocks before this place stay as they are, whatever comes after it. */
interface Settled {
  source: string;
  blocks: readonly Block[];
}

const NOTHING: Settled = { source: "", blocks: [] };

export class GrowingText {
  #settled = NOTHING;

  /** The blocks of the text, from top to bottom. */
  read(text: string): Block[] {
    const source = text.replaceAll(/\r\n?/g, "\n");
    if (!source.startsWith(this.#settled.source)) this.#settled = NOTHING;
    const { source: before, blocks } = this.#settled;
    const tokens = lex(source.slice(before.length));
    // A definition gives links their addresses wherever they stand, so the text must be read as a whole.
    if (tokens.some((token) => token.type === "def")) {
      this.#settled = NOTHING;
      return blocksOf(before === "" ? tokens : lex(source));
    }
    const fresh = blocksOf(tokens);
    const end = tokens.findLastIndex((_, at) => isSettled(tokens[at - 2], tokens[at - 1]));
    if (end !== -1) {
      const done = tokens.slice(0, end);
      this.#settled = {
        source: before + done.map((token) => token.raw).join(""),
        blocks: [...blocks, ...fresh.slice(0, blocksOf(done).length)],
      };
    }
    return [...blocks, ...fresh];
  }
}

type LexedToken = ReturnType<typeof lex>[number];

/** Whether nothing after this block and the blank line behind it can change it. A list, for one, may go on there. */
function isSettled(block: LexedToken | undefined, blank: LexedToken | undefined): boolean {
  if (block === undefined || blank?.type !== "space" || !blank.raw.includes("\n\n")) return false;
  if (block.type === "code") return block.codeBlockStyle !== "indented";
  return block.type === "paragraph" || block.type === "heading" || block.type === "table";
}
