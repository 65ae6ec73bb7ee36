// A conversation that has one of everything, for tests of how the page looks and for its pictures in the manual.
// @ts-check

import { assistant, person, toolCall, toolResult, writeTranscripts } from "./transcript.mjs";

/** A small picture: a ticket. */
export const TICKET =
  "iVBORw0KGgoAAAANSUhEUgAAAPAAAAB4CAIAAABD1OhwAAABjklEQVR42u3csQmAMBBA0WzgDhbiXA7g5HaCtRsEbZLc5cHvFAt9WN2lLOchpa" +
  "l4BQJaAlpqDPq5LylcQAtoCWgJaAloAQ20gJaAloCWgBbQQAtoCWgJaAloAQ20gFau9m2tNOyTgRbQH/726hLQQAMNNNBAAy2ggRbQQAMNNNBA" +
  "Aw10ZtB1hcPeDDTQQAMNNNACOhhozTPaAbSABlpAAy2ggRbQAhpoRVH7S9I4V4EW0AIaaAENtIAGWkADLaAFNNACOgpo48jR56GBBtqSrCVZAQ" +
  "20gAYaaKCBBhpooIFOCFqJJ/qBFtBAC2igBTTQsiQroIEW0EALaKAFNNACWkA7wV9O8AdaQAMNNNBAA21JFmiggRbQQAtoJycJaKCBBlpAAy2g" +
  "gRbQQAtooGVJVkADLaCBFtBAC2gfFWigBTTQAhpoAQ20gJZmXZIV0EALaKAFNNACWgJaQAMtoIEW0EALaClKQAtoCWgJaAloAQ20gJaAloCWgB" +
  "bQQAtoCWgJaAloAS1lCGgBLQEtNegFBbC4GLycXHoAAAAASUVORK5CYII=";

const ANSWER = `Two trains go in the morning. The **07:32** is faster and needs no change:

| train | leaves | arrives | change |
|-------|-------:|--------:|--------|
| IC 2013 | 07:32 | 09:58 | none |
| RE 4521 | 07:58 | 10:41 | Ulm |

I wrote a small script that looks again tomorrow at six:

\`\`\`python
# Asks once and says only what changed.
def check(trains, known):
    for train in trains:
        if train.leaves != known[train.name]:
            print(f"{train.name} now leaves at {train.leaves}")
\`\`\`

1. Run it by hand with \`python3 trains.py\`.
2. It writes to \`trains.log\`.

The timetable is [here](https://example.org/timetable).

> All times are local.`;

/** @param {string} state */
export async function writeScene(state) {
  const talk = [
    person("Which train do I take to be in Stuttgart before eleven tomorrow? Here is my ticket."),
    assistant("Let me look at the timetable first.", [
      toolCall("t1", "exec", { command: "curl -s https://example.org/timetable.json | jq '.[] | select(.to==\"Stuttgart\")'" }),
      toolCall("t2", "write", { path: "trains.py", content: "print()" }),
    ]),
    toolResult("t1", "exec", '{"name":"IC 2013","leaves":"07:32","arrives":"09:58"}\n{"name":"RE 4521","leaves":"07:58","arrives":"10:41"}'),
    toolResult("t2", "write", "permission denied", true),
    assistant(ANSWER),
    person("Perfect, take the first one."),
    assistant("Good. I will remind you at **06:45**, so that there is time for a coffee."),
  ];
  const [question] = talk;
  /** @type {any} */ (question).content.push({ type: "image", data: TICKET, mimeType: "image/png" });
  await writeTranscripts(state, [
    { key: "agent:main:main", id: "5f3a1c1e-0000-4000-8000-000000000001", messages: talk },
    { key: "agent:main:garden", id: "5f3a1c1e-0000-4000-8000-000000000002", label: "Garden in spring", messages: [person("When do I cut the roses?"), assistant("When the forsythia blooms.")] },
    { key: "agent:main:taxes", id: "5f3a1c1e-0000-4000-8000-000000000003", label: "Taxes", messages: [person("What is missing?"), assistant("Only the receipt of the dentist.")] },
  ]);
}

/** Every state of the page at rest, one after the other. @param {import("playwright-core").Page} page @param {(name: string) => Promise<void>} look */
export async function states(page, look) {
  await page.getByText("time for a coffee").waitFor();
  await look("conversation");
  await page.locator("details.tool summary").first().click();
  await page.getByText("Result").first().waitFor();
  await look("tool");
  await page.getByRole("button", { name: /Main/ }).click();
  await page.getByRole("option", { name: /Garden/ }).waitFor();
  await look("sessions");
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Keys" }).click();
  await page.getByRole("dialog", { name: "Keys" }).waitFor();
  await look("keys");
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "New conversation" }).click();
  await page.getByText("What shall we do?").waitFor();
  await look("empty");
}

/** About as much as the page shows of one text. @param {string} part */
const long = (part) => part.repeat(Math.ceil(190_000 / part.length));

/** Long answers, each of the one kind of block that is hardest when there is much of it. */
export const LONG_ANSWERS = {
  "everything": long(`${ANSWER}\n\n`),
  "one list": long("- an item of a list that does not end, with **strong** words and `code`\n"),
  "code": `\`\`\`rust\n${long("    let value = compute(\"text\", 12); // and a comment\n")}`,
};
