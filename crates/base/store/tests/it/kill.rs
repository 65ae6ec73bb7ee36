//! A process that is killed while it commits in groups: what it told is there, in order, and the file is sound.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use futures_util::future::join_all;
use stdx::{AbsPath, Entropy as _, SeededEntropy};

use crate::{NOTES, clock, folder, insert, notes};

const PATH: &str = "STORE_KILL_TEST_PATH";

/// The child's part; does nothing in a usual run.
#[tokio::test]
async fn the_child_of_the_kill_test_writes_until_it_is_killed() {
    let Some(path) = std::env::var_os(PATH) else { return };
    let store = store::Store::open(&AbsPath::new(path).unwrap(), NOTES, clock()).unwrap();
    for round in 0.. {
        let writes = (0..8).map(|task| {
            let (store, text) = (store.clone(), format!("{round:05} {task}"));
            async move {
                insert(&store, &text).await.unwrap();
                // The line that promises it.
                eprintln!("told {text}");
            }
        });
        join_all(writes).await;
    }
}

#[test]
fn what_was_told_before_a_kill_is_there_after_it() {
    for seed in 0..8 {
        let folder = folder();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "kill::the_child_of_the_kill_test_writes_until_it_is_killed", "--nocapture"])
            .env(PATH, folder.path.as_path())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut told = Vec::new();
        let kill_after = SeededEntropy::new(seed).below(300);
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        for line in lines.by_ref() {
            told.extend(line.unwrap().strip_prefix("told ").map(str::to_owned));
            if told.len() as u64 > kill_after {
                break;
            }
        }
        child.kill().unwrap();
        child.wait().unwrap();
        told.extend(lines.map_while(Result::ok).filter_map(|line| line.strip_prefix("told ").map(str::to_owned)));
        let store = crate::open(&folder);
        let found = notes(&store);
        let missing: Vec<_> = told.iter().filter(|text| !found.contains(text)).collect();
        assert!(missing.is_empty(), "seed {seed}: {missing:?}");
        assert!(found.is_sorted(), "seed {seed}");
        let sound: Option<String> =
            store.read_blocking(|view| view.first("PRAGMA integrity_check", [], |row| row.get(0))).unwrap();
        assert_eq!(sound.as_deref(), Some("ok"));
    }
}
