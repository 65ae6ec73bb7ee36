//! No faster than Telegram takes it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use fakes::telegram::Moment;
use parking_lot::Mutex;

use crate::stage::Stage;

const PEOPLE: usize = 40;
const A_SECOND: usize = 30;

#[tokio::test]
async fn forty_chats_at_once_are_answered_thirty_a_second() -> anyhow::Result<()> {
    let stage = Stage::set_with(|config| {
        // The fake gives its people numbers in the order of their coming.
        let first = config["channels"]["telegram"]["allowFrom"][0].as_u64().unwrap_or_default();
        config["channels"]["telegram"]["allowFrom"] = (first..).take(PEOPLE + 1).collect();
    })
    .await?;
    let taken = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&taken);
    stage.telegram.watch(move |moment| {
        if let Moment::Taken(sent) = moment
            && sent.is_message()
        {
            seen.lock().push((Instant::now(), sent.chat));
        }
    });
    // Commands are answered at once, so that it is the network's pace that counts.
    let people: Vec<_> = (0..PEOPLE).map(|number| stage.telegram.user(&format!("p{number}"))).collect();
    people.iter().for_each(|person| {
        person.says("/whoami");
    });
    for person in &people {
        stage.telegram.expect(|sent| sent.is_message() && sent.chat == person.chat()).await;
    }
    let taken = taken.lock().clone();
    let chats: BTreeSet<i64> = taken.iter().map(|(_, chat)| *chat).collect();
    assert_eq!((taken.len(), chats.len()), (PEOPLE, PEOPLE), "each is answered once");
    for (first, next) in taken.iter().zip(taken.iter().skip(A_SECOND)) {
        assert!(next.0 - first.0 >= Duration::from_secs(1), "{:?}", next.0 - first.0);
    }
    Ok(())
}
