//! What a connection costs while it says nothing, and what is left of it afterwards.

use std::io::{ErrorKind, Read as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Duration;

use anyhow::{Result, bail};

use super::{Figures, Scale};
use crate::model::Model;
use crate::process::Running;
use crate::program::Program;
use crate::state::Home;

/// Until what was announced of them has been read and what they held is given back.
const SETTLE: Duration = Duration::from_secs(8);

pub(super) fn measure(program: &Program, scale: &Scale, figures: &mut Figures) -> Result<()> {
    let home = Home::new(program, &Model::start()?)?;
    let running = Running::start(program, &home)?;
    // The first client brings the code of connections into memory, which is the program's and not its own.
    drop(running.talk()?);
    std::thread::sleep(Duration::from_secs(scale.settle));
    let before = running.memory();
    let (sender, streams) = sync_channel(scale.clients);
    let is_over = AtomicBool::new(false);
    let with = std::thread::scope(|scope| {
        let is_over = &is_over;
        let drain = scope.spawn(move || drain(streams, is_over));
        for _ in 0..scale.clients {
            let stream = running.talk()?.into_stream();
            stream.set_nonblocking(true)?;
            sender.send(stream)?;
        }
        std::thread::sleep(SETTLE);
        let with = running.memory();
        is_over.store(true, Ordering::Relaxed);
        match drain.join() {
            Ok(open) if open == scale.clients => Ok(with),
            Ok(open) => bail!("only {open} clients stayed"),
            Err(_) => bail!("the reader of the clients failed"),
        }
    })?;
    std::thread::sleep(SETTLE);
    let after = running.memory();
    let count = f64::from(u32::try_from(scale.clients)?);
    let size = format!("{} clients", scale.clients);
    figures.put_sized("client-memory", (with - before) / count, scale, &size);
    figures.put_sized("client-kept", ((after - before) / count).max(0.0), scale, &size);
    running.stop()
}

/// Reads what comes and forgets it; gives how many are still open at the end, and closes them.
fn drain(streams: Receiver<TcpStream>, is_over: &AtomicBool) -> usize {
    let mut open: Vec<TcpStream> = Vec::new();
    let mut scratch = vec![0; 64 << 10];
    while !is_over.load(Ordering::Relaxed) {
        open.extend(streams.try_iter());
        open.retain_mut(|stream| {
            loop {
                match stream.read(&mut scratch) {
                    Ok(0) => return false,
                    Ok(_) => {}
                    Err(problem) => return problem.kind() == ErrorKind::WouldBlock,
                }
            }
        });
        std::thread::sleep(Duration::from_millis(20));
    }
    open.len()
}
