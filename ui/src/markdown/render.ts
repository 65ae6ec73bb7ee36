// Builds what is shown of a model's Markdown.
//
// Only elements named here are ever made, and text only ever becomes text: HTML that a model writes is shown as the
// characters it is. Pictures that a model refers to are links, because loading one would tell its server that and when
// the text was read.

import { Lexer, type MarkedToken, type Token, type Tokens } from "marked";

import { decodeEntities } from "./entities";
import { highlight, MOST_COLOURED } from "./highlight";
import { safeAddress } from "./links";

export interface Block {
  /** Its source; equal sources look equal. */
  raw: string;
  node(): Node;
  /** Makes this block of the node that the block was when it was shorter; says whether that could be done. */
  grow(node: Node): boolean;
}

export function lex(text: string): MarkedToken[] {
  return new Lexer({ gfm: true, breaks: true }).lex(text) as MarkedToken[];
}

/** What of it is to be seen, from top to bottom. */
export function blocksOf(tokens: readonly MarkedToken[]): Block[] {
  return tokens
    .filter((token) => token.type !== "space" && token.type !== "def")
    .map((token) => ({
      raw: token.raw,
      node: () => block(token),
      grow: (node) => token.type === "code" && growCode(node as Element, token),
    }));
}

function block(token: MarkedToken): Node {
  switch (token.type) {
    case "heading":
      // The page's own headings come first, so those of a text start a step lower.
      return element(`h${Math.min(6, token.depth + 2)}` as "h3", inlines(token.tokens));
    case "paragraph":
      return element("p", inlines(token.tokens));
    case "text":
      return element("span", token.tokens === undefined ? [text(decodeEntities(token.text))] : inlines(token.tokens));
    case "code":
      return code(token);
    case "blockquote":
      return element("blockquote", many(token.tokens));
    case "list":
      return list(token);
    case "table":
      return table(token);
    case "hr":
      return element("hr", []);
    default:
      return element("p", [text(token.raw.trimEnd())]);
  }
}

function many(tokens: readonly Token[]): Node[] {
  return tokens.filter((token) => token.type !== "space").map((token) => block(token as MarkedToken));
}

function list(token: Tokens.List): HTMLElement {
  const items = token.items.map((item) => {
    const parts = many(item.tokens.filter((part) => part.type !== "checkbox"));
    if (!item.task) return element("li", parts);
    const box = element("input", []);
    box.type = "checkbox";
    box.disabled = true;
    box.checked = item.checked === true;
    box.ariaLabel = item.checked === true ? "done" : "not done";
    const made = element("li", [box, ...parts]);
    made.className = "task";
    return made;
  });
  if (!token.ordered) return element("ul", items);
  const made = element("ol", items);
  if (typeof token.start === "number" && token.start !== 1) made.start = token.start;
  return made;
}

function table(token: Tokens.Table): HTMLElement {
  const cell = (name: "td" | "th", { tokens, align }: Tokens.TableCell): HTMLElement => {
    const made = element(name, inlines(tokens));
    if (name === "th") made.setAttribute("scope", "col");
    if (align !== null) made.classList.add(`align-${align}`);
    return made;
  };
  const head = element("tr", token.header.map((one) => cell("th", one)));
  const rows = token.rows.map((row) => element("tr", row.map((one) => cell("td", one))));
  const made = element("table", [element("thead", [head]), element("tbody", rows)]);
  return scrollable(made, "Table", "table-frame");
}

function code(token: Tokens.Code): HTMLElement {
  const language = languageOf(token);
  const content = token.text.length > MOST_COLOURED ? partsOf(token.text).map(part) : coloured(token.text, language);
  const body = scrollable(element("pre", [element("code", content)]), language === "" ? "Code" : `Code in ${language}`, "code-body");
  const copy = element("button", [text("Copy")]);
  copy.type = "button";
  copy.className = "quiet copy";
  copy.dataset["copy"] = token.text;
  const name = element("span", [text(language)]);
  name.className = "code-language";
  const bar = element("div", [name, copy]);
  bar.className = "code-bar";
  const frame = element("div", [bar, body]);
  frame.className = "code-frame";
  return frame;
}

function languageOf(token: Tokens.Code): string {
  return /^[\w+#.-]*/.exec(token.lang ?? "")?.[0] ?? "";
}

function coloured(source: string, language: string): Node[] {
  return highlight(source, language).map((piece) => {
    if (piece.kind === "plain") return text(piece.text);
    const made = element("span", [text(piece.text)]);
    made.className = `code-${piece.kind}`;
    return made;
  });
}

/** Long code is laid out part by part, so that a line at its end does not lay out all of it. */
const PART = 8_000;

/** The code in pieces of whole lines; what follows a code changes only the last piece. */
function partsOf(source: string): string[] {
  const parts: string[] = [];
  let from = 0;
  for (let end = source.indexOf("\n", PART); end !== -1; end = source.indexOf("\n", from + PART)) {
    parts.push(source.slice(from, end));
    from = end + 1;
  }
  return [...parts, source.slice(from)];
}

function part(source: string): HTMLElement {
  const made = span([text(source)]);
  made.className = "code-part";
  return made;
}

function growCode(frame: Element, token: Tokens.Code): boolean {
  const copy = frame.querySelector<HTMLElement>(".copy");
  const body = frame.querySelector("code");
  const before = copy?.dataset["copy"];
  if (copy === null || body === null || before === undefined || before.length <= MOST_COLOURED) return false;
  if (!token.text.startsWith(before)) return false;
  copy.dataset["copy"] = token.text;
  body.lastElementChild?.remove();
  body.append(...partsOf(token.text).slice(body.childElementCount).map(part));
  return true;
}

/** Scrolls sideways by itself, by keyboard too, so that the page never does. */
function scrollable(content: HTMLElement, label: string, className: string): HTMLElement {
  const frame = element("div", [content]);
  frame.className = className;
  frame.tabIndex = 0;
  frame.setAttribute("role", "group");
  frame.setAttribute("aria-label", label);
  return frame;
}

function inlines(tokens: readonly Token[]): Node[] {
  return tokens.map((token) => inline(token as MarkedToken));
}

function inline(token: MarkedToken): Node {
  switch (token.type) {
    case "strong":
      return element("strong", inlines(token.tokens));
    case "em":
      return element("em", inlines(token.tokens));
    case "del":
      return element("del", inlines(token.tokens));
    case "codespan":
      return element("code", [text(token.text)]);
    case "br":
      return element("br", []);
    case "link":
      return link(token.href, inlines(token.tokens));
    case "image":
      return link(token.href, [text(token.text === "" ? token.href : token.text)]);
    case "escape":
      return text(token.text);
    case "text":
      return token.tokens === undefined ? text(decodeEntities(token.text)) : span(inlines(token.tokens));
    default:
      return text(token.raw);
  }
}

function link(address: string, content: Node[]): Node {
  const safe = safeAddress(address);
  if (safe === undefined) return span(content);
  const made = element("a", content);
  made.href = safe;
  made.target = "_blank";
  made.rel = "noopener noreferrer";
  return made;
}

function span(content: Node[]): HTMLElement {
  return element("span", content);
}

function text(content: string): Text {
  return document.createTextNode(content);
}

function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  content: readonly Node[],
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  made.append(...content);
  return made;
}
