//! Older and newer releases open the same file, unless it says that they cannot.

use store::{Migration, Store, StoreError};

use crate::{NOTES, clock, folder, insert, notes, open};

const LATER: &[Migration] = &[
    Migration { owner: "test", version: 1, sql: "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT UNIQUE)" },
    Migration { owner: "test", version: 2, sql: "ALTER TABLE notes ADD COLUMN colour TEXT" },
    Migration { owner: "newcomer", version: 1, sql: "CREATE TABLE things (id INTEGER PRIMARY KEY)" },
];

#[tokio::test]
async fn the_previous_release_opens_what_the_next_one_wrote_and_the_next_opens_it_again() {
    let folder = folder();
    insert(&open(&folder), "old").await.unwrap();
    {
        let next = Store::open(&folder.path, LATER, clock()).unwrap();
        let add = "INSERT INTO notes (text, colour) VALUES ('new', 'red')";
        next.write(|tx| tx.execute(add, [])).await.unwrap();
    }
    let previous = open(&folder);
    insert(&previous, "old again").await.unwrap();
    assert_eq!(notes(&previous), ["old", "new", "old again"]);
    drop(previous);
    assert_eq!(notes(&Store::open(&folder.path, LATER, clock()).unwrap()).len(), 3);
}

#[test]
fn a_later_layout_is_refused_with_both_numbers() {
    let folder = folder();
    drop(open(&folder));
    rusqlite::Connection::open(&folder.path).unwrap().pragma_update(None, "user_version", 9).unwrap();
    let refused = Store::open(&folder.path, NOTES, clock()).unwrap_err();
    assert_eq!(refused, StoreError::TooNew { found: 9, known: 1 });
}

#[test]
fn a_file_that_is_no_database_is_named_damaged_and_left_as_it_is() {
    let folder = folder();
    std::fs::write(&folder.path, "this is a text about databases, long enough to look like something").unwrap();
    assert!(matches!(Store::open(&folder.path, NOTES, clock()), Err(StoreError::Damaged(_))));
    assert!(std::fs::read_to_string(&folder.path).unwrap().starts_with("this is a text"));
}

#[test]
fn another_programs_database_is_refused() {
    let folder = folder();
    rusqlite::Connection::open(&folder.path).unwrap().execute_batch("CREATE TABLE theirs (a)").unwrap();
    assert!(matches!(Store::open(&folder.path, NOTES, clock()), Err(StoreError::Damaged(_))));
}
