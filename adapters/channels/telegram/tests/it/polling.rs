//! What only Telegram's polls do: conflicts, offsets, albums, cut texts, topics.

use bytes::Bytes;
use channel::{Addressed, Change, ChannelError, MergeKey};
use fakes::telegram::Fault;
use serde_json::json;

use crate::setting::{Setting, next};

#[tokio::test]
async fn a_second_poller_is_a_conflict_and_not_a_broken_connection() {
    let setting = Setting::new().await;
    let mut connected = setting.connect().await;
    setting.telegram.fault("getUpdates", Fault::Conflict);
    assert!(matches!(connected.listener.next().await, Err(ChannelError::Conflict(_))));
    setting.telegram.fault("getUpdates", Fault::BadGateway);
    assert!(matches!(connected.listener.next().await, Err(ChannelError::Unknown(_))));
    setting.telegram.user("ann").says("hi");
    assert_eq!(next(&mut connected).await.len(), 1);
}

#[tokio::test]
async fn two_bots_with_one_token_hear_of_each_other() {
    let setting = Setting::new().await;
    let (mut one, mut two) = (setting.connect().await, setting.connect().await);
    let answers = tokio::select! {
        answer = one.listener.next() => answer,
        answer = two.listener.next() => answer,
    };
    assert!(matches!(answers, Err(ChannelError::Conflict(_))), "{answers:?}");
}

#[tokio::test]
async fn the_offset_is_written_when_more_is_asked_for() {
    let setting = Setting::new().await;
    let mut connected = setting.connect().await;
    setting.telegram.user("ann").says("hi");
    let event = next(&mut connected).await.remove(0).event;
    let file = setting.folder.path().join("update-offset-default.json");
    assert!(!file.exists());
    tokio::select! {
        () = setting.telegram.all_confirmed() => {}
        more = connected.listener.next() => panic!("{more:?}"),
    }
    let content: serde_json::Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    assert_eq!(content.get("lastUpdateId").unwrap().to_string(), event);
}

#[tokio::test]
async fn an_album_and_a_cut_text_carry_keys_to_be_joined_by() {
    let setting = Setting::new().await;
    let ann = setting.telegram.user("ann");
    ann.sends_album(&[Bytes::from_static(b"\xff\xd8a"), Bytes::from_static(b"\xff\xd8b")], "two");
    ann.says(&"long ".repeat(2000));
    let mut connected = setting.connect().await;
    let batch = next(&mut connected).await;
    let keys: Vec<Option<MergeKey>> = batch.iter().map(|inbound| inbound.merge.clone()).collect();
    assert_eq!(keys.len(), 5);
    assert!(matches!((&keys[0], &keys[1]), (Some(MergeKey::Album(one)), Some(MergeKey::Album(two))) if one == two));
    assert!(matches!(&keys[2], Some(MergeKey::SplitText(_))));
    assert!(keys[3] == keys[2] && keys[4] == keys[2]);
    let text: String = batch[2..].iter().map(|inbound| inbound.text.as_str()).collect();
    assert_eq!(text, "long ".repeat(2000));
}

#[tokio::test]
async fn a_mention_in_a_topic_a_reply_and_a_button_reach_us_as_such() {
    let setting = Setting::new().await;
    let mut connected = setting.connect().await;
    let ann = setting.telegram.forum("Home").topic(7).user("ann");
    ann.mentions("hello");
    let sent = connected.speaker.send(&crate::setting::text(ann.chat(), "what?")).await.unwrap();
    let number = sent.message.as_str().parse().unwrap();
    ann.replies(number, "nothing");
    ann.presses(number, "later");
    let batch = next(&mut connected).await;
    let facts: Vec<_> = batch.iter().map(|it| (it.text.as_str(), it.addressed)).collect();
    let expected = [
        ("@fake_clawd_bot hello", Addressed::Mentioned),
        ("nothing", Addressed::Replied),
        ("callback_data: later", Addressed::Replied),
    ];
    assert_eq!(facts, expected);
    assert_eq!(batch[0].thread.as_ref().unwrap().as_str(), "7");
    assert_eq!(batch[1].reply_to.as_ref().unwrap().text.as_deref(), Some("what?"));
    setting.telegram.expect(|it| it.method == "answerCallbackQuery").await;
}

#[tokio::test]
async fn an_edit_that_overtakes_its_message_is_still_told_apart() {
    let setting = Setting::new().await;
    let mut connected = setting.connect().await;
    setting.telegram.user("ann").says_after_its_edit("first", "second");
    let batch = next(&mut connected).await;
    let facts: Vec<_> = batch.iter().map(|it| (it.text.as_str(), it.change)).collect();
    assert_eq!(facts, [("second", Change::Edited), ("first", Change::New)]);
    assert!(batch[0].message == batch[1].message && batch[0].event != batch[1].event);
}

#[tokio::test]
async fn an_update_that_cannot_be_read_does_not_hold_up_the_others() {
    let setting = Setting::new().await;
    let ann = setting.telegram.user("ann");
    ann.posts(json!({ "text": 7 }));
    ann.posts(json!({ "new_chat_title": "x" }));
    ann.says("fine");
    let mut connected = setting.connect().await;
    let texts: Vec<String> = next(&mut connected).await.into_iter().map(|it| it.text).collect();
    assert_eq!(texts, ["fine"]);
}

#[tokio::test]
async fn a_file_above_the_limit_is_refused_before_its_bytes_come() {
    let setting = Setting::new().await;
    let mut connected = setting.connect().await;
    setting.telegram.user("ann").sends_document("big.bin", "application/x", vec![0; (20 << 20) + 1]);
    let mut file = next(&mut connected).await.remove(0).attachments.remove(0);
    let files = connected.files.unwrap();
    let too_large = Some(ChannelError::Rejected("the file is larger than 5 MB".to_owned()));
    assert_eq!(files.fetch(&file).await.err(), too_large);
    file.size = None;
    assert_eq!(files.fetch(&file).await.err(), too_large);
}

#[tokio::test]
async fn a_probe_says_who_the_bot_is_and_leaves_the_connection_alone() {
    let setting = Setting::new().await;
    let account = setting.account(json!({}));
    let probe = account.probe(setting.cx()).await.unwrap();
    assert_eq!(probe.profile.username.as_deref(), Some("fake_clawd_bot"));
    assert_eq!(probe.facts["bot"]["canReadAllGroupMessages"], json!(false));
    assert_eq!(setting.telegram.log(), []);
}
