//! A whole story on a running gateway.

use std::fmt;

use anyhow::{Context as _, Result};
use stdx::Clock;

pub use crate::verdict::Forms;
use crate::{
    Deviations, Gateway, Kind, Story,
    drive::drive,
    verdict::{Case, verdict},
};

/// A difference that is not meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub story: String,
    /// A method, `event` and its name, `close`, or `(frame)` for what answers no request.
    pub subject: String,
    /// JSON pointer into the frame.
    pub at: String,
    pub kind: Kind,
    pub shown: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { story, subject, at, kind, shown } = self;
        write!(f, "{story}: `{subject}` `{at}` {}: {shown}", kind.as_str())
    }
}

/// Plays the story and compares what comes.
///
/// # Errors
/// The gateway cannot be reached.
pub async fn replay(
    story: &Story,
    gateway: &dyn Gateway,
    clock: &dyn Clock,
    (forms, deviations): (&Forms, &Deviations),
) -> Result<Vec<Finding>> {
    let mut bindings = gateway.facts();
    let came = drive(story, gateway, clock, &mut bindings).await.with_context(|| story.name.clone())?;
    Ok(verdict(&Case { story, came: &came, forms, deviations }, &mut bindings))
}
