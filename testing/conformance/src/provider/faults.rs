//! What goes wrong, and what the caller is told to do about it.

use std::sync::Arc;
use std::time::Duration;

use provider::ProviderError;

use super::ask::{Heard, SECRET, ensure, hear, hear_request, model, request, user};
use super::{Behaviour, Fault, Promise, Setup, Step};

pub(super) const PROMISES: &[(&str, Promise)] = &[
    ("refused credentials ask for another profile", |setup| Box::pin(credentials(setup))),
    ("a demand for payment is told apart", |setup| Box::pin(billing(setup))),
    ("a rate limit tells how long to wait if the vendor does", |setup| Box::pin(rate_limit(setup))),
    ("an overloaded vendor is worth a retry", |setup| Box::pin(overloaded(setup))),
    ("an unknown model asks for another", |setup| Box::pin(unknown_model(setup))),
    ("a wrong request is refused for good", |setup| Box::pin(refused(setup))),
    ("a prompt that is too long asks for compaction", |setup| Box::pin(overflow(setup))),
    ("a closed port is a failed connection before any answer", |setup| Box::pin(closed(setup))),
    ("a name that does not resolve is a failed connection before any answer", |setup| Box::pin(unresolved(setup))),
    ("a connection closed without an answer is told so", |setup| Box::pin(hang_up(setup))),
    ("an answer that is cut gives its beginning and then the failure", |setup| Box::pin(cut(setup))),
    ("an answer that stalls ends at the idle time-out", |setup| Box::pin(stall(setup))),
    ("a malformed event makes the answer unusable", |setup| Box::pin(malformed(setup))),
    ("an empty success is unusable", |setup| Box::pin(empty(setup))),
    ("an answer of ten megabytes is refused in bounded memory", |setup| Box::pin(huge(setup))),
];

async fn failure(setup: &Setup<'_>, fault: Fault) -> (Option<ProviderError>, bool) {
    let heard = hear(setup, Behaviour::fails(fault)).await;
    let leaks = format!("{:?}", heard.error).contains(SECRET);
    (heard.error, !leaks && heard.text.is_empty() && heard.stop.is_none())
}

async fn expect(
    setup: &Setup<'_>,
    fault: Fault,
    is_right: impl Fn(&ProviderError) -> bool + Send,
) -> Result<(), String> {
    let (error, clean) = failure(setup, fault).await;
    ensure(clean && error.as_ref().is_some_and(is_right), &(fault, error))
}

async fn credentials(setup: &Setup<'_>) -> Result<(), String> {
    for status in [401, 403] {
        expect(setup, Fault::Status(status), |error| matches!(error, ProviderError::Auth(_))).await?;
    }
    Ok(())
}

async fn billing(setup: &Setup<'_>) -> Result<(), String> {
    expect(setup, Fault::Status(402), |error| matches!(error, ProviderError::Billing(_))).await
}

async fn rate_limit(setup: &Setup<'_>) -> Result<(), String> {
    let after = |seconds| ProviderError::RateLimited { after: seconds };
    expect(setup, Fault::Status(429), |error| *error == after(None)).await?;
    expect(setup, Fault::RetryAfter(429, "7"), |error| *error == after(Some(Duration::from_secs(7)))).await
}

async fn overloaded(setup: &Setup<'_>) -> Result<(), String> {
    for status in [500, 502, 503, 529] {
        expect(setup, Fault::Status(status), |error| matches!(error, ProviderError::Overloaded(_))).await?;
    }
    Ok(())
}

async fn unknown_model(setup: &Setup<'_>) -> Result<(), String> {
    expect(setup, Fault::Status(404), |error| matches!(error, ProviderError::UnknownModel(_))).await
}

async fn refused(setup: &Setup<'_>) -> Result<(), String> {
    expect(setup, Fault::Status(400), |error| matches!(error, ProviderError::Refused(_))).await
}

async fn overflow(setup: &Setup<'_>) -> Result<(), String> {
    let expected = ProviderError::ContextOverflow { limit: Some(8192) };
    expect(setup, Fault::Overflow(8192), |error| *error == expected).await
}

async fn closed(setup: &Setup<'_>) -> Result<(), String> {
    let mut request = request(setup, vec![user("hello")]);
    request.model = Arc::new(model(setup, setup.vendor.closed_url().await));
    let heard = hear_request(setup, request).await;
    ensure(broke(&heard, false), &heard)
}

async fn unresolved(setup: &Setup<'_>) -> Result<(), String> {
    let mut request = request(setup, vec![user("hello")]);
    // The ending is kept free for names that never resolve.
    request.model = Arc::new(model(setup, "http://vendor.invalid/v1".to_owned()));
    let heard = hear_request(setup, request).await;
    ensure(broke(&heard, false), &heard)
}

fn broke(heard: &Heard, after_beginning: bool) -> bool {
    matches!(heard.error, Some(ProviderError::Transport { began, .. }) if began == after_beginning)
        && heard.stop.is_none()
        && heard.disorder.is_none()
}

async fn hang_up(setup: &Setup<'_>) -> Result<(), String> {
    let heard = hear(setup, Behaviour::fails(Fault::HangUp)).await;
    ensure(broke(&heard, false), &heard)
}

async fn cut(setup: &Setup<'_>) -> Result<(), String> {
    let heard = hear(setup, Behaviour::says("I was about to").then(Step::Cut)).await;
    ensure(broke(&heard, true) && heard.text == "I was about to", &heard)
}

async fn stall(setup: &Setup<'_>) -> Result<(), String> {
    let heard = hear(setup, Behaviour::says("one moment").then(Step::Stall)).await;
    setup.vendor.abandoned().await;
    ensure(broke(&heard, true) && heard.text == "one moment", &heard)
}

async fn malformed(setup: &Setup<'_>) -> Result<(), String> {
    let heard = hear(setup, Behaviour::says("well").then(Step::Malformed)).await;
    ensure(matches!(heard.error, Some(ProviderError::Unusable(_))) && heard.stop.is_none(), &heard)
}

async fn empty(setup: &Setup<'_>) -> Result<(), String> {
    let heard = hear(setup, Behaviour::fails(Fault::Nothing)).await;
    ensure(matches!(heard.error, Some(ProviderError::Unusable(_))), &heard)
}

async fn huge(setup: &Setup<'_>) -> Result<(), String> {
    let steps = vec![Step::Text("all work and no play. ".repeat(3000)); 160];
    let heard = hear(setup, Behaviour { steps, ..Behaviour::default() }).await;
    let bounded = heard.text.len() <= provider::LIMIT_OF_ANSWER;
    ensure(bounded && matches!(heard.error, Some(ProviderError::Unusable(_))), &(heard.text.len(), heard.error))
}
