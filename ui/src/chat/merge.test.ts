import { describe, expect, it } from "vitest";

import type { AssistantEntry, Entry, PersonEntry } from "./entry";
import { Merge } from "./merge";

const person = (key: string, text: string, at: number): PersonEntry => ({
  kind: "person",
  key,
  at,
  text,
  images: [],
  delivery: { state: "sent" },
});
const assistant = (key: string, text: string, at: number, isLive = false): AssistantEntry => ({
  kind: "assistant",
  key,
  at,
  parts: [{ kind: "text", text }],
  isLive,
  wasStopped: false,
});
const keys = (entries: Entry[]): string[] => entries.map((entry) => entry.key);

describe("what was seen and is written down later", () => {
  it("is shown once, under the key it had", () => {
    const merge = new Merge();
    const seen = [person("sent:k", "hi", 10), assistant("run:k:0", "hello", 20)];
    expect(keys(merge.together([], seen))).toEqual(["sent:k", "run:k:0"]);
    const written = [person("user:11", "hi", 11), assistant("assistant:21", "hello", 21)];
    expect(keys(merge.together(written, seen))).toEqual(["sent:k", "run:k:0"]);
    expect(keys(merge.together(written, []))).toEqual(["sent:k", "run:k:0"]);
  });

  it("is shown once when several messages were written down as one", () => {
    const merge = new Merge();
    const seen = [person("sent:a", "first", 10), person("sent:b", "second", 20)];
    merge.together([], seen);
    const written = [person("user:30", "Queued:\n\nfirst\n\nsecond", 30)];
    expect(keys(merge.together(written, seen))).toEqual(["sent:a"]);
    expect(keys(merge.together(written, []))).toEqual(["sent:a"]);
  });

  it("is not taken for an older message of the same words", () => {
    const merge = new Merge();
    const older = person("user:1", "again", 1);
    merge.together([older], []);
    expect(keys(merge.together([older], [person("sent:k", "again", 2)]))).toEqual(["user:1", "sent:k"]);
  });

  it("is recognised when an ended answer was written down in other words", () => {
    const merge = new Merge();
    const seen = [assistant("run:k:0", "half of", 10)];
    expect(keys(merge.together([assistant("assistant:11", "half of it", 11)], seen))).toEqual(["run:k:0"]);
  });
});

it("leaves what no transcript has where it was said", () => {
  const merge = new Merge();
  const written = [person("user:1", "a", 1), person("user:9", "b", 9)];
  const seen = [assistant("said:x", "status: fine", 5)];
  expect(keys(merge.together(written, seen))).toEqual(["user:1", "said:x", "user:9"]);
});
