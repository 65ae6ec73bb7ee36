import { expect, it } from "vitest";

import { isOwn, matches, newSessionKey, titleOf } from "./sessions";

const MAIN = "agent:main:main";

it("names a session by the best name it has", () => {
  expect(titleOf({ key: MAIN, derivedTitle: "hi there" }, MAIN)).toBe("Main");
  expect(titleOf({ key: MAIN, label: "Home" }, MAIN)).toBe("Home");
  expect(titleOf({ key: "agent:main:web-12345678", derivedTitle: "Plan a trip" }, MAIN)).toBe("Plan a trip");
  expect(titleOf({ key: "agent:main:x", derivedTitle: "Plan a trip [message_id: 4e1" }, MAIN)).toBe("Plan a trip");
  expect(titleOf({ key: "agent:main:telegram:dm:1" }, MAIN)).toBe("telegram:dm:1");
  expect(titleOf({ key: "global" }, MAIN)).toBe("global");
});

it("knows the sessions that it began", () => {
  expect(isOwn(newSessionKey("main"))).toBe(true);
  expect(isOwn(MAIN)).toBe(false);
});

it("finds a session by any of its words, in any order", () => {
  const row = { key: "agent:main:x", updatedAt: 1, lastMessagePreview: "The train leaves at nine" };
  expect(matches(row, "Plan a trip", "trip train")).toBe(true);
  expect(matches(row, "Plan a trip", "boat")).toBe(false);
  expect(matches(row, "Plan a trip", "")).toBe(true);
});
