// A grammY bot on the Bot API given: answers what people do, and prints what it saw, one line of JSON each.
// Arguments: the API's root, the bot's token, and `poll` or `webhook`.

const http = require("node:http");
const { Bot, InputFile, InputMediaBuilder, webhookCallback } = require("grammy");
const { autoRetry } = require("@grammyjs/auto-retry");

const [apiRoot, token, mode] = process.argv.slice(2);
const SECRET = "a-secret-of-the-witness";
const say = (line) => console.log(JSON.stringify(line));

const bot = new Bot(token, { client: { apiRoot } });
bot.api.config.use(autoRetry());

bot.command("start", async (ctx) => {
  const keyboard = { inline_keyboard: [[{ text: "press", callback_data: "pressed" }]] };
  await ctx.reply("<b>Welcome</b> &amp; <code>hello</code>", { parse_mode: "HTML", reply_markup: keyboard });
});
bot.on("callback_query:data", async (ctx) => {
  await ctx.answerCallbackQuery();
  say({ pressed: ctx.callbackQuery.data });
});
bot.on("edited_message:text", (ctx) => say({ edited: ctx.editedMessage.text, message: ctx.editedMessage.message_id }));
bot.on("message_reaction", (ctx) => say({ reacted: ctx.reactions().emojiAdded }));
bot.on("message:photo", async (ctx) => {
  await ctx.replyWithChatAction("upload_photo");
  const file = await ctx.getFile();
  const answer = await fetch(`${apiRoot}/file/bot${token}/${file.file_path}`);
  const content = Buffer.from(await answer.arrayBuffer());
  say({ photo: content.length, size: file.file_size, caption: ctx.message.caption });
  await ctx.replyWithPhoto(new InputFile(content, "back.png"), { caption: "back to you" });
});
bot.on("message:text", async (ctx) => {
  const { text, chat, from, message_thread_id: thread } = ctx.message;
  say({ text, chat: chat.type, from: from.first_name, thread, mentions: ctx.entities("mention").map((it) => it.text) });
  if (text === "album") {
    const picture = () => new InputFile(Buffer.from("\x89PNG", "latin1"), "p.png");
    const album = [InputMediaBuilder.photo(picture(), { caption: "both" }), InputMediaBuilder.photo(picture())];
    return say({ album: (await ctx.replyWithMediaGroup(album)).map((sent) => sent.message_id) });
  }
  if (text === "react") return void (await ctx.react("👍"));
  if (text === "break it") return void (await ctx.reply("<b>never closed", { parse_mode: "HTML" }));
  await ctx.replyWithChatAction("typing");
  const sent = await ctx.reply(`echo: ${text}`, { reply_parameters: { message_id: ctx.message.message_id } });
  if (text === "change") await ctx.api.editMessageText(chat.id, sent.message_id, "changed");
  if (text === "take back") await ctx.api.deleteMessage(chat.id, sent.message_id);
});
bot.catch(({ error }) => say({ error: { code: error.error_code, description: error.description } }));

async function hook() {
  await bot.init();
  const server = http.createServer(webhookCallback(bot, "http", { secretToken: SECRET }));
  server.listen(0, "127.0.0.1", async () => {
    const url = `http://127.0.0.1:${server.address().port}/hook`;
    await bot.api.setWebhook(url, { secret_token: SECRET });
    say({ ready: await bot.api.getWebhookInfo() });
  });
}

if (mode === "webhook") hook();
else {
  bot
    .start({ onStart: (me) => say({ ready: me }), allowed_updates: ["message", "edited_message", "callback_query", "message_reaction"] })
    .catch((error) => say({ ended: { code: error.error_code, description: error.description } }));
}
