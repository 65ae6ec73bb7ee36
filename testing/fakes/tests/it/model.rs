//! The fake model vendor keeps its script and can go away.

use std::time::Duration;

use fakes::FakeModel;
use fakes::model::{Answer, Dialect};
use net::{Egress, Http, HttpConfig, NetError, Request};
use serde_json::json;

async fn ask(model: &FakeModel, said: &str) -> Result<String, NetError> {
    let body = json!({"model": "m", "stream": true, "messages": [{"role": "user", "content": said}]});
    let request = Request::post(Egress::Configured, &format!("{}/v1/chat/completions", model.url())).json(&body);
    let http = Http::new(HttpConfig { connect: Duration::from_secs(1), ..HttpConfig::default() });
    let answer = http.send(request).await?.bytes(1 << 20).await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

#[tokio::test]
async fn markers_come_before_the_queue_and_the_queue_before_the_rest() {
    let model = FakeModel::start().await.unwrap();
    model.answer(Answer::text("queued"));
    model.when("apples", [Answer::text("first"), Answer::text("second")]);
    model.otherwise(|seen| Answer::text(format!("heard {}", seen.user_text())));
    let mut answers = Vec::new();
    for said in ["about apples", "pears", "apples again", "apples once more"] {
        answers.push(ask(&model, said).await.unwrap());
    }
    for (answer, expected) in answers.iter().zip(["first", "queued", "second", "heard apples once more"]) {
        assert!(answer.contains(&format!("\"content\":\"{expected}\"")), "{expected}: {answer}");
    }
    let seen = model.request(2).await;
    assert_eq!((seen.dialect, seen.user_text().as_str(), seen.model()), (Dialect::Chat, "pears", "m"));
}

#[tokio::test]
async fn a_stalled_answer_goes_on_when_released() {
    let model = FakeModel::start().await.unwrap();
    model.answer(Answer::text("before").stall().and_text("after"));
    let (answer, ()) = tokio::join!(ask(&model, "hi"), async {
        model.stalled(1).await;
        model.release();
    });
    assert!(answer.unwrap().contains("after"));
    model.finished(1).await;
}

#[tokio::test]
async fn a_model_that_went_down_refuses_until_it_comes_back() {
    let mut model = FakeModel::start().await.unwrap();
    ask(&model, "hi").await.unwrap();
    model.go_down().await.unwrap();
    assert!(matches!(ask(&model, "hi").await, Err(NetError::Connect(_))));
    model.come_back().await.unwrap();
    ask(&model, "hi").await.unwrap();
    assert_eq!(model.requests().len(), 2);
}
