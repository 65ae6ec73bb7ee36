//! Credentials over real files: which are found, how failures rest, and what stays in the file.

#![cfg(test)]

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;
use std::time::Duration;

use config::Live;
use credentials::{Candidate, Config, CredentialError, Credentials, Failure, Mode};
use ids::AgentId;
use provider::ProfileKind;
use serde_json::{Value, json};
use stdx::{AbsPath, Clock as _, ManualClock, Secret, SystemClock};
use tempfile::TempDir;

struct Bench {
    credentials: Credentials,
    clock: ManualClock,
    folder: TempDir,
}

impl Bench {
    fn new(environment: &[(&str, &str)], config: Value) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = AbsPath::new(folder.path()).unwrap();
        let clock = ManualClock::new(SystemClock.now_ms());
        let environment: BTreeMap<String, String> =
            environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let credentials = Credentials::new(
            move |agent| root.join(agent.as_str()),
            agent("main"),
            Arc::new(environment),
            Live::fixed(serde_json::from_value::<Config>(config).unwrap()),
            Arc::new(clock.clone()),
        );
        Self { credentials, clock, folder }
    }

    fn put(&self, agent: &str, file: &Value) {
        std::fs::create_dir_all(self.folder.path().join(agent)).unwrap();
        std::fs::write(self.path(agent), file.to_string()).unwrap();
    }

    fn get(&self, agent: &str) -> Value {
        serde_json::from_slice(&std::fs::read(self.path(agent)).unwrap()).unwrap()
    }

    fn path(&self, agent: &str) -> std::path::PathBuf {
        self.folder.path().join(agent).join("auth-profiles.json")
    }

    async fn resolve(&self, provider: &str, name: &str) -> Vec<(String, String)> {
        self.candidates(provider, name).await.iter().map(told).collect()
    }

    async fn candidates(&self, provider: &str, name: &str) -> Vec<Candidate> {
        self.credentials.resolve(provider, &agent(name)).await.unwrap()
    }

    async fn nothing(&self, provider: &str) -> String {
        match self.credentials.resolve(provider, &agent("main")).await.unwrap_err() {
            CredentialError::None(none) => none.to_string(),
            other => panic!("another error: {other}"),
        }
    }
}

fn agent(name: &str) -> AgentId {
    name.parse().unwrap()
}

fn told(candidate: &Candidate) -> (String, String) {
    let secret = match &candidate.profile.kind {
        ProfileKind::ApiKey(secret) => format!("key {}", secret.expose()),
        ProfileKind::Token(secret) => format!("token {}", secret.expose()),
        ProfileKind::None => "none".to_owned(),
    };
    (candidate.profile.id.to_string(), secret)
}

fn pair(id: &str, secret: &str) -> (String, String) {
    (id.to_owned(), secret.to_owned())
}

#[tokio::test]
async fn a_stored_profile_goes_before_environment_and_config() {
    let config = json!({"models": {"providers": {"openai": {"apiKey": "from-config"}}}});
    let bench = Bench::new(&[("ANTHROPIC_API_KEY", "from-env")], config);
    assert_eq!(bench.resolve("anthropic", "main").await, [pair("env", "key from-env")]);
    assert_eq!(bench.resolve("openai", "main").await, [pair("config", "key from-config")]);
    assert_eq!(bench.resolve("ollama", "main").await, [pair("none", "none")]);
    bench.put("main", &json!({"profiles": {"anthropic:me": {"type": "token", "provider": "anthropic", "token": "t"}}}));
    assert_eq!(bench.resolve("anthropic", "main").await, [pair("anthropic:me", "token t")]);
}

#[tokio::test]
async fn a_key_in_the_config_may_be_the_name_of_a_variable() {
    let config = json!({"models": {"providers": {"fake": {"apiKey": "MY_KEY"}, "other": {"apiKey": "LITERAL"}}}});
    let bench = Bench::new(&[("MY_KEY", "value")], config);
    assert_eq!(bench.resolve("fake", "main").await, [pair("config", "key value")]);
    assert_eq!(bench.resolve("other", "main").await, [pair("config", "key LITERAL")]);
}

#[tokio::test]
async fn nothing_found_says_what_can_be_set() {
    let bench = Bench::new(&[], json!({}));
    let text = bench.nothing("anthropic").await;
    let path = bench.path("main");
    assert_eq!(
        text,
        format!(
            "no credentials for anthropic: {} has no profile for it; the environment has no ANTHROPIC_OAUTH_TOKEN or \
             ANTHROPIC_API_KEY; models.providers.anthropic.apiKey is not set",
            path.display()
        )
    );
}

#[tokio::test]
async fn an_expired_sign_in_says_what_to_do() {
    let bench = Bench::new(&[], json!({}));
    let oauth = json!({"type": "oauth", "provider": "openai", "access": "a", "refresh": "r", "expires": 1000});
    bench.put("main", &json!({"profiles": {"openai:me": oauth}}));
    let text = bench.nothing("openai").await;
    assert!(text.contains("the sign-in openai:me has expired") && text.contains("store an API key"), "{text}");
    let valid = json!({"type": "oauth", "provider": "openai", "access": "a", "expires": 4e12});
    bench.put("main", &json!({"profiles": {"openai:me": valid}}));
    assert_eq!(bench.resolve("openai", "main").await, [pair("openai:me", "token a")]);
}

#[tokio::test]
async fn an_expired_sign_in_is_passed_over_for_a_stored_key_and_for_one_of_the_environment() {
    let bench = Bench::new(&[("OPENAI_API_KEY", "from-env")], json!({}));
    let oauth = json!({"type": "oauth", "provider": "openai", "access": "a", "refresh": "r", "expires": 1000});
    let key = json!({"type": "api_key", "provider": "openai", "key": "stored"});
    bench.put("main", &json!({"profiles": {"openai:me": oauth.clone(), "openai:key": key}}));
    assert_eq!(bench.resolve("openai", "main").await, [pair("openai:key", "key stored")]);
    bench.put("main", &json!({"profiles": {"openai:me": oauth}}));
    assert_eq!(bench.resolve("openai", "main").await, [pair("env", "key from-env")]);
}

#[tokio::test]
async fn an_agent_without_profiles_uses_those_of_the_default_agent() {
    let bench = Bench::new(&[], json!({}));
    bench.put("main", &json!({"profiles": {"x:a": {"type": "api_key", "provider": "x", "key": "main"}}}));
    assert_eq!(bench.resolve("x", "ops").await, [pair("x:a", "key main")]);
    bench.credentials.failed("x", &agent("ops"), "x:a", Failure::Auth).await.unwrap();
    assert_eq!(bench.get("main")["usageStats"]["x:a"]["errorCount"], 1);
    bench.put("ops", &json!({"profiles": {"x:b": {"type": "api_key", "provider": "x", "key": "ops"}}}));
    assert_eq!(bench.resolve("x", "ops").await, [pair("x:b", "key ops")]);
}

#[tokio::test]
async fn a_failed_profile_rests_and_a_success_wakes_it() {
    let bench = Bench::new(&[], json!({}));
    let key = |key: &str| json!({"type": "api_key", "provider": "x", "key": key});
    bench.put("main", &json!({"profiles": {"x:a": key("1"), "x:b": key("2")}}));
    bench.credentials.failed("x", &agent("main"), "x:a", Failure::RateLimit { after: None }).await.unwrap();
    let candidates = bench.candidates("x", "main").await;
    let rests: Vec<_> = candidates.iter().map(|c| (c.profile.id.to_string(), c.rests_until_ms)).collect();
    assert_eq!(rests, [("x:b".to_owned(), None), ("x:a".to_owned(), Some(bench.clock.now_ms() + 60_000))]);
    bench.clock.advance(Duration::from_secs(61));
    assert!(bench.candidates("x", "main").await.iter().all(|candidate| candidate.rests_until_ms.is_none()));
    bench.credentials.failed("x", &agent("main"), "x:a", Failure::Billing).await.unwrap();
    assert_eq!(bench.get("main")["usageStats"]["x:a"]["disabledReason"], "billing");
    bench.credentials.succeeded("x", &agent("main"), "x:a").await.unwrap();
    let file = bench.get("main");
    assert_eq!((&file["usageStats"]["x:a"]["errorCount"], &file["lastGood"]["x"]), (&json!(0), &json!("x:a")));
    assert_eq!(file["usageStats"]["x:a"].get("disabledUntil"), None);
}

#[tokio::test]
async fn a_key_of_the_environment_rests_in_memory() {
    let bench = Bench::new(&[("X_API_KEY", "k")], json!({}));
    bench.credentials.failed("x", &agent("main"), "env", Failure::Auth).await.unwrap();
    assert!(bench.candidates("x", "main").await[0].rests_until_ms.is_some());
    assert!(!bench.path("main").exists());
    bench.credentials.succeeded("x", &agent("main"), "env").await.unwrap();
    assert!(bench.candidates("x", "main").await[0].rests_until_ms.is_none());
}

#[tokio::test]
async fn what_another_program_wrote_stays_in_the_file() {
    let bench = Bench::new(&[], json!({}));
    let file = json!({
        "version": 1,
        "future": {"a": 1},
        "profiles": {
            "x:a": {"type": "api_key", "provider": "x", "key": "1", "email": "me@example.org"},
            "y:z": {"type": "hologram", "provider": "y"},
        },
        "usageStats": {"x:a": {"strange": true}},
    });
    bench.put("main", &file);
    bench.credentials.failed("x", &agent("main"), "x:a", Failure::Timeout).await.unwrap();
    let id = bench.credentials.keep_key("w", "default", &agent("main"), Secret::from("new")).await.unwrap();
    let after = bench.get("main");
    assert_eq!((id.as_str(), &after["profiles"]["w:default"]["key"]), ("w:default", &json!("new")));
    assert_eq!((&after["future"], &after["profiles"]["x:a"]), (&file["future"], &file["profiles"]["x:a"]));
    assert_eq!(
        (&after["profiles"]["y:z"], &after["usageStats"]["x:a"]["strange"]),
        (&file["profiles"]["y:z"], &json!(true))
    );
    let mode = std::fs::metadata(bench.path("main")).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);
}

#[tokio::test]
async fn successes_in_a_row_are_not_written_each_time() {
    let bench = Bench::new(&[], json!({}));
    bench.put("main", &json!({"profiles": {"x:a": {"type": "api_key", "provider": "x", "key": "1"}}}));
    let main = agent("main");
    let succeed = || bench.credentials.succeeded("x", &main, "x:a");
    succeed().await.unwrap();
    let first = bench.get("main");
    bench.clock.advance(Duration::from_secs(30));
    succeed().await.unwrap();
    assert_eq!(bench.get("main"), first);
    bench.clock.advance(Duration::from_secs(31));
    succeed().await.unwrap();
    assert_ne!(bench.get("main"), first);
}

#[tokio::test]
async fn a_damaged_file_is_named_without_quoting_it() {
    let bench = Bench::new(&[], json!({}));
    bench.put("main", &json!({}));
    std::fs::write(bench.path("main"), "{\"profiles\": sk-secret").unwrap();
    let error = bench.credentials.resolve("x", &agent("main")).await.unwrap_err().to_string();
    assert!(error.contains("auth-profiles.json is not JSON") && !error.contains("secret"), "{error}");
}

#[tokio::test]
async fn a_lock_left_by_a_dead_program_is_taken_over() {
    let bench = Bench::new(&[], json!({}));
    std::fs::create_dir_all(bench.path("main").with_extension("json.lock")).unwrap();
    bench.clock.advance(Duration::from_secs(31));
    bench.credentials.keep_key("x", "default", &agent("main"), Secret::from("k")).await.unwrap();
    assert!(!bench.path("main").with_extension("json.lock").exists());
    let stored = bench.credentials.profiles(&agent("main")).await.unwrap();
    let facts: Vec<_> = stored.iter().map(|profile| (profile.id.as_str(), profile.mode)).collect();
    assert_eq!(facts, [("x:default", Mode::ApiKey)]);
}

#[tokio::test]
async fn nothing_printed_for_a_log_holds_a_secret() {
    let bench =
        Bench::new(&[("X_API_KEY", "sk-secret")], json!({"models": {"providers": {"y": {"apiKey": "sk-secret"}}}}));
    let found = (bench.candidates("x", "main").await, bench.candidates("y", "main").await);
    assert!(!format!("{found:?} {:?}", bench.credentials).contains("sk-secret"));
}
