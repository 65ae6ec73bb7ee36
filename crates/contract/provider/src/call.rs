//! Sends a model's request and sorts refusals from answers, the same way for every vendor.

use net::{Egress, Http, Request, Response};

use crate::{Failure, Model, Profile, ProfileKind, ProviderError, transport};

const LONGEST_REFUSAL: usize = 16 << 10;

impl Profile {
    /// The secret itself, if there is one.
    #[must_use]
    pub fn secret(&self) -> Option<&str> {
        match &self.kind {
            ProfileKind::ApiKey(secret) | ProfileKind::Token(secret) => Some(secret.expose()),
            ProfileKind::None => None,
        }
    }
}

/// A `POST` to the vendor's path, not yet filled.
#[must_use]
pub fn endpoint(model: &Model, path: &str) -> Request {
    Request::post(Egress::Configured, &format!("{}{path}", model.base_url.trim_end_matches('/')))
}

/// Adds the owner's headers, sends, and gives the answer if it is one.
///
/// # Errors
/// The vendor's refusal as what to do next, or the transport's failure before any of the answer.
pub async fn send(http: &Http, request: Request, model: &Model, profile: &Profile) -> Result<Response, ProviderError> {
    let request = model.headers.iter().fold(request, |request, (name, value)| request.header(name, value));
    let response = http.send(request).await.map_err(|error| transport(&error, false))?;
    if response.is_success() {
        return Ok(response);
    }
    let (status, after) = (response.status(), response.retry_after());
    let body = response.text_up_to(LONGEST_REFUSAL).await;
    Err(Failure::http(status, &body, after).without(profile.secret().unwrap_or_default()).into_error())
}
