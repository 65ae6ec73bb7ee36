//! Asks Telegram who a bot is, as the first steps do; nothing is polled, so the bot's own reader is not disturbed.

use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use channel::{AccountContext, Channel as _, Menu};
use net::{Http, HttpConfig};
use serde_json::{json, value::to_raw_value};
use stdx::{AbsPath, CancellationToken, SystemClock};
use testkit::Home;

pub(crate) async fn says_who_it_is(token: &str) -> Result<()> {
    let home = Home::new()?;
    let section = to_raw_value(&json!({ "botToken": token }))?;
    let accounts = telegram::Telegram.accounts(&section, &|_| None);
    let account = accounts.ok().and_then(|accounts| accounts.into_iter().next()).context("the token's form")?;
    let cx = AccountContext {
        http: Http::new(HttpConfig::default()),
        state: AbsPath::new(home.path().display().to_string())?,
        clock: Arc::new(SystemClock),
        menu: Menu::default(),
        cancel: CancellationToken::new(),
    };
    let probe = account.probe(cx).await?;
    ensure!(probe.profile.username.is_some_and(|name| !name.is_empty()), "a bot has a name");
    Ok(())
}
