//! What every channel must do, this one does.

use async_trait::async_trait;
use channel::Target;
use conformance::channel::{SendFault, Setup, Shown, Vendor, suite};
use fakes::telegram::Fault;
use ids::MessageId;
use serde_json::json;
use stdx::AbsPath;
use telegram::Telegram;

use crate::setting::{Setting, to};

#[async_trait]
impl Vendor for Setting {
    fn section(&self) -> String {
        Setting::section(self, json!({}))
    }

    fn section_with_bad_credentials(&self) -> String {
        Setting::section(self, json!({ "botToken": "1:wrong" }))
    }

    fn says(&self, text: &str) {
        self.telegram.user("ann").says(text);
    }

    fn sends_file(&self, content: &[u8]) {
        self.telegram.user("ann").sends_document("x.bin", "application/x", content.to_vec());
    }

    async fn repeats(&self) {
        self.telegram.unpolled().await;
        self.telegram.repeat_last_update();
    }

    fn unconfirmed(&self) -> usize {
        self.telegram.unconfirmed()
    }

    async fn all_confirmed(&self) {
        self.telegram.all_confirmed().await;
    }

    fn target(&self) -> Target {
        to(self.telegram.user("ann").chat())
    }

    fn unknown_target(&self) -> Target {
        to(5)
    }

    fn taken(&self) -> Vec<String> {
        self.telegram.texts()
    }

    fn shown(&self, message: &MessageId) -> Option<Shown> {
        let chat = self.telegram.user("ann").chat();
        let post = self.telegram.post(chat, message.as_str().parse().ok()?)?;
        Some(Shown { reaction: post.reaction_of_the_bot().map(str::to_owned), text: post.text })
    }

    fn files_taken(&self) -> Vec<Vec<u8>> {
        self.telegram.log().iter().flat_map(|sent| &sent.files).map(|file| file.content.to_vec()).collect()
    }

    fn next_send(&self, fault: SendFault) {
        let fault = match fault {
            SendFault::WaitFor(time) => Fault::TooManyRequests(time.as_secs()),
            SendFault::BreakBefore => Fault::DropBefore,
            SendFault::BreakAfter => Fault::DropAfter,
        };
        self.telegram.fault("sendMessage", fault);
    }

    async fn cut(&self) {
        self.telegram.polled().await;
        self.telegram.cut().await.unwrap();
    }

    async fn offline(&self) {
        self.telegram.offline().await;
    }

    async fn online(&self) {
        self.telegram.online().await.unwrap();
    }
}

#[tokio::test]
async fn every_promise_of_a_channel_is_kept() {
    let setting = Setting::new().await;
    let state = AbsPath::new(setting.folder.path()).unwrap();
    let kept = suite(Setup { channel: &Telegram, vendor: &setting, state: &state }).await;
    assert_eq!(kept, Ok(()), "{}", kept.clone().unwrap_err());
}
