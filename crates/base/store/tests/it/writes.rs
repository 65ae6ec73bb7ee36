//! Writing: alone, in groups, beside failing neighbours, on a full disk.

use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;

use futures_util::future::join_all;
use parking_lot::Mutex;
use store::{Store, StoreError};

use crate::{folder, insert, notes, open};

#[tokio::test]
async fn a_failing_transaction_takes_no_neighbour_with_it() {
    let folder = folder();
    let store = open(&folder);
    let texts = ["a", "b", "a", "c"];
    let results = join_all(texts.map(|text| insert(&store, text))).await;
    assert_eq!(results.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, true, false, true]);
    assert_eq!(notes(&store), ["a", "b", "c"]);
}

#[tokio::test]
async fn what_a_closure_wrote_before_it_gave_up_is_undone() {
    let folder = folder();
    let store = open(&folder);
    let gave_up = store
        .write(|tx| -> Result<(), StoreError> {
            tx.execute("INSERT INTO notes (text) VALUES ('half')", [])?;
            Err(StoreError::abandoned("changed my mind"))
        })
        .await;
    assert_eq!(gave_up, Err(StoreError::Abandoned("changed my mind".to_owned())));
    assert!(notes(&store).is_empty());
}

#[tokio::test]
async fn a_panic_in_a_transaction_is_told_to_its_caller_and_the_writer_lives_on() {
    let folder = folder();
    let store = open(&folder);
    let failed = store
        .write(|tx| -> Result<(), StoreError> {
            tx.execute("INSERT INTO notes (text) VALUES ('half')", [])?;
            panic!("no such row")
        })
        .await;
    assert_eq!(failed, Err(StoreError::Panicked("no such row".to_owned())));
    insert(&store, "next").await.unwrap();
    assert_eq!(notes(&store), ["next"]);
}

#[tokio::test]
async fn hooks_run_in_the_order_of_commits_and_not_for_what_was_undone() {
    let folder = folder();
    let store = open(&folder);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let write = |number: i32, keep: bool| {
        let seen = Arc::clone(&seen);
        store.write(move |tx| {
            tx.after_commit(move || seen.lock().push(number));
            if keep { Ok(()) } else { Err(StoreError::abandoned("no")) }
        })
    };
    join_all([write(1, true), write(2, false), write(3, true)]).await;
    assert_eq!(*seen.lock(), [1, 3]);
}

#[tokio::test]
async fn a_full_disk_is_said_as_such_and_the_store_works_again_after_room_was_made() {
    let folder = folder();
    let store = open(&folder);
    let limit = |pages: u32| {
        let sql = format!("PRAGMA max_page_count = {pages}");
        store.write(move |tx| tx.first(&sql, [], |row| row.get::<_, i64>(0)))
    };
    limit(1).await.unwrap();
    let long = "x".repeat(200_000);
    let results = join_all([insert(&store, &long), insert(&store, "short")]).await;
    assert_eq!(results[0], Err(StoreError::DiskFull));
    limit(1_000_000).await.unwrap();
    insert(&store, &long).await.unwrap();
    // What was told to be written is there, and nothing else.
    let expected: Vec<String> = results[1].is_ok().then(|| "short".to_owned()).into_iter().chain([long]).collect();
    assert_eq!(notes(&store), expected);
}

#[tokio::test]
async fn everything_queued_before_the_close_is_written_and_later_writes_are_refused() {
    let folder = folder();
    let store = open(&folder);
    let writes = tokio::join!(insert(&store, "a"), insert(&store, "b"));
    assert!(writes.0.is_ok() && writes.1.is_ok());
    store.close_blocking();
    assert_eq!(insert(&store, "late").await, Err(StoreError::Closed));
    assert_eq!(notes(&open(&folder)), ["a", "b"]);
}

#[tokio::test]
async fn a_reader_sees_what_another_process_wrote_and_cannot_write() {
    let folder = folder();
    let store = open(&folder);
    insert(&store, "a").await.unwrap();
    let reader = Store::open_read_only(&folder.path).unwrap();
    assert_eq!(notes(&reader), ["a"]);
    assert_eq!(insert(&reader, "b").await, Err(StoreError::ReadOnly));
    assert_eq!(reader.fence(), None);
}

#[tokio::test]
async fn a_process_that_was_taken_over_can_write_no_more() {
    let folder = folder();
    let (first, second) = (open(&folder), open(&folder));
    assert!(first.fence() < second.fence());
    assert_eq!(insert(&first, "old").await, Err(StoreError::Fenced));
    insert(&second, "new").await.unwrap();
    assert_eq!(notes(&second), ["new"]);
}

#[tokio::test]
async fn the_files_are_private_to_their_owner() {
    let folder = folder();
    let store = open(&folder);
    insert(&store, "a").await.unwrap();
    for suffix in ["", "-wal", "-shm"] {
        let mode = std::fs::metadata(folder.path.with_suffix(suffix)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{suffix}");
    }
}

#[tokio::test]
async fn the_log_of_a_busy_program_is_written_in_place() {
    let folder = folder();
    let store = open(&folder);
    let length = || std::fs::metadata(folder.path.with_suffix("-wal")).unwrap().len();
    insert(&store, "a").await.unwrap();
    assert!(length() < 1 << 20, "few words need no room: {}", length());
    for number in 0..100 {
        insert(&store, &format!("{number:0500}")).await.unwrap();
    }
    let roomy = length();
    for number in 100..1_000 {
        insert(&store, &format!("{number:0500}")).await.unwrap();
    }
    assert_eq!(length(), roomy, "a commit lengthened the file");
    // As after a power cut: the next process reads the log's file itself.
    let copy = self::folder();
    for suffix in ["", "-wal"] {
        std::fs::copy(folder.path.with_suffix(suffix), copy.path.with_suffix(suffix)).unwrap();
    }
    assert_eq!(notes(&open(&copy)).len(), 1_001, "the zeros behind the log are no words");
}

#[tokio::test]
async fn the_log_does_not_grow_without_end() {
    let folder = folder();
    let store = open(&folder);
    for number in 0..3_000 {
        insert(&store, &format!("{number:0500}")).await.unwrap();
    }
    let log = std::fs::metadata(folder.path.with_suffix("-wal")).unwrap().len();
    assert!(log <= 16 * 1024 * 1024, "{log}");
    store.close_blocking();
    assert_eq!(notes(&open(&folder)).len(), 3_000);
}

#[tokio::test]
async fn a_database_that_cannot_be_written_is_said_to_be_read_only() {
    let folder = folder();
    let store = open(&folder);
    store.write(|tx| tx.execute("PRAGMA query_only = ON", [])).await.unwrap();
    assert_eq!(insert(&store, "a").await, Err(StoreError::ReadOnly));
    assert!(notes(&store).is_empty());
}
