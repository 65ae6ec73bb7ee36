//! What operators may ask of accounts.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use channel::Descriptor;
use ids::AccountId;
use protocol::Text;
use protocol::channels::{Status, status};
use rpc::{Call, Methods, RpcError};

use crate::{Accounts, ChannelStatus};

const PATIENCE_MS: u64 = 10_000;
const SHORTEST_PATIENCE_MS: u64 = 1_000;

/// `channels.status`.
#[must_use]
pub fn methods(accounts: &Arc<Accounts>) -> Methods {
    Methods::default().on::<Status, _, _, _>(accounts, status)
}

async fn status(accounts: Arc<Accounts>, _call: Call, params: status::Params) -> Result<status::Reply, RpcError> {
    if params.probe == Some(true) {
        let patience = params.timeout_ms.map_or(PATIENCE_MS, protocol::Whole::get).max(SHORTEST_PATIENCE_MS);
        accounts.probe(Duration::from_millis(patience)).await;
    }
    reply(&accounts)
}

fn reply(accounts: &Accounts) -> Result<status::Reply, RpcError> {
    let all = accounts.status();
    let mut channels = BTreeMap::new();
    let mut channel_accounts = BTreeMap::new();
    let mut defaults = BTreeMap::new();
    for channel in &all {
        let kind = channel.descriptor.kind.to_owned();
        let summary = serde_json::value::to_raw_value(&channel.summary()).map_err(broken)?;
        channels.insert(kind.clone(), summary);
        let snapshots = channel.accounts.iter().map(|account| serde_json::from_value(account.snapshot().into()));
        channel_accounts.insert(kind.clone(), snapshots.collect::<Result<Vec<_>, _>>().map_err(broken)?);
        let default = channel.default_account().map_or_else(AccountId::default_account, |it| it.account.clone());
        defaults.insert(kind, default);
    }
    Ok(status::Reply {
        ts: u64::try_from(accounts.now_ms()).unwrap_or_default(),
        channel_order: all.iter().filter_map(|channel| Text::new(channel.descriptor.kind)).collect(),
        channel_labels: named(&all, |descriptor| descriptor.label),
        channel_detail_labels: Some(named(&all, |descriptor| descriptor.detail_label)),
        channel_system_images: Some(named(&all, |descriptor| descriptor.system_image)),
        channel_meta: Some(all.iter().filter_map(|channel| meta(channel.descriptor)).collect()),
        channels,
        channel_accounts,
        channel_default_account_id: defaults,
    })
}

fn broken(problem: serde_json::Error) -> RpcError {
    RpcError::unavailable(format!("Error: status: {problem}"))
}

fn named(all: &[ChannelStatus], label: fn(&'static Descriptor) -> &'static str) -> BTreeMap<String, Text> {
    let entry =
        |channel: &ChannelStatus| Some((channel.descriptor.kind.to_owned(), Text::new(label(channel.descriptor))?));
    all.iter().filter_map(entry).collect()
}

fn meta(descriptor: &'static Descriptor) -> Option<status::ChannelMeta> {
    Some(status::ChannelMeta {
        id: Text::new(descriptor.kind)?,
        label: Text::new(descriptor.label)?,
        detail_label: Text::new(descriptor.detail_label)?,
        system_image: Some(descriptor.system_image.to_owned()),
    })
}
