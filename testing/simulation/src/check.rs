//! What must hold when all is at rest, whatever happened on the way.

mod answers; // each question answered once, in its queue's way
mod books; // rows, runs, models, tools, money
mod chains; // what the journal tells of each message
mod pieces; // what people saw and in which order
mod records; // what the store and the disk say
mod transcripts; // files of lines

use lanes::QueueMode;
use stdx::MemoryDisk;
use store::Store;

use crate::fault::Fault;
use crate::outside::Outside;
use records::Records;

/// Notes what nobody can know any more: pieces whose attempt is cut off by the crash.
pub(crate) fn before_crash(outside: &Outside, store: &Store) {
    let sql = "SELECT key FROM outbox WHERE state = 'sending'";
    let keys: Vec<String> = store.read_blocking(|view| view.query(sql, [], |row| row.get(0))).unwrap_or_default();
    let mut vendor = outside.vendor.lock();
    for key in keys {
        *vendor.uncertain.entry(key).or_default() += 1;
    }
}

/// What planted faults do to the store in a crash.
pub(crate) fn damage(outside: &Outside, store: &Store) {
    let sql = match outside.fault {
        Some(Fault::InboxSyncLost) => "DELETE FROM inbox WHERE rowid = (SELECT max(rowid) FROM inbox)",
        Some(Fault::OutboxRowDropped) => "DELETE FROM outbox WHERE id = (SELECT max(id) FROM outbox)",
        Some(Fault::ReservationForgotten) => "DELETE FROM ledger WHERE spent IS NULL",
        Some(Fault::LinkForgotten) => {
            "DELETE FROM facts WHERE kind = 'run.started' AND effect =
             (SELECT effect FROM facts WHERE kind = 'run.started' ORDER BY id DESC LIMIT 1)"
        }
        _ => return,
    };
    let done = store.write_blocking(move |tx| tx.execute(sql, []));
    done.expect("the damage is done");
}

/// Everything, at the end.
pub(crate) fn at_rest(outside: &Outside, store: &Store, disk: &MemoryDisk) {
    let records = match Records::read(store, disk) {
        Ok(records) => records,
        Err(error) => return outside.wrong(format!("the store cannot be read: {error}")),
    };
    for fact in &records.facts {
        outside.remark(|| format!("{} {} {:?} {}", fact.cause, fact.kind, fact.effect, fact.body));
    }
    pieces::check(outside, &records);
    books::check(outside, &records);
    transcripts::check(outside, &records);
    answers::check(outside, &records);
    chains::check(outside, &records, store);
}

/// How often one question may come before the model. Into the running turn and again afterwards: each process may
/// steer it once.
fn most_times(outside: &Outside) -> usize {
    if outside.plan.mode == QueueMode::SteerBacklog { 2 + outside.life() } else { 1 }
}
