//! Who may connect to the gateway: by a shared secret, by a device's key, by a device's own token.

mod book; // who is paired and who asks to be: pure
mod files; // the two files
mod identity; // is this signature the device's: pure
mod methods; // what operators may ask
mod record; // one device on disk
mod secret; // is this the shared secret: pure

use std::sync::Arc;

use async_trait::async_trait;
use config::Live;
use ids::DeviceId;
use parking_lot::Mutex;
use protocol::{
    Role, Scope, Text,
    connect::{ClientId, Grant, Params},
    events,
};
use rpc::{Attempt, Authenticate, Caller, Connected, Events, Methods, Refusal, RpcError};
use serde::Serialize;
use stdx::{AbsPath, Clock, Pool};

pub use secret::{Auth, Mode};

use book::{Ask, Book};
use files::Files;
use record::Pending;

/// Everyone who may connect. The only writer of its files.
#[derive(Debug)]
pub struct Devices {
    auth: Live<Auth>,
    clock: Arc<dyn Clock>,
    events: Events,
    book: Arc<Mutex<Book>>,
    files: Files,
    /// One thread: writes are in order.
    pool: Pool,
}

impl Devices {
    /// Reads `<state>/devices`. A file that cannot be read is put aside and said so in the log.
    #[must_use]
    pub fn open(state_dir: &AbsPath, auth: Live<Auth>, clock: Arc<dyn Clock>, events: Events) -> Arc<Self> {
        let files = Files::new(state_dir);
        let book = files.load(clock.now_ms());
        let pool = Pool::new("devices", 1, 1_024);
        Arc::new(Self { auth, clock, events, book: Arc::new(Mutex::new(book)), files, pool })
    }

    /// `device.pair.*` and `device.token.*`.
    #[must_use]
    pub fn methods(self: &Arc<Self>) -> Methods {
        methods::methods(self)
    }

    /// Writes what changed; returns when it is on disk.
    async fn save(&self) -> Result<(), RpcError> {
        let (book, files) = (Arc::clone(&self.book), self.files.clone());
        let saved = self.pool.run(move || files.save(&book)).await;
        match saved {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(unsaved(&error)),
            Err(error) => Err(unsaved(&error)),
        }
    }

    fn resolved(&self, request: &Pending, decision: &str) {
        let now = u64::try_from(self.clock.now_ms()).unwrap_or(0);
        let (Ok(request_id), Ok(device_id), Ok(decision)) = (
            Text::try_from(request.request_id.clone()),
            request.device_id.parse::<DeviceId>(),
            Text::try_from(decision.to_owned()),
        ) else {
            return;
        };
        let decision = events::device_pair::Decision { request_id, device_id, decision, ts: now };
        self.events.publish::<events::DevicePairResolved>(&decision);
    }

    /// Lets a device in, or puts it among those who wait for the owner.
    async fn admit(&self, ask: Ask<'_>, is_local: bool) -> Result<(), Refusal> {
        let now = self.clock.now_ms();
        let (request, is_new) = self.book.lock().request(&ask, is_local, &uuid::Uuid::new_v4().to_string(), now);
        if is_local && request.silent == Some(true) {
            self.book.lock().approve(&request.request_id, &fresh_token(), now);
            self.save().await.map_err(|error| refused(error, 1011))?;
            self.resolved(&request, "approved");
            return Ok(());
        }
        if is_new {
            self.save().await.map_err(|error| refused(error, 1011))?;
            if let Some(pending) = request.on_the_wire() {
                self.events.publish::<events::DevicePairRequested>(&pending);
            }
        }
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Details<'a> {
            request_id: &'a str,
        }
        let error = RpcError::new(protocol::ErrorCode::NotPaired, "pairing required")
            .with_details(&Details { request_id: &request.request_id });
        Err(refused(error, 1008))
    }

    async fn with_device(
        &self,
        attempt: &Attempt<'_>,
        scopes: &[String],
        key: &str,
        auth: &Auth,
    ) -> Result<Option<Grant>, Refusal> {
        let (params, role) = (attempt.params, attempt.role);
        let Some(device) = &params.device else { return Ok(None) };
        let remote_ip = (!attempt.has_untrusted_proxy_headers).then(|| attempt.address.to_string());
        let ask = Ask { device_id: &device.id, public_key: key, params, role, scopes, remote_ip };
        let skips_pairing = auth.allow_insecure_page && is_page(params) && has_secret(params);
        let is_known = self.book.lock().covers(&ask);
        if !is_known && !skips_pairing {
            self.admit(ask.clone(), attempt.is_local).await?;
        }
        let now = self.clock.now_ms();
        let (token, is_changed) = {
            let mut book = self.book.lock();
            let met = book.met(&ask);
            let (token, is_new) = book.token(&ask, &fresh_token(), now);
            (token, met || is_new)
        };
        if is_changed {
            self.save().await.map_err(|error| refused(error, 1011))?;
        }
        Ok(token.and_then(|token| token.grant(role)))
    }
}

#[async_trait]
impl Authenticate for Devices {
    async fn authenticate(&self, attempt: Attempt<'_>) -> Result<Connected, Refusal> {
        let auth = self.auth.get();
        let params = attempt.params;
        precheck(&attempt, &auth)?;
        let key = match &params.device {
            Some(device) => {
                let key = identity::verify(device, &attempt, self.clock.now_ms());
                Some(key.map_err(|problem| refused(RpcError::invalid(problem), 1008))?)
            }
            None => None,
        };
        let scopes = granted_scopes(params, attempt.role);
        if let Err(message) = auth.check(params) {
            let token = params.auth.as_ref().and_then(|auth| auth.token.as_deref());
            let device = params.device.as_ref().filter(|_| key.is_some());
            let is_devices_own = device.zip(token).is_some_and(|(device, token)| {
                let mut book = self.book.lock();
                book.is_token(&device.id, token, (attempt.role, &scopes), self.clock.now_ms())
            });
            if !is_devices_own {
                return Err(refused(RpcError::invalid(message), 1008));
            }
        }
        let grant = match &key {
            Some(key) => self.with_device(&attempt, &scopes, key, &auth).await?,
            None => None,
        };
        let caller = Caller {
            conn: attempt.conn.clone(),
            role: attempt.role,
            scopes: scopes.iter().filter_map(|scope| Scope::from_name(scope)).collect(),
            device: params.device.as_ref().and_then(|device| device.id.parse().ok()),
            client_id: params.client.id.as_str().into(),
            client_mode: params.client.mode.as_str().into(),
            display_name: params.client.display_name.as_ref().map(|name| name.as_str().into()),
            is_local: attempt.is_local,
        };
        Ok(Connected { caller: Arc::new(caller), auth: grant })
    }
}

/// What is refused before any identity is looked at. Pure.
fn precheck(attempt: &Attempt<'_>, auth: &Auth) -> Result<(), Refusal> {
    let params = attempt.params;
    if attempt.has_untrusted_proxy_headers && auth.mode == Mode::None {
        #[derive(Serialize)]
        struct Hint {
            hint: &'static str,
        }
        let error = RpcError::invalid("gateway auth required behind reverse proxy")
            .with_details(&Hint { hint: "set gateway.auth or configure gateway.trustedProxies" });
        return Err(Refusal { error, close_code: 1008, close_reason: "gateway auth required".into() });
    }
    if params.device.is_some() {
        return Ok(());
    }
    let is_page = is_page(params);
    if is_page && !auth.allow_insecure_page {
        let text = "control ui requires HTTPS or localhost (secure context)";
        return Err(refused(RpcError::invalid(text), 1008));
    }
    let has_token = params.auth.as_ref().is_some_and(|auth| auth.token.is_some());
    if has_token || (is_page && has_secret(params)) {
        return Ok(());
    }
    Err(refused(RpcError::new(protocol::ErrorCode::NotPaired, "device identity required"), 1008))
}

fn is_page(params: &Params) -> bool {
    params.client.id == ClientId::ClawdbotControlUi
}

fn has_secret(params: &Params) -> bool {
    params.auth.as_ref().is_some_and(|auth| auth.token.is_some() || auth.password.is_some())
}

/// An operator who asks for nothing gets everything, a node nothing.
fn granted_scopes(params: &Params, role: Role) -> Vec<String> {
    let asked: Vec<String> = params.scopes.iter().flatten().map(ToString::to_string).collect();
    if asked.is_empty() && role == Role::Operator { vec![Scope::Admin.as_str().to_owned()] } else { asked }
}

fn refused(error: RpcError, close_code: u16) -> Refusal {
    let close_reason = error.message.to_string();
    Refusal { error, close_code, close_reason }
}

fn unsaved(error: &dyn std::fmt::Display) -> RpcError {
    tracing::error!(%error, "devices could not be saved");
    RpcError::unavailable(format!("Error: devices could not be saved: {error}"))
}

/// 32 hex digits.
fn fresh_token() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}
