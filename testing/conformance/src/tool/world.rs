//! What every world must do, whatever it is made of.

use std::time::Duration;

use tool::{ExitState, Launch, World, WorldError, WorldPath};

/// A world that does not come back within this time hangs.
const PATIENCE: Duration = Duration::from_secs(30);

type Promise = Result<(), String>;

/// Uses the world as tools do. Leaves a few files behind.
pub async fn world(world: &dyn World) -> Vec<String> {
    let checks: [(&str, Promise); 7] = [
        ("what was written is read", within(written(world)).await),
        ("a missing file is named as such", within(missing(world)).await),
        ("a changed file is not overwritten unseen", within(changed(world)).await),
        ("a file too large is not read", within(too_large(world)).await),
        ("an exit code is told", within(exit_code(world)).await),
        ("input reaches a command and its output comes back", within(talk(world)).await),
        ("a killed command is gone", within(killed(world)).await),
    ];
    checks.into_iter().filter_map(|(promise, kept)| kept.err().map(|why| format!("{promise}: {why}"))).collect()
}

async fn within(check: impl Future<Output = Promise>) -> Promise {
    tokio::time::timeout(PATIENCE, check).await.unwrap_or_else(|_| Err("it hangs".to_owned()))
}

async fn written(world: &dyn World) -> Promise {
    let path = at("new folder/file.txt");
    let stamp = world.write(&path, "one".into(), None).await.map_err(said)?;
    let (content, read) = world.read(&path, 100).await.map_err(said)?;
    let now = world.stamp(&path).await.map_err(said)?;
    let same = read.is_same(&stamp) && now.is_some_and(|now| now.is_same(&stamp));
    if content == "one" && same { Ok(()) } else { Err(format!("{content:?}, {read:?}")) }
}

async fn missing(world: &dyn World) -> Promise {
    let path = at("no such file");
    let stamp = world.stamp(&path).await.map_err(said)?;
    match (world.read(&path, 100).await, stamp) {
        (Err(WorldError::NotFound(_)), None) => Ok(()),
        other => Err(format!("{other:?}")),
    }
}

async fn changed(world: &dyn World) -> Promise {
    let path = at("changing.txt");
    let first = world.write(&path, "one".into(), None).await.map_err(said)?;
    let second = world.write(&path, "two".into(), Some(first.clone())).await.map_err(said)?;
    let stale = world.write(&path, "six".into(), Some(first)).await;
    let (content, read) = world.read(&path, 100).await.map_err(said)?;
    match stale {
        Err(WorldError::Changed(_)) if content == "two" && read.is_same(&second) => Ok(()),
        other => Err(format!("{other:?}, {content:?}")),
    }
}

async fn too_large(world: &dyn World) -> Promise {
    let path = at("large.txt");
    world.write(&path, "12345678".into(), None).await.map_err(said)?;
    match world.read(&path, 7).await {
        Err(WorldError::TooLarge { size: 8, limit: 7, .. }) => Ok(()),
        other => Err(format!("{other:?}")),
    }
}

async fn exit_code(world: &dyn World) -> Promise {
    let process = world.spawn(launch("exit-code", "echo out; echo err >&2; exit 3")).await.map_err(said)?;
    let state = process.ended().await;
    let output = process.snapshot().output;
    if state == ExitState::Code(3) && output == "out\nerr\n" { Ok(()) } else { Err(format!("{state:?}, {output:?}")) }
}

async fn talk(world: &dyn World) -> Promise {
    let process = world.spawn(launch("talk", "read line; echo got $line; cat")).await.map_err(said)?;
    process.write(b"this\n", false).await?;
    let mut heard = String::new();
    while !heard.contains("got this\n") {
        process.news().await;
        heard.push_str(&process.fresh());
    }
    process.write(b"that\n", true).await?;
    let state = process.ended().await;
    heard.push_str(&process.fresh());
    if state == ExitState::Code(0) && heard == "got this\nthat\n" {
        Ok(())
    } else {
        Err(format!("{state:?}, {heard:?}"))
    }
}

async fn killed(world: &dyn World) -> Promise {
    let process = world.spawn(launch("killed", "echo ready; cat")).await.map_err(said)?;
    process.news().await;
    process.kill().await;
    match (process.ended().await, process.is_open()) {
        (ExitState::Killed, false) => Ok(()),
        other => Err(format!("{other:?}")),
    }
}

fn launch(mark: &str, command: &str) -> Launch {
    Launch { command: command.to_owned(), mark: format!("conformance-{mark}"), input: true, ..Launch::default() }
}

fn at(path: &str) -> WorldPath {
    WorldPath(path.to_owned())
}

fn said(error: WorldError) -> String {
    error.to_string()
}
