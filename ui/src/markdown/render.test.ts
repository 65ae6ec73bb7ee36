import { describe, expect, it } from "vitest";

import "./markdown_text";
import { GrowingText } from "./growing";
import { blocksOf, lex } from "./render";

function shown(text: string): HTMLElement {
  const frame = document.createElement("div");
  frame.append(...blocksOf(lex(text)).map((block) => block.node()));
  return frame;
}

describe("what a model writes", () => {
  it("becomes headings, lists, tables and code", () => {
    const frame = shown("# Title\n\n1. one\n2. **two**\n\n| a | b |\n|---|--:|\n| 1 | 2 |\n\n```rust\nfn main() {}\n```");
    expect(frame.querySelector("h3")?.textContent).toBe("Title");
    expect(frame.querySelectorAll("ol > li")).toHaveLength(2);
    expect(frame.querySelector("li strong")?.textContent).toBe("two");
    expect([...frame.querySelectorAll("td")].map((cell) => cell.textContent)).toEqual(["1", "2"]);
    expect(frame.querySelector("td:last-child")?.className).toBe("align-right");
    expect(frame.querySelector("pre code")?.textContent).toBe("fn main() {}");
    expect(frame.querySelector(".code-word")?.textContent).toBe("fn");
  });

  it("never becomes an element by being HTML", () => {
    const frame = shown("<script>alert(1)</script>\n\n<img src=x onerror=alert(1)> and <b onclick=x>bold</b>\n\n- <iframe src=x></iframe>");
    expect(frame.querySelector("script, img, b, iframe")).toBeNull();
    expect(frame.textContent).toContain("<script>alert(1)</script>");
    expect(frame.textContent).toContain("<img src=x onerror=alert(1)>");
  });

  it("links only where a click cannot run a program", () => {
    const frame = shown("[a](https://example.org/) [b](javascript:alert(1)) [c](data:text/html,x) [d](mailto:a@example.org) [e](/local)");
    expect([...frame.querySelectorAll("a")].map((link) => link.href)).toEqual(["https://example.org/", "mailto:a@example.org"]);
    expect(frame.querySelector("a")?.rel).toBe("noopener noreferrer");
    expect(frame.textContent).toBe("a b c d e");
  });

  it("loads no picture that it refers to", () => {
    const frame = shown("![a cat](https://example.org/cat.png)");
    expect(frame.querySelector("img")).toBeNull();
    expect(frame.querySelector("a")?.textContent).toBe("a cat");
  });

  it("shows characters that look like markup as they are meant", () => {
    expect(shown("a < b && c > d").textContent).toBe("a < b && c > d");
    expect(shown("`<i>`").querySelector("code")?.textContent).toBe("<i>");
    expect(shown("1 &lt; 2 &amp; &#39;x&#39;").textContent).toBe("1 < 2 & 'x'");
  });

  it("has boxes for tasks and keeps the first number of a list", () => {
    const frame = shown("- [x] done\n- [ ] open\n\nthen\n\n3. three");
    expect([...frame.querySelectorAll("input")].map((box) => box.checked)).toEqual([true, false]);
    expect(frame.querySelector("ol")?.start).toBe(3);
  });
});

describe("a text that grows", () => {
  it("keeps the nodes of blocks that did not change", () => {
    const element = document.createElement("markdown-text");
    element.text = "first\n\nsecond";
    const first = element.firstChild;
    element.text = "first\n\nsecond and more\n\nthird";
    expect(element.firstChild).toBe(first);
    expect(element.children).toHaveLength(3);
    element.text = "other";
    expect(element.textContent).toBe("other");
  });

  it("keeps the parts of long code that did not change, and has all of it", () => {
    const element = document.createElement("markdown-text");
    const lines = Array.from({ length: 4000 }, (_, line) => `line ${line} of the code`);
    element.text = `\`\`\`\n${lines.slice(0, 3000).join("\n")}`;
    const [frame, part] = [element.firstChild, element.querySelector(".code-part")];
    for (let end = 3001; end <= lines.length; end += 111) {
      element.text = `\`\`\`\n${lines.slice(0, end).join("\n")}\nli`;
      expect([element.firstChild, element.querySelector(".code-part")]).toEqual([frame, part]);
      const parts = [...element.querySelectorAll(".code-part")].map((one) => one.textContent);
      expect(parts.join("\n")).toBe(`${lines.slice(0, end).join("\n")}\nli`);
      expect(element.querySelector<HTMLElement>(".copy")?.dataset["copy"]).toBe(parts.join("\n"));
    }
  });

  it("looks at each step as it would if it were read as a whole", () => {
    const growing = new GrowingText();
    for (let end = 1; end <= GROWN.length; end += 1) {
      const text = GROWN.slice(0, end);
      const read = growing.read(text);
      expect(read.map((block) => block.raw), text).toEqual(blocksOf(lex(text)).map((block) => block.raw));
      if (GROWN[end] !== "\n") continue;
      const frame = document.createElement("div");
      frame.append(...read.map((block) => block.node()));
      expect(frame.innerHTML, text).toBe(shown(text).innerHTML);
    }
  });
});

/** Everything that may go on after a blank line, or become something else by what follows it. */
const GROWN = `Words
become a title
===

A paragraph\r
of two lines.

* one

* two

  still two

1. first

2. second

    indented

    and on

\`\`\`rust
fn main() {

}
\`\`\`

a | b
--|--
1 | 2

Between ---

> quoted

> again

<div>

inside

</div>

- [ ] task

***

See [the map][1] and so on.

[1]: https://example.org/map

The [map][1] once more.

The end.`;
