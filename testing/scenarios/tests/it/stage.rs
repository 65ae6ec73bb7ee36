//! The usual stage: a gateway with a fake model and a fake Telegram whose user `ann` is let in.

use fakes::{FakeModel, FakeTelegram};
use serde_json::Value;
use testkit::{TestGateway, config_for};

/// Everything a story needs.
pub(crate) struct Stage {
    pub(crate) gateway: TestGateway,
    pub(crate) model: FakeModel,
    pub(crate) telegram: FakeTelegram,
}

impl Stage {
    /// With `ann` on the allow list.
    pub(crate) async fn set() -> anyhow::Result<Self> {
        Self::set_with(|_| {}).await
    }

    /// With a config that the story changes.
    pub(crate) async fn set_with(change: impl FnOnce(&mut Value)) -> anyhow::Result<Self> {
        Self::set_for(|config, _| change(config)).await
    }

    /// With a config that names people and groups.
    pub(crate) async fn set_for(change: impl FnOnce(&mut Value, &FakeTelegram)) -> anyhow::Result<Self> {
        let model = FakeModel::start().await?;
        let telegram = FakeTelegram::start().await?;
        let ann = telegram.user("ann").id();
        let mut config = config_for(Some(&model), Some((&telegram, &[ann])));
        change(&mut config, &telegram);
        let gateway = TestGateway::start(&config).await?;
        Ok(Self { gateway, model, telegram })
    }

    /// Waits until the status of the Telegram account says so, asking again and again.
    pub(crate) async fn account_is(&self, fact: &str) -> anyhow::Result<()> {
        self.account_says(fact, true).await
    }

    /// The same for what is not so.
    pub(crate) async fn account_is_not(&self, fact: &str) -> anyhow::Result<()> {
        self.account_says(fact, false).await
    }

    async fn account_says(&self, fact: &str, wanted: bool) -> anyhow::Result<()> {
        let chat = self.gateway.chat("main").await?;
        let asked = async {
            loop {
                let status = chat.call("channels.status", &serde_json::json!({})).await?;
                if status["channelAccounts"]["telegram"][0][fact] == wanted {
                    return anyhow::Ok(());
                }
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(15), asked).await?
    }

    /// Reads what became of the last message on Telegram.
    pub(crate) async fn explained(&self) -> anyhow::Result<Value> {
        self.gateway.cli_json(&["explain", "last", "--channel", "telegram", "--json"]).await
    }
}
