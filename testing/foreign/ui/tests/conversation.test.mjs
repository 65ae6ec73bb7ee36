// What a person does with the page: signs in, reads, asks, watches, stops, begins anew.
// @ts-check

import assert from "node:assert/strict";
import { after, test } from "node:test";

import { closeBrowser, onStage } from "../src/stage.mjs";
import { assistant, person, toolCall, toolResult, writeTranscript, writeTranscripts } from "../src/transcript.mjs";

after(closeBrowser);

test("the address with the one-time code lets the page in, and the code leaves the address", onStage({}, async ({ page, gateway }) => {
  await page.getByText("What shall we do?").waitFor();
  assert.equal(page.url(), `${gateway.origin}/`);
  await page.reload();
  await page.getByText("What shall we do?").waitFor();
}));

test("a used code is refused with a reason, and the token can be pasted instead", onStage({}, async ({ page, gateway }) => {
  await page.getByText("What shall we do?").waitFor();
  const stranger = await page.context().browser()?.newPage();
  assert.ok(stranger);
  await stranger.goto(gateway.address);
  await stranger.getByRole("alert").getByText(/used already|unauthorized/).waitFor();
  await stranger.getByLabel("Token").fill("wrong");
  await stranger.getByRole("button", { name: "Connect" }).click();
  await stranger.getByText(/token mismatch/).waitFor();
  await stranger.getByLabel("Token").fill("test-token-of-a-gateway-on-loopback");
  await stranger.getByRole("button", { name: "Connect" }).click();
  await stranger.getByText("What shall we do?").waitFor();
  await stranger.context().close();
}));

test("an answer appears while it is written, and once when it is done", onStage({}, async ({ page, model }) => {
  await page.getByText("What shall we do?").waitFor();
  await page.getByRole("textbox", { name: "Message" }).fill("How are you?");
  await page.keyboard.press("Enter");
  const answer = await model.asked();
  answer.say("I am ");
  const shown = page.getByRole("article", { name: "Assistant" });
  await shown.getByText("I am").waitFor();
  await page.getByRole("button", { name: "Stop" }).waitFor();
  answer.say("**well**.").end();
  await shown.getByText("I am well.").waitFor();
  await page.getByRole("button", { name: "Stop" }).waitFor({ state: "detached" });
  await page.reload();
  await shown.getByText("I am well.").waitFor();
  assert.equal(await shown.count(), 1);
  assert.equal(await page.getByRole("article", { name: "You" }).count(), 1);
}));

test("tool calls of the history open to what was asked and what came out", onStage(
  {
    seed: (state) =>
      writeTranscript(state, [
        person("What is here?"),
        assistant("Let me look.", [toolCall("t1", "exec", { command: "ls -1" })]),
        toolResult("t1", "exec", "notes.md\nplan.md"),
        assistant("Two files."),
      ]),
  },
  async ({ page }) => {
    const call = page.locator("details.tool");
    await call.getByText("ls -1").waitFor();
    assert.equal(await page.getByText("notes.md").count(), 0);
    await call.locator("summary").click();
    await call.getByText("notes.md").waitFor();
    await call.getByText("done").waitFor();
  },
));

test("tool calls are told while they happen, in the main conversation of a person who set nothing up", onStage({}, async ({ page, model }) => {
  await page.getByText("What shall we do?").waitFor();
  await page.getByRole("textbox", { name: "Message" }).fill("Look around.");
  await page.keyboard.press("Enter");
  const first = await model.asked();
  first.say("Looking.").call("exec", { command: "echo seen-by-the-tool" }).end();
  const second = await model.asked();
  const call = page.locator("details.tool");
  await call.getByText("done").waitFor();
  await call.locator("summary").click();
  await call.getByText("seen-by-the-tool").last().waitFor();
  second.say("That was it.").end();
  await page.getByText("That was it.").waitFor();
  await page.getByRole("button", { name: "Stop" }).waitFor({ state: "detached" });
  assert.equal(await call.count(), 1);
  assert.equal(await page.getByText("Looking.").count(), 1);
}));

test("an answer can be stopped, and what was said of it stays", onStage({}, async ({ page, model }) => {
  await page.getByText("What shall we do?").waitFor();
  await page.getByRole("textbox", { name: "Message" }).fill("Count to a million.");
  await page.keyboard.press("Enter");
  const answer = await model.asked();
  answer.say("One, two, three");
  await page.getByText("One, two, three").waitFor();
  await page.getByRole("button", { name: "Stop" }).click();
  await answer.left;
  await page.getByRole("button", { name: "Stop" }).waitFor({ state: "detached" });
  await page.getByText("One, two, three").waitFor();
}));

test("what follows a stopped answer is shown as it was written, once", onStage({}, async ({ page, model }) => {
  await page.getByText("What shall we do?").waitFor();
  const field = page.getByRole("textbox", { name: "Message" });
  await field.fill("Count to a million.");
  await field.press("Enter");
  const answer = await model.asked();
  answer.say("One, two, three");
  await page.getByText("One, two, three").waitFor();
  await field.press("Escape");
  await answer.left;
  await page.getByRole("button", { name: "Stop" }).waitFor({ state: "detached" });
  await field.fill("To ten will do.");
  await field.press("Enter");
  const second = await model.asked();
  second.say("Ten.").end();
  await page.getByText("Ten.", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Stop" }).waitFor({ state: "detached" });
  const said = ["Count to a million.", "To ten will do."];
  const shown = () => page.locator(".said").allTextContents();
  assert.deepEqual(await shown(), said);
  await page.reload();
  await page.getByText("Ten.", { exact: true }).waitFor();
  assert.deepEqual(await shown(), said);
}));

test("a new conversation begins empty, and the old one is found in the picker", onStage(
  {
    seed: (state) =>
      writeTranscripts(state, [
        { key: "agent:main:main", id: "5f3a1c1e-0000-4000-8000-000000000001", messages: [person("About trains"), assistant("They run.")] },
        { key: "agent:main:garden", id: "5f3a1c1e-0000-4000-8000-000000000002", label: "Garden", messages: [person("About roses"), assistant("They bloom.")] },
      ]),
  },
  async ({ page }) => {
    await page.getByText("They run.").waitFor();
    await page.getByRole("button", { name: "New conversation" }).click();
    await page.getByText("What shall we do?").waitFor();
    await page.keyboard.press("Control+k");
    const find = page.getByRole("combobox", { name: "Find a conversation" });
    await page.getByRole("option", { name: /Garden/ }).waitFor();
    assert.equal(await page.getByRole("option").count(), 2);
    await find.fill("gar");
    assert.equal(await page.getByRole("option").count(), 1);
    await find.press("Enter");
    await page.getByText("They bloom.").waitFor();
    await page.getByRole("button", { name: /Garden/ }).waitFor();
    assert.equal(await page.getByText("They run.").count(), 0);
  },
));

test("without a model the gateway's one sentence of advice stands in the conversation and names the command", onStage({ hasModel: false }, async ({ page }) => {
  await page.getByText("What shall we do?").waitFor();
  await page.getByRole("textbox", { name: "Message" }).fill("Hello?");
  await page.keyboard.press("Enter");
  await page.getByText("clawdbot onboard").waitFor();
  await page.getByRole("button", { name: "Stop" }).waitFor({ state: "detached" });
  const advice = "I have no model to think with yet: run clawdbot onboard on the machine I run on to set one up.";
  assert.equal(await page.getByText("onboard").count(), 1, "said once");
  const told = await page.getByRole("article").last().locator(".markdown, .problem").allTextContents();
  assert.deepEqual(told.map((text) => text.trim()), [advice]);
  assert.equal(await page.locator(".problem code").textContent(), "clawdbot onboard");
}));

test("why a model refused is said in the conversation, once", onStage({}, async ({ page, model }) => {
  await page.getByText("What shall we do?").waitFor();
  model.refuse(401, "this key was revoked");
  await page.getByRole("textbox", { name: "Message" }).fill("Hello?");
  await page.keyboard.press("Enter");
  await page.getByText(/revoked|401/).first().waitFor();
  await page.getByRole("button", { name: "Stop" }).waitFor({ state: "detached" });
  await page.reload();
  await page.getByText(/revoked|401/).first().waitFor();
  assert.equal(await page.getByText(/revoked|401/).count(), 1);
}));

test("a message written during an answer is answered after it", onStage({}, async ({ page, model }) => {
  await page.getByText("What shall we do?").waitFor();
  const field = page.getByRole("textbox", { name: "Message" });
  await field.fill("First question");
  await field.press("Enter");
  const first = await model.asked();
  first.say("First answer");
  await page.getByText("First answer").waitFor();
  await field.fill("Second question");
  await field.press("Enter");
  await page.getByText("Second question").waitFor();
  first.say(", complete.").end();
  const second = await model.asked();
  assert.ok(JSON.stringify(second.request.messages).includes("Second question"));
  second.say("Second answer.").end();
  await page.getByText("Second answer.").waitFor();
  await page.getByRole("button", { name: "Stop" }).waitFor({ state: "detached" });
  await page.getByText("First answer, complete.").waitFor();
  const order = await page.getByRole("article").evaluateAll((all) => all.map((one) => one.querySelector(".said, .markdown")?.textContent?.trim()));
  assert.deepEqual(order, ["First question", "First answer, complete.", "Second question", "Second answer."]);
}));

test("the page works below the path that the gateway is configured with", onStage(
  { config: { gateway: { controlUi: { basePath: "/assistant" } } } },
  async ({ page, model, gateway }) => {
    await page.getByText("What shall we do?").waitFor();
    assert.equal(page.url(), `${gateway.origin}/assistant/`);
    await page.getByRole("textbox", { name: "Message" }).fill("Are you there?");
    await page.keyboard.press("Enter");
    (await model.asked()).say("I am.").end();
    await page.getByText("I am.").waitFor();
    await page.reload();
    await page.getByText("I am.").waitFor();
  },
));
