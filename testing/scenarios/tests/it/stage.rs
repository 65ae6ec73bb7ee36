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
        let model = FakeModel::start().await?;
        let telegram = FakeTelegram::start().await?;
        let ann = telegram.user("ann").id();
        let mut config = config_for(Some(&model), Some((&telegram, &[ann])));
        change(&mut config);
        let gateway = TestGateway::start(&config).await?;
        Ok(Self { gateway, model, telegram })
    }

    /// Reads what became of the last message on Telegram.
    pub(crate) async fn explained(&self) -> anyhow::Result<Value> {
        self.gateway.cli_json(&["explain", "last", "--channel", "telegram", "--json"]).await
    }
}
