//! Pairing stores that two programs share.

use std::{collections::BTreeMap, fs, sync::Arc};

use config::Live;
use ids::{ChannelKind, SenderId};
use pairing::{ApproveError, Pairing, PairingOutcome, Settings};
use stdx::{AbsPath, ManualClock, SeededEntropy};

struct House {
    folder: tempfile::TempDir,
    pairing: Arc<Pairing>,
    clock: ManualClock,
}

fn house() -> House {
    let folder = tempfile::tempdir().unwrap();
    let clock = ManualClock::new(1_795_166_309_450);
    let state_dir = AbsPath::new(folder.path()).unwrap();
    let entropy = Arc::new(SeededEntropy::new(1));
    let pairing = Pairing::new(&state_dir, Live::fixed(Settings::default()), Arc::new(clock.clone()), entropy);
    House { folder, pairing, clock }
}

fn telegram() -> ChannelKind {
    "telegram".parse().unwrap()
}

fn sender(id: &str) -> SenderId {
    id.parse().unwrap()
}

impl House {
    async fn code(&self, id: &str) -> String {
        match self.pairing.request(&telegram(), &sender(id), BTreeMap::new()).await.unwrap() {
            PairingOutcome::New(code) | PairingOutcome::Known(code) => code,
            PairingOutcome::Full => panic!("full"),
        }
    }

    fn file(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join("credentials").join(name)
    }
}

#[tokio::test]
async fn a_stranger_with_an_approved_code_is_known_from_then_on() {
    let house = house();
    let code = house.code("42").await;
    assert!(!house.pairing.is_allowed(&telegram(), &sender("42")));
    let approved = house.pairing.approve(&telegram(), &code.to_lowercase()).await.unwrap();
    assert_eq!(approved.sender, sender("42"));
    assert!(house.pairing.is_allowed(&telegram(), &sender("42")));
    assert!(!house.pairing.is_allowed(&telegram(), &sender("43")));
    let again = house.pairing.approve(&telegram(), &code).await;
    assert!(matches!(again, Err(ApproveError::UnknownCode)));
    assert!(house.pairing.waiting(None).await.unwrap().is_empty());
    let stored = fs::read_to_string(house.file("telegram-allowFrom.json")).unwrap();
    let stored: serde_json::Value = serde_json::from_str(&stored).unwrap();
    assert_eq!(stored, serde_json::json!({"version": 1, "allowFrom": ["42"]}));
}

#[tokio::test]
async fn what_another_program_writes_counts_at_once_and_is_kept() {
    let house = house();
    assert!(!house.pairing.is_allowed(&telegram(), &sender("7")));
    fs::create_dir_all(house.folder.path().join("credentials")).unwrap();
    fs::write(house.file("telegram-allowFrom.json"), r#"{"version":1,"allowFrom":["7",8],"theirs":true}"#).unwrap();
    assert!(house.pairing.is_allowed(&telegram(), &sender("7")));
    assert!(house.pairing.is_allowed(&telegram(), &sender("8")));
    let code = house.code("42").await;
    house.pairing.approve(&telegram(), &code).await.unwrap();
    let stored = fs::read_to_string(house.file("telegram-allowFrom.json")).unwrap();
    let stored: serde_json::Value = serde_json::from_str(&stored).unwrap();
    assert_eq!(stored, serde_json::json!({"version": 1, "allowFrom": ["7", 8, "42"], "theirs": true}));
}

#[tokio::test]
async fn a_store_that_cannot_be_read_lets_nobody_in_and_is_not_written_over() {
    let house = house();
    fs::create_dir_all(house.folder.path().join("credentials")).unwrap();
    for name in ["telegram-allowFrom.json", "telegram-pairing.json"] {
        fs::write(house.file(name), "{ torn").unwrap();
    }
    assert!(!house.pairing.is_allowed(&telegram(), &sender("7")));
    assert!(house.pairing.request(&telegram(), &sender("7"), BTreeMap::new()).await.is_err());
    assert!(house.pairing.allow(&telegram(), &sender("7")).await.is_err());
    let broken = Pairing::broken(&AbsPath::new(house.folder.path()).unwrap());
    assert_eq!(broken.len(), 2, "{broken:?}");
    for name in ["telegram-pairing.json", "telegram-allowFrom.json"] {
        assert!(broken.iter().any(|told| told.contains(name)), "{name}: {broken:?}");
        assert_eq!(fs::read_to_string(house.file(name)).unwrap(), "{ torn");
    }
}

#[tokio::test]
async fn waiting_strangers_are_listed_until_their_hour_is_over() {
    let house = house();
    let meta = BTreeMap::from([("name".to_owned(), "Ann".to_owned()), ("accountId".to_owned(), "main".to_owned())]);
    house.pairing.request(&telegram(), &sender("42"), meta).await.unwrap();
    let waiting = house.pairing.waiting(None).await.unwrap();
    assert_eq!(waiting.len(), 1);
    assert_eq!(waiting[0].approved.name.as_deref(), Some("Ann"));
    assert_eq!(waiting[0].approved.account.as_ref().unwrap().as_str(), "main");
    assert_eq!(waiting[0].expires_at - waiting[0].created_at, 3_600_000);
    house.clock.advance(std::time::Duration::from_secs(3_601));
    assert!(house.pairing.waiting(Some(&telegram())).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_sender_who_is_removed_is_a_stranger_again_however_they_were_written_down() {
    let house = house();
    fs::create_dir_all(house.folder.path().join("credentials")).unwrap();
    let theirs = r#"{"version":1,"allowFrom":["7",8,"telegram:8"],"theirs":true}"#;
    fs::write(house.file("telegram-allowFrom.json"), theirs).unwrap();
    let code = house.code("8").await;
    assert!(house.pairing.remove(&telegram(), &sender("8")).await.unwrap());
    assert!(!house.pairing.is_allowed(&telegram(), &sender("8")));
    assert!(house.pairing.is_allowed(&telegram(), &sender("7")));
    let again = house.pairing.approve(&telegram(), &code).await;
    assert!(matches!(again, Err(ApproveError::UnknownCode)), "the code is gone too");
    assert!(!house.pairing.remove(&telegram(), &sender("8")).await.unwrap());
    let stored: serde_json::Value =
        serde_json::from_slice(&fs::read(house.file("telegram-allowFrom.json")).unwrap()).unwrap();
    assert_eq!(stored, serde_json::json!({"version": 1, "allowFrom": ["7"], "theirs": true}));
}
