//! One configured bot: how it connects and what it can do then.

use std::sync::Arc;

use async_trait::async_trait;
use channel::{Account, AccountContext, ChannelError, Connected, Drafts, Guarantee, Listener, Probe, Profile, Webhook};
use ids::AccountId;
use net::Url;
use serde_json::{Map, Value, json};
use stdx::{Entropy as _, OsEntropy, Secret};

use crate::{
    actions::Hands,
    api::Api,
    config::{Settings, WebhookSettings},
    draft::Pencil,
    files::Drawer,
    listen::{Poller, Reader},
    offset::OffsetFile,
    send::Voice,
    update::{ALLOWED, Me},
    webhook,
};

#[derive(Debug)]
pub(crate) struct Bot {
    settings: Settings,
}

impl Bot {
    pub(crate) fn new(settings: Settings) -> Self {
        Self { settings }
    }

    fn api(&self, cx: &AccountContext) -> Result<Api, ChannelError> {
        let token = self.settings.token.clone();
        let token = token.ok_or_else(|| ChannelError::Auth("no bot token is configured".to_owned()))?;
        Ok(Api::new(cx.http.clone(), &self.settings.api_root, token, self.settings.patience))
    }
}

#[async_trait]
impl Account for Bot {
    fn id(&self) -> &AccountId {
        &self.settings.id
    }

    fn name(&self) -> Option<&str> {
        self.settings.name.as_deref()
    }

    fn enabled(&self) -> bool {
        self.settings.enabled
    }

    fn is_configured(&self) -> bool {
        self.settings.token.is_some()
    }

    fn proxy(&self) -> Option<&Url> {
        self.settings.proxy.as_ref()
    }

    fn fingerprint(&self) -> u64 {
        self.settings.fingerprint()
    }

    fn facts(&self) -> Map<String, Value> {
        let mode = if self.settings.webhook.is_some() { "webhook" } else { "polling" };
        let mut facts = Map::new();
        facts.insert("tokenSource".to_owned(), self.settings.token_source.as_str().into());
        facts.insert("mode".to_owned(), mode.into());
        facts.insert("allowUnmentionedGroups".to_owned(), self.settings.allow_unmentioned_groups.into());
        facts
    }

    async fn connect(&self, cx: AccountContext) -> Result<Connected, ChannelError> {
        let api = self.api(&cx)?;
        let me: Me = api.call("getMe", &json!({})).await?;
        let reader = Reader::new(api.clone(), me.clone(), &cx.cancel);
        let (listener, door): (Box<dyn Listener>, Option<Arc<dyn Webhook>>) = match &self.settings.webhook {
            Some(settings) => {
                let secret = settings.secret.clone().unwrap_or_else(random_secret);
                ask_to_be_called(&api, settings, &secret).await?;
                let (door, called) = webhook::open(settings.path.clone(), secret, reader);
                (Box::new(called), Some(door))
            }
            None => {
                // Telegram refuses polls while it has an address to call. What waits there is kept.
                api.tell("deleteWebhook", &json!({ "drop_pending_updates": false })).await?;
                let file = OffsetFile::open(&cx.state, self.settings.id.as_str(), me.id).await;
                (Box::new(Poller::new(api.clone(), reader, file)), None)
            }
        };
        self.settings.menu.show(cx.menu, &api).await;
        Ok(Connected {
            profile: profile(&me),
            listener,
            speaker: Arc::new(Voice::new(api.clone(), self.settings.link_preview, self.settings.largest_file)),
            actions: Some(Arc::new(Hands::new(api.clone(), self.settings.link_preview))),
            webhook: door,
            // Without topics in its private chats a bot has no place for drafts.
            drafts: me.has_topics_enabled.then(|| Arc::new(Pencil::new(api.clone())) as Arc<dyn Drafts>),
            files: Some(Arc::new(Drawer::new(api, self.settings.largest_file))),
            reconcile: None,
            guarantee: Guarantee::None,
        })
    }

    async fn probe(&self, cx: AccountContext) -> Result<Probe, ChannelError> {
        let api = self.api(&cx)?;
        let me: Me = api.call("getMe", &json!({})).await?;
        let bot = json!({
            "id": me.id,
            "username": me.username,
            "canJoinGroups": me.can_join_groups,
            "canReadAllGroupMessages": me.can_read_all_group_messages,
        });
        let mut facts = Map::new();
        facts.insert("bot".to_owned(), bot);
        if let Ok(Value::Object(hook)) = api.call::<Value>("getWebhookInfo", &json!({})).await {
            facts.insert("webhook".to_owned(), json!({ "url": hook.get("url") }));
        }
        Ok(Probe { profile: profile(&me), facts })
    }
}

fn profile(me: &Me) -> Profile {
    Profile {
        id: me.id.to_string(),
        username: me.username.clone(),
        display_name: Some(me.first_name.clone()).filter(|name| !name.is_empty()),
    }
}

/// Without a configured secret each connection has its own: an open door is never an option.
fn random_secret() -> Secret<String> {
    Secret::new(format!("{:016x}{:016x}", OsEntropy.next_u64(), OsEntropy.next_u64()))
}

async fn ask_to_be_called(api: &Api, settings: &WebhookSettings, secret: &Secret<String>) -> Result<(), ChannelError> {
    let params = json!({
        "url": settings.url,
        "secret_token": secret.expose(),
        "allowed_updates": ALLOWED,
        "drop_pending_updates": false,
    });
    Ok(api.tell("setWebhook", &params).await?)
}
