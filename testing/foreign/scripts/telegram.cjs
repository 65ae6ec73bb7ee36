// The independent Telegram: starts it on the port given, and prints what the bot does, one line of JSON each.

const axios = require("axios");
const TelegramServer = require("telegram-test-api");

const server = new TelegramServer({ port: Number(process.argv[2]), host: "127.0.0.1", storage: "RAM", storeTimeout: 3600 });

// It keeps the secret of a webhook and does not send it; Telegram does.
axios.interceptors.request.use((request) => {
  const hook = Object.values(server.webhooks).find((known) => known.url === request.url);
  if (hook?.secret_token) request.headers["X-Telegram-Bot-Api-Secret-Token"] = hook.secret_token;
  return request;
});

const say = (line) => console.log(JSON.stringify(line));
server.on("AddedBotMessage", () => say({ sent: server.storage.botMessages.at(-1).message }));
server.on("AddedUserMessage", () => say({ taken: true }));
const setWebhook = server.setWebhook.bind(server);
server.setWebhook = (hook, token) => {
  setWebhook(hook, token);
  say({ webhook: hook });
};

server.start().then(() => say({ listening: true }));
