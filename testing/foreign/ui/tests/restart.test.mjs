// The gateway is killed: what was typed stays, what was sent is sent once.
// @ts-check

import assert from "node:assert/strict";
import { after, test } from "node:test";

import { saidBy } from "../src/model.mjs";
import { closeBrowser, onStage } from "../src/stage.mjs";

/** Whether the line between page and gateway works. */
const line = { isHeard: true, lost: () => {} };

after(closeBrowser);

test("a draft and a message written while the gateway was dead survive, and the message is sent once", onStage({}, async ({ page, model, gateway }) => {
  await page.getByText("What shall we do?").waitFor();
  const field = page.getByRole("textbox", { name: "Message" });
  await gateway.kill();
  await page.getByText("The gateway is away.").waitFor();
  await field.fill("Written in the dark.");
  await field.press("Enter");
  await page.getByText("Waiting for the gateway", { exact: true }).waitFor();
  await field.fill("half a thought");
  await gateway.restart();
  const answer = await model.asked();
  answer.say("I heard you.").end();
  await page.getByText("I heard you.").waitFor();
  await page.getByText("The gateway is away.").waitFor({ state: "detached" });
  assert.equal(await field.inputValue(), "half a thought");
  assert.equal(model.requests.filter((request) => saidBy(request).includes("Written in the dark.")).length, 1);
  await page.reload();
  await page.getByText("I heard you.").waitFor();
  assert.equal(await page.getByText("Written in the dark.").count(), 1);
  assert.equal(await field.inputValue(), "half a thought");
}));

test("a message whose acknowledgement the kill swallowed is sent again and acted on once", onStage(
  {
    before: async (page) => {
      // The page never hears that its message was taken.
      await page.routeWebSocket(/./, (socket) => {
        const server = socket.connectToServer();
        /** @type {Set<string>} */
        const swallowed = new Set();
        socket.onMessage((message) => {
          const frame = JSON.parse(String(message));
          if (frame.method === "chat.send" && !line.isHeard) swallowed.add(frame.id);
          server.send(message);
        });
        server.onMessage((message) => {
          const frame = JSON.parse(String(message));
          const isOfRun = frame.type === "event" && ["chat", "agent"].includes(frame.event) && !line.isHeard;
          if (!swallowed.has(frame.id) && !isOfRun) socket.send(message);
        });
      });
    },
  },
  async ({ page, model, gateway }) => {
    line.isHeard = false;
    await page.getByText("What shall we do?").waitFor();
    const field = page.getByRole("textbox", { name: "Message" });
    await field.fill("Exactly once, please.");
    await field.press("Enter");
    const first = await model.asked();
    await page.getByText("Waiting for the gateway", { exact: true }).waitFor();
    line.isHeard = true;
    await gateway.kill();
    await first.left;
    await page.getByText("The gateway is away.").waitFor();
    await gateway.restart();
    // The cut-off run is taken up again; the repeated message joins it and starts none of its own.
    const second = await model.asked();
    second.say("Once.").end();
    await page.getByText("Once.", { exact: true }).waitFor();
    await page.getByText("Waiting for the gateway", { exact: true }).waitFor({ state: "detached" });
    await page.reload();
    await page.getByText("Once.", { exact: true }).waitFor();
    assert.equal(await page.getByText("Exactly once, please.").count(), 1);
    assert.equal(await page.getByText("Once.", { exact: true }).count(), 1);
    assert.equal(model.requests.length, 2);
  },
));

for (const [how, goOn] of /** @type {[string, (stage: import("../src/stage.mjs").Stage) => Promise<void>][]} */ ([
  ["after the gateway was killed", async ({ page, gateway }) => {
    await gateway.kill();
    await page.getByText("The gateway is away.").waitFor();
    await gateway.restart();
  }],
  ["from the next visit of the page", async ({ page }) => void (await page.reload())],
])) {
  test(`a message that got lost on its way goes out again ${how}`, onStage(
    {
      before: async (page) => {
        await page.routeWebSocket(/./, (socket) => {
          const server = socket.connectToServer();
          socket.onMessage((message) => {
            const isLost = !line.isHeard && JSON.parse(String(message)).method === "chat.send";
            if (isLost) line.lost();
            else server.send(message);
          });
        });
      },
    },
    async (stage) => {
      const { page, model } = stage;
      line.isHeard = false;
      const lost = new Promise((happened) => (line.lost = () => happened(undefined)));
      await page.getByText("What shall we do?").waitFor();
      await page.getByRole("textbox", { name: "Message" }).fill("Not heard at first.");
      await page.keyboard.press("Enter");
      await lost;
      line.isHeard = true;
      await goOn(stage);
      const answer = await model.asked();
      answer.say("Now I hear you.").end();
      await page.getByText("Now I hear you.").waitFor();
      await page.getByText("Waiting for the gateway", { exact: true }).waitFor({ state: "detached" });
      assert.equal(await page.getByText("Not heard at first.").count(), 1);
      assert.equal(model.requests.length, 1);
    },
  ));
}

test("an answer that the kill cut off does not leave the page waiting for ever", onStage({}, async ({ page, model, gateway }) => {
  await page.getByText("What shall we do?").waitFor();
  const field = page.getByRole("textbox", { name: "Message" });
  await field.fill("Tell me.");
  await field.press("Enter");
  const first = await model.asked();
  first.say("It all began");
  await page.getByText("It all began").waitFor();
  await gateway.kill();
  await page.getByText("The gateway is away.").waitFor();
  await gateway.restart();
  const second = await model.asked();
  second.say("It all began, and it ended.").end();
  await page.getByText("It all began, and it ended.").waitFor();
  await page.getByRole("button", { name: "Stop" }).waitFor({ state: "detached" });
  assert.equal(await page.getByText("Tell me.").count(), 1);
}));
