//! The answer to a question about one message, or the candidates when the question fits several.

use serde_json::{Map, Value};
use store::{StoreError, View};

use crate::chain;
use crate::fact::Fact;
use crate::question::{Question, Scope};
use crate::sentence;
use crate::state::is_complete;

/// How many candidates are named.
const MOST_CANDIDATES: usize = 10;

/// The life of one message.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// The event, or the run of one that no event stands behind.
    pub id: String,
    /// Nothing more will happen to it.
    pub complete: bool,
    /// In the order they happened, each with its sentence.
    pub steps: Vec<(Fact, String)>,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExplainError {
    #[error("nothing is known of {0}")]
    Unknown(String),
    /// Ask again with one of these.
    #[error("{asked} fits several: {}", candidates.join(", "))]
    Ambiguous { asked: String, candidates: Vec<String> },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Answers from the facts alone.
pub(crate) fn explain(view: &View<'_>, question: &Question) -> Result<Explanation, ExplainError> {
    let id = match question {
        Question::Last(scope) => last(view, scope)?,
        Question::Id(id) => by_id(view, id)?,
        Question::Address { .. } => by_address(view, question)?,
    };
    let facts = told_once(chain::from(view, &id)?);
    let complete = is_complete(&id, &facts);
    let steps = facts.into_iter().map(|fact| (fact.clone(), sentence::of(&fact))).collect();
    Ok(Explanation { id, complete, steps })
}

/// Two engines may record the same step in one transaction, each with what it knows: the one that says more is told.
fn told_once(facts: Vec<Fact>) -> Vec<Fact> {
    let mut told: Vec<Fact> = Vec::with_capacity(facts.len());
    for fact in facts {
        let same = |one: &&mut Fact| {
            (&one.cause, &one.kind, &one.effect, one.at) == (&fact.cause, &fact.kind, &fact.effect, fact.at)
                && (one.body == fact.body || is_empty(&one.body) || is_empty(&fact.body))
        };
        match told.iter_mut().rev().find(same) {
            Some(twin) if is_empty(&twin.body) => twin.body = fact.body,
            Some(_) => {}
            None => told.push(fact),
        }
    }
    told
}

fn is_empty(body: &Value) -> bool {
    body.as_object().is_some_and(Map::is_empty)
}

fn last(view: &View<'_>, scope: &Scope) -> Result<String, ExplainError> {
    let mut found = None;
    // Sessions are known only from where a message was routed to.
    let kind = if scope.session.is_some() { "inbound.route" } else { "inbound.received" };
    Fact::arrivals(view, kind, |fact| {
        let fits_session = scope.session.as_deref().is_none_or(|wanted| fact.text("key") == Some(wanted));
        let fits_channel = scope.session.is_some() || is_from(&fact, scope.channel.as_deref());
        if fits_session && fits_channel {
            found = Some(fact.cause);
        }
        found.is_none()
    })?;
    found.ok_or_else(|| ExplainError::Unknown("any message".to_owned()))
}

fn by_id(view: &View<'_>, id: &str) -> Result<String, ExplainError> {
    if view.first("SELECT 1 FROM facts WHERE cause = ?1 LIMIT 1", [id], |_| Ok(()))?.is_some()
        || view.first("SELECT 1 FROM facts WHERE effect = ?1 LIMIT 1", [id], |_| Ok(()))?.is_some()
    {
        let mut roots = chain::roots(view, id)?;
        // A run that answers several messages is told as itself; each of them tells of it too.
        return Ok(if roots.len() == 1 { roots.remove(0) } else { id.to_owned() });
    }
    let end = format!("{id}\u{10ffff}");
    let sql = "SELECT DISTINCT cause FROM facts WHERE cause >= ?1 AND cause < ?2 LIMIT 11";
    let found: Vec<String> = view.query(sql, [id, &end], |row| row.get(0))?;
    only(id, found)
}

fn by_address(view: &View<'_>, question: &Question) -> Result<String, ExplainError> {
    let Question::Address { channel, account, peer, message } = question else {
        return Err(ExplainError::Unknown("this".to_owned()));
    };
    let arrivals = Fact::of_message(view, message)?;
    let fitting = arrivals.into_iter().filter(|fact| {
        is_from(fact, Some(channel))
            && account.as_deref().is_none_or(|account| fact.text("account") == Some(account))
            && fact.text("peer") == Some(peer)
    });
    let mut found: Vec<String> = fitting.map(|fact| fact.cause).collect();
    found.dedup();
    only(&format!("{channel}:{peer}:{message}"), found)
}

fn is_from(fact: &Fact, channel: Option<&str>) -> bool {
    channel.is_none_or(|channel| fact.text("channel") == Some(channel))
}

fn only(asked: &str, mut found: Vec<String>) -> Result<String, ExplainError> {
    match found.len() {
        0 => Err(ExplainError::Unknown(asked.to_owned())),
        1 => Ok(found.remove(0)),
        _ => {
            found.truncate(MOST_CANDIDATES);
            Err(ExplainError::Ambiguous { asked: asked.to_owned(), candidates: found })
        }
    }
}
