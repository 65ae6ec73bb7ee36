import { expect, it } from "vitest";

import { highlight } from "./highlight";

it("gives back every character of the code", () => {
  for (const language of ["rust", "py", "html", "", "sql"]) {
    const code = 'let x = "a\\"b"; // note\n# not\n<!-- c --> -- d\nfoo(1.5)';
    expect(highlight(code, language).map((piece) => piece.text).join("")).toBe(code);
  }
});

it("knows comments by the language", () => {
  expect(highlight("x # y", "python").at(-1)).toEqual({ kind: "comment", text: "# y" });
  expect(highlight("x # y", "rust").some((piece) => piece.kind === "comment")).toBe(false);
});

it("tells words, calls, strings and numbers apart", () => {
  const kinds = highlight('return look("a", 12)', "js").map((piece) => piece.kind);
  expect(kinds).toEqual(["word", "plain", "call", "plain", "string", "plain", "number", "plain"]);
});
