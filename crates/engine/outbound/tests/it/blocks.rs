//! What leaves in blocks, and what does not.

use std::time::Duration;

use outbound::{Blocks, Break, Config, Leaves};

use crate::network::House;

#[tokio::test(start_paused = true)]
async fn what_is_no_answer_of_a_model_is_not_cut_into_blocks() {
    let blocks = Blocks {
        when: Leaves::TextEnd,
        min: 10,
        max: 20,
        prefer: Break::Paragraph,
        idle: Duration::ZERO,
        idle_min: 10,
    };
    let blocks = [(("pigeon".to_owned(), String::new()), Some(blocks))].into();
    let house = House::open_with(Config { blocks, ..Config::default() });
    let text = "A command was answered with more words than a block would hold.";
    house.deliver("ann", text).await;
    let texts: Vec<String> = house.texts();
    assert_eq!(texts, [text]);
}
