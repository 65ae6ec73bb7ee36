//! What the app answers itself: the config, the log, the overview. No engine owns these.

mod config; // config.get, config.set, config.patch, config.apply, config.schema
mod logs; // logs.tail

use std::sync::Arc;

use ::config::Configuration;
use protocol::{heartbeat, logs as log_methods, status};
use rpc::{Call, Methods, RpcError};
use serde_json::value::RawValue;
use stdx::Clock;

use crate::report::{self, Report};
use crate::wire::ToMainSession;

pub(crate) use logs::{LogPlace, read as read_log};

/// The methods of the app.
pub(crate) fn methods(
    configuration: &Arc<Configuration>,
    events: &Arc<ToMainSession>,
    log: LogPlace,
    report: &Arc<Report>,
    clock: &Arc<dyn Clock>,
) -> Methods {
    let desk = Arc::new(config::Desk::new(configuration, events, clock));
    let log = Arc::new(log);
    config::offer(Methods::default(), &desk)
        .on::<log_methods::Tail, _, _, _>(&log, logs::tail)
        .on::<status::Status, _, _, _>(report, report::status)
        .on::<heartbeat::Last, _, _, _>(report, last_heartbeat)
}

async fn last_heartbeat(
    _: Arc<Report>,
    _: Call,
    _: heartbeat::last::Params,
) -> Result<Option<Box<RawValue>>, RpcError> {
    // No agent wakes by itself yet, so none ever did.
    Ok(None)
}
