//! The log is followed as it grows.

use std::process::Stdio;
use std::time::Duration;

use anyhow::Context as _;
use rustix::process::{Pid, Signal, kill_process};
use testkit::{Home, TestGateway, config_for};
use tokio::io::{AsyncBufReadExt as _, BufReader};

use crate::commands;

/// A line that does not come within this time does not come.
const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::test]
async fn lines_written_while_one_follows_appear_and_a_ctrl_c_ends_it() -> anyhow::Result<()> {
    let home = Home::new()?;
    home.write_config(&config_for(None, None))?;
    let gateway = TestGateway::start_in(home, &[]).await?;
    let mut command = commands::command(gateway.home())?;
    command.args(["logs", "--follow", "--json", "--interval", "50"]);
    command.env("CLAWDBOT_GATEWAY_PORT", gateway.port().to_string());
    let mut following = command.stdout(Stdio::piped()).spawn()?;
    let mut lines = BufReader::new(following.stdout.take().context("standard output")?).lines();
    let first = tokio::time::timeout(PATIENCE, lines.next_line()).await??.context("it ended")?;
    assert!(first.contains(r#""type":"meta""#), "{first}");

    // Only now: what is written from here on can come by following alone.
    let refused = gateway.cli(&["health", "--token", "wrong"]).await?;
    assert!(!refused.status.success());
    let wanted = async {
        while let Some(line) = lines.next_line().await? {
            if line.contains("refused a connection") {
                return anyhow::Ok(());
            }
        }
        anyhow::bail!("it ended without the line")
    };
    tokio::time::timeout(PATIENCE, wanted).await.context("the line does not come")??;

    let pid = following.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw).context("it is gone")?;
    kill_process(pid, Signal::INT)?;
    tokio::time::timeout(PATIENCE, following.wait()).await.context("it goes on")??;
    Ok(())
}
