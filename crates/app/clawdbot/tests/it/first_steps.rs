//! `clawdbot onboard --non-interactive`: from an empty home to a model that answers.

use fakes::FakeModel;
use fakes::model::Answer;
use serde_json::{Value, json};

use crate::home::{Home, Said};

/// Ports on which nobody listens.
const NOBODY: [&str; 6] = ["--ollama-port", "1", "--llamacpp-port", "1", "--lmstudio-port", "1"];

async fn model() -> FakeModel {
    let model = FakeModel::start().await.unwrap();
    model.serves("tiny", 32_768, &["tools"]).otherwise(|_| Answer::text("OK"));
    model
}

/// Calls in another thread, so that the model can answer meanwhile.
async fn onboard(home: &Home, words: &[&str], variables: &[(&str, &str)]) -> Said {
    let words: Vec<&str> = ["onboard", "--non-interactive", "--json"].iter().chain(words).copied().collect();
    std::thread::scope(|scope| {
        let call = scope.spawn(|| home.call_with(&words, variables));
        // The fake serves on other threads of this runtime.
        tokio::task::block_in_place(|| call.join().unwrap())
    })
}

fn port_of(model: &FakeModel) -> String {
    model.url().rsplit(':').next().unwrap().trim_end_matches('/').to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_server_on_this_machine_is_found_set_up_and_asked() {
    let (home, model) = (Home::new(), model().await);
    let port = port_of(&model);
    let words = ["--ollama-port", &port, "--llamacpp-port", "1", "--lmstudio-port", "1"];
    let said = onboard(&home, &words, &[]).await;
    assert_eq!((said.json()["ok"].clone(), said.json()["answer"].clone()), (json!(true), json!("OK")), "{said:?}");
    let config: Value = serde_json::from_str(&home.read_config()).unwrap();
    assert_eq!(config["agents"]["defaults"]["model"]["primary"], "ollama/tiny");
    let doctor = home.call(&["doctor"]).out;
    assert!(!doctor.contains("2026.1.24 refuses"), "{doctor}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_turns_out_wrong_is_named_by_its_flag_and_leaves_nothing_behind() {
    let home = Home::new();
    let flag = |said: &Said| said.json()["error"]["flag"].clone();
    let said = onboard(&home, &NOBODY, &[]).await;
    assert_eq!((said.ok, flag(&said)), (false, json!("--api-key")), "{said:?}");
    let words: Vec<&str> = NOBODY.iter().chain(&["--base-url", "http://127.0.0.1:1/v1"]).copied().collect();
    let said = onboard(&home, &words, &[]).await;
    assert_eq!((said.ok, flag(&said)), (false, json!("--base-url")), "{said:?}");
    let words: Vec<&str> = NOBODY.iter().chain(&["--api-key", "who-knows"]).copied().collect();
    let said = onboard(&home, &words, &[]).await;
    assert_eq!((said.ok, flag(&said)), (false, json!("--api-key")), "{said:?}");
    assert!(!home.config().exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_config_that_was_there_comes_back_when_the_model_does_not_answer() {
    let (home, model) = (Home::new(), model().await);
    model.otherwise(|_| Answer::status(401));
    let before = "{ // mine\n  logging: { level: 'info' } }\n";
    home.write_config(before);
    let port = port_of(&model);
    let words = ["--ollama-port", &port, "--llamacpp-port", "1", "--lmstudio-port", "1"];
    let said = onboard(&home, &words, &[]).await;
    assert!(!said.ok, "{said:?}");
    assert_eq!(home.read_config(), before);
}
