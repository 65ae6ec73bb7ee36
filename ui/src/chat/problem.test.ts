import { expect, it } from "vitest";

import { problemText } from "./problem";

it("is the vendor's sentence where there is one, and otherwise what was told", () => {
  expect(problemText('401 {"error":{"message":"no such key"}}')).toBe("401: no such key");
  expect(problemText('429 {"type":"error","message":"slow down"}')).toBe("429: slow down");
  expect(problemText('500 {"error":"broken"}')).toBe("500: broken");
  for (const text of ["the run failed", "500 {}", "500 {broken}", "400 "]) expect(problemText(text)).toBe(text);
});
