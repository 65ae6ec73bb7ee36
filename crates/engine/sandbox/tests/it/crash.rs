//! `kill -9` of the program that runs commands. The program is this very test binary, asked to play one.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use sandbox::Config;
use serde_json::json;
use stdx::{AbsPath, ManualClock, SystemClock};
use store::Store;

use crate::room::{PATIENCE, Room};
use crate::trees::{living, write_stubborn};

/// Tells the binary which folder to play a program in.
const PLAY: &str = "SANDBOX_TEST_PLAY_IN";

#[tokio::test]
async fn a_background_command_cut_off_by_kill_9_is_reported_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let me = std::env::current_exe().unwrap();
    let mut program = Command::new(me)
        .args(["--exact", "crash::the_program_that_will_be_killed", "--nocapture", "--test-threads=1"])
        .env(PLAY, folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(program.stdout.take().unwrap()).lines();
    let id = lines.find_map(|line| line.unwrap().strip_prefix("the command is ").map(str::to_owned)).unwrap();
    program.kill().unwrap();
    program.wait().unwrap();
    let pids = std::fs::read_to_string(folder.path().join("clawd/pids")).unwrap();
    assert!(living(&pids).len() >= 3, "{pids:?}");

    let store = open(&folder);
    let room = Room::over(folder, store, Config::default(), &[]);
    let found = room.processes.recover(&room.worlds).await.unwrap();
    let [cut_off] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((cut_off.id.0.as_str(), cut_off.session.to_string()), (id.as_str(), "agent:main:main".to_owned()));
    assert!(cut_off.killed >= 3, "{cut_off:?}");
    let pids = std::fs::read_to_string(room.at("pids")).unwrap();
    assert_eq!(living(&pids), Vec::<String>::new());

    let listed = room.says("process", json!({"action": "list"})).await;
    assert_eq!(listed, format!("{id}: interrupted when the gateway stopped: python3 stubborn.py; true"));
    let polled = room.refuses("process", json!({"action": "poll", "sessionId": id})).await;
    assert!(polled.starts_with(&format!("{id} was interrupted when the gateway stopped unexpectedly")), "{polled}");

    // It is reported at every start until a turn of its session held the report.
    let again = room.processes.recover(&room.worlds).await.unwrap();
    assert_eq!(again.iter().map(|cut| (&cut.id, cut.killed)).collect::<Vec<_>>(), [(&cut_off.id, 0)]);
    for (session, text, left) in [
        ("agent:main:main", "good morning".to_owned(), 1),
        ("agent:main:other", cut_off.report(), 1),
        ("agent:main:main", format!("System: {}\n\ngood morning", cut_off.report()), 0),
    ] {
        let (processes, session) = (Arc::clone(&room.processes), session.parse().unwrap());
        room.store.write(move |tx| processes.told(tx, &session, &text)).await.unwrap();
        let open = "SELECT count(*) FROM commands WHERE ended_at IS NULL AND mark <> ''";
        let open: Vec<i64> = room.store.read(move |view| view.query(open, [], |row| row.get(0))).await.unwrap();
        assert_eq!(open, [left]);
    }
    let listed = room.says("process", json!({"action": "list"})).await;
    assert!(listed.contains(&id), "{listed}");
    assert_eq!(room.processes.recover(&room.worlds).await.unwrap(), []);
}

#[tokio::test]
async fn an_ended_command_is_forgotten_at_the_first_start_a_week_later() {
    let clock = ManualClock::new(1_769_000_000_000);
    let room = Room::with_clock(Arc::new(clock.clone()));
    room.says("exec", json!({"command": "true"})).await;
    // Its end is on record when nothing is left to be closed.
    room.processes.stop(PATIENCE).await;
    let kept = async || {
        room.processes.recover(&room.worlds).await.unwrap();
        let all = "SELECT ended_at IS NOT NULL FROM commands";
        room.store.read(move |view| view.query(all, [], |row| row.get::<_, bool>(0))).await.unwrap()
    };
    assert_eq!(kept().await, [true]);
    clock.advance(Duration::from_secs(7 * 24 * 3_600));
    assert_eq!(kept().await, [true]);
    clock.advance(Duration::from_millis(1));
    assert_eq!(kept().await, [] as [bool; 0]);
}

/// Does nothing unless the test above asks for it.
#[tokio::test]
async fn the_program_that_will_be_killed() {
    let Some(path) = std::env::var_os(PLAY) else { return };
    let folder = tempfile::Builder::new().prefix("own").tempdir_in(path.clone()).unwrap();
    let store = open_at(std::path::Path::new(&path));
    let mut room = Room::over(folder, store, Config::default(), &[]);
    // The workspace is the one the other process looks into.
    let shared = AbsPath::new(std::path::Path::new(&path).canonicalize().unwrap().join("clawd")).unwrap();
    std::fs::create_dir_all(&shared).unwrap();
    room.world = room.worlds.host(shared);
    room.cx.world = Arc::clone(&room.world);
    write_stubborn(&room);
    let id = room.start(json!({"command": "python3 stubborn.py; true"})).await;
    room.hear(&id, "ready").await;
    std::io::Write::write_all(&mut std::io::stdout(), format!("\nthe command is {id}\n").as_bytes()).unwrap();
    std::future::pending::<()>().await;
}

fn open(folder: &tempfile::TempDir) -> Store {
    open_at(folder.path())
}

fn open_at(folder: &std::path::Path) -> Store {
    let path = AbsPath::new(folder.canonicalize().unwrap().join("store.db")).unwrap();
    Store::open(&path, sandbox::MIGRATIONS, Arc::new(SystemClock)).unwrap()
}
