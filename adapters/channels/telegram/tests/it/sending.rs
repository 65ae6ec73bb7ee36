//! What only Telegram's sends do: formatting that is refused, files, topics, buttons.

use channel::{Button, ChannelError, Keyboard, OutboundBody, Target};
use fakes::telegram::Fault;
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::TestRunner;
use serde_json::json;

use crate::setting::{Setting, message, text, to};

const JPEG: &[u8] = b"\xff\xd8\xff\xe0 a picture";

#[tokio::test]
async fn refused_formatting_is_sent_again_as_it_was_written() {
    let setting = Setting::new().await;
    let chat = setting.telegram.user("ann").chat();
    let speaker = setting.connect().await.speaker;
    let refusal = "Bad Request: can't parse entities: Unsupported start tag \"x\" at byte offset 0";
    setting.telegram.fault("sendMessage", Fault::Refused(400, refusal.to_owned()));
    speaker.send(&text(chat, "**bold**")).await.unwrap();
    let reply = setting.telegram.expect_reply().await;
    assert_eq!((reply.raw.as_str(), reply.params.get("parse_mode")), ("**bold**", None));
    assert_eq!(setting.telegram.texts().len(), 1);
}

#[tokio::test]
async fn the_vendor_takes_whatever_a_model_writes() {
    let setting = Setting::new().await;
    let chat = setting.telegram.user("ann").chat();
    let speaker = setting.connect().await.speaker;
    let mut runner = TestRunner::deterministic();
    let wild =
        r#"x([*_~`#>|\-\[\]()<>&"!=+. 0-9a-c]|\n|\n\n|```|```rs\n|\n\| a \| b \|\n\|-\|-\|\n|<b>|</i>|&lt;){0,60}"#;
    for _ in 0..200 {
        let markdown = proptest::string::string_regex(wild).unwrap().new_tree(&mut runner).unwrap().current();
        speaker.send(&text(chat, &markdown)).await.unwrap_or_else(|error| panic!("{markdown:?}: {error}"));
    }
    let log = setting.telegram.log();
    assert!(log.iter().all(|it| it.params.get("parse_mode").is_some()), "some formatting was refused");
}

#[tokio::test]
async fn a_wide_table_that_would_not_fit_in_line_is_sent_as_written() {
    let setting = Setting::new().await;
    let chat = setting.telegram.user("ann").chat();
    let speaker = setting.connect().await.speaker;
    let rows = "| a | b |\n".repeat(200);
    let table = format!("| x | y |\n|---|---|\n{rows}| {} | z |", "w".repeat(1000));
    speaker.send(&text(chat, &table)).await.unwrap();
    assert_eq!(setting.telegram.expect_reply().await.text, table);
}

#[tokio::test]
async fn replies_topics_buttons_silence_and_previews_are_said_in_the_vendors_words() {
    let setting = Setting::new().await;
    let chat = setting.telegram.forum("Home").id();
    let speaker = setting.connect_with(json!({ "linkPreview": false })).await.unwrap().speaker;
    let target = Target { peer: chat.to_string().parse().unwrap(), thread: "7".parse().ok() };
    let mut outbound = message(target, OutboundBody::Text { markdown: "pick".to_owned() });
    outbound.reply_to = "12".parse().ok();
    outbound.silent = true;
    outbound.keyboard =
        Some(Keyboard::Inline { rows: vec![vec![Button { text: "Yes".to_owned(), data: "y".to_owned() }]] });
    speaker.send(&outbound).await.unwrap();
    let reply = setting.telegram.expect_reply().await;
    assert_eq!((reply.thread, reply.reply_to), (Some(7), Some(12)));
    let keyboard = json!({ "inline_keyboard": [[{ "text": "Yes", "callback_data": "y" }]] });
    assert_eq!(reply.params["reply_markup"], keyboard);
    assert_eq!(reply.params["disable_notification"], json!(true));
    assert_eq!(reply.params["link_preview_options"], json!({ "is_disabled": true }));
}

#[tokio::test]
async fn a_topic_that_is_gone_does_not_lose_the_answer() {
    let setting = Setting::new().await;
    let chat = setting.telegram.forum("Home").id();
    let speaker = setting.connect().await.speaker;
    let gone = "Bad Request: message thread not found";
    setting.telegram.fault("sendMessage", Fault::Refused(400, gone.to_owned()));
    let target = Target { peer: chat.to_string().parse().unwrap(), thread: "7".parse().ok() };
    let outbound = message(target, OutboundBody::Text { markdown: "here".to_owned() });
    speaker.send(&outbound).await.unwrap();
    assert_eq!(setting.telegram.expect_reply().await.thread, None);
}

#[tokio::test]
async fn each_kind_of_file_goes_the_way_it_is_shown_best() {
    let setting = Setting::new().await;
    let chat = setting.telegram.user("ann").chat();
    let speaker = setting.connect().await.speaker;
    let mut voice = setting.file("v.ogg", "audio/ogg", b"OggS");
    voice.as_voice = true;
    let files = [
        (setting.file("p.jpg", "image/jpeg", JPEG), "sendPhoto"),
        (setting.file("d.pdf", "application/pdf", b"%PDF"), "sendDocument"),
        (voice, "sendVoice"),
        (setting.file("a.mp3", "audio/mpeg", b"ID3"), "sendAudio"),
        (setting.file("m.mp4", "video/mp4", b"ftyp"), "sendVideo"),
        (setting.file("g.gif", "image/gif", b"GIF89a"), "sendAnimation"),
    ];
    for (file, method) in files {
        let content = std::fs::read(file.path.as_path()).unwrap();
        let body = OutboundBody::Media { file, caption: "**look**".to_owned() };
        speaker.send(&message(to(chat), body)).await.unwrap();
        let reply = setting.telegram.expect_reply().await;
        assert_eq!((reply.method.as_str(), reply.text.as_str()), (method, "look"));
        assert_eq!(reply.file().unwrap().content, content);
    }
}

#[tokio::test]
async fn a_picture_that_is_refused_as_one_goes_as_a_file() {
    let setting = Setting::new().await;
    let chat = setting.telegram.user("ann").chat();
    let speaker = setting.connect().await.speaker;
    let file = setting.file("odd.png", "image/png", b"no picture");
    let body = OutboundBody::Media { file, caption: String::new() };
    speaker.send(&message(to(chat), body)).await.unwrap();
    assert_eq!(setting.telegram.expect_reply().await.method, "sendDocument");
}

#[tokio::test]
async fn an_album_is_one_call_with_the_caption_at_its_first_picture_and_no_buttons() {
    let setting = Setting::new().await;
    let chat = setting.telegram.user("ann").chat();
    let speaker = setting.connect().await.speaker;
    let files = vec![setting.file("p.jpg", "image/jpeg", JPEG), setting.file("m.mp4", "video/mp4", b"ftyp")];
    let mut outbound = message(to(chat), OutboundBody::Album { files, caption: "**both**".to_owned() });
    outbound.keyboard = Some(Keyboard::Remove);
    let receipt = speaker.send(&outbound).await.unwrap();
    let album = setting.telegram.expect_reply().await;
    assert_eq!((album.method.as_str(), album.text.as_str()), ("sendMediaGroup", "both"));
    let names: Vec<&str> = album.files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!((names.as_slice(), album.params.get("reply_markup")), (["p.jpg", "m.mp4"].as_slice(), None));
    let kinds = json!([
        { "type": "photo", "media": "attach://file0", "caption": "<b>both</b>", "parse_mode": "HTML" },
        { "type": "video", "media": "attach://file1" },
    ]);
    let media: serde_json::Value = serde_json::from_str(album.params["media"].as_str().unwrap()).unwrap();
    assert_eq!((media, receipt.others.len()), (kinds, 1));
}

#[tokio::test]
async fn an_album_that_is_refused_as_a_whole_is_rejected_and_nothing_of_it_was_sent() {
    let setting = Setting::new().await;
    let chat = setting.telegram.user("ann").chat();
    let speaker = setting.connect().await.speaker;
    let files = vec![setting.file("p.jpg", "image/jpeg", JPEG), setting.file("odd.png", "image/png", b"no picture")];
    let answer = speaker.send(&message(to(chat), OutboundBody::Album { files, caption: String::new() })).await;
    assert!(matches!(answer, Err(ChannelError::Rejected(_))), "{answer:?}");
    assert!(setting.telegram.log().is_empty());
}

#[tokio::test]
async fn an_album_that_is_too_much_for_one_call_is_rejected_before_it_is_read() {
    let setting = Setting::new().await;
    let chat = setting.telegram.user("ann").chat();
    let speaker = setting.connect_with(json!({ "mediaMaxMb": 40 })).await.unwrap().speaker;
    let large = |name: &str| {
        let file = setting.file(name, "image/png", b"");
        std::fs::File::options().write(true).open(file.path.as_path()).unwrap().set_len(30 << 20).unwrap();
        file
    };
    let body = OutboundBody::Album { files: vec![large("a.png"), large("b.png")], caption: String::new() };
    let answer = speaker.send(&message(to(chat), body)).await;
    assert_eq!(answer, Err(ChannelError::Rejected("the album is larger than 50 MB".to_owned())));
    assert!(setting.telegram.log().is_empty());
}

#[tokio::test]
async fn a_file_above_the_owners_limit_goes_neither_way() {
    let setting = Setting::new().await;
    let ann = setting.telegram.user("ann");
    let mut connected = setting.connect_with(json!({ "mediaMaxMb": 0.5 })).await.unwrap();
    let file = setting.file("big.pdf", "application/pdf", &vec![0; (1 << 19) + 1]);
    let body = OutboundBody::Media { file, caption: String::new() };
    let answer = connected.speaker.send(&message(to(ann.chat()), body)).await;
    assert_eq!(answer, Err(ChannelError::Rejected("big.pdf: is larger than 0.5 MB".to_owned())));
    ann.sends_document("big.pdf", "application/pdf", vec![0; (1 << 19) + 1]);
    let batch = crate::setting::next(&mut connected).await;
    let fetched = connected.files.unwrap().fetch(&batch[0].attachments[0]).await;
    let expected = ChannelError::Rejected("the file is larger than 0.5 MB".to_owned());
    assert_eq!(fetched.err(), Some(expected));
}
