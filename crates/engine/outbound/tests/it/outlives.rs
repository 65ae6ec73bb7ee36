//! What waits outlives what happens to the machine meanwhile.

use std::time::Duration;

use crate::network::House;

const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_older_than_two_days_leaves_when_its_network_connects_after_the_start() {
    let house = House::open();
    house.connect(0);
    house.write("ann", 0..1).await;
    house.was_off(HOUR * 72);
    house.deliveries.recover().await.unwrap();
    house.pass(HOUR / 2).await;
    house.connect(1);
    assert_eq!(house.taken(1).await[0].text, "text 0");
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_older_than_two_days_is_given_up_when_its_network_had_its_time() {
    let house = House::open();
    house.connect(0);
    house.write("ann", 0..1).await;
    house.was_off(HOUR * 72);
    house.deliveries.recover().await.unwrap();
    for _ in 0..130 {
        house.pass(Duration::from_secs(30)).await;
    }
    assert_eq!(house.facts("ann-0:1").await, ["outbound.failed"]);
    assert_eq!(house.deliveries.waiting_blocking(), Ok(0));
}

#[tokio::test(start_paused = true)]
async fn a_piece_that_waited_for_its_turn_leaves_by_the_account_that_is_connected_then() {
    let house = House::open();
    house.stage("group", 0..21).await;
    house.taken(20).await;
    house.settled().await;
    house.connect(2);
    let taken = house.taken(21).await;
    assert_eq!((taken[19].connection, taken[20].connection), (1, 2));
    assert!(taken[20].at >= Duration::from_secs(60), "it kept its turn: {:?}", taken[20]);
}

#[tokio::test(start_paused = true)]
async fn a_row_that_cannot_be_read_is_set_aside_and_what_is_behind_it_leaves_in_order() {
    let house = House::open();
    house.write("ann", 0..3).await;
    house.meddle("UPDATE outbox SET body = '{ torn' WHERE key = 'ann-0:1'").await;
    house.write("bob", 0..1).await;
    house.meddle("UPDATE outbox SET place = 'nowhere' WHERE key = 'bob-0:1'").await;
    house.deliveries.recover().await.unwrap();
    house.taken(2).await;
    house.settled().await;
    assert_eq!(house.texts(), ["text 1", "text 2"]);
    for piece in ["ann-0:1", "bob-0:1"] {
        assert_eq!(house.facts(piece).await, ["outbound.aside"]);
    }
    assert_eq!(house.deliveries.waiting_blocking(), Ok(0), "they are no work any more");
}

#[tokio::test(start_paused = true)]
async fn a_receipt_that_the_disk_does_not_take_is_written_before_anything_else_leaves() {
    let house = House::open();
    house
        .meddle("CREATE TRIGGER full BEFORE DELETE ON outbox BEGIN SELECT RAISE(ABORT, 'the disk is full'); END")
        .await;
    house.stage("ann", 0..2).await;
    house.taken(1).await;
    for _ in 0..20 {
        house.pass(Duration::from_secs(30)).await;
    }
    assert_eq!(house.texts(), ["text 0"], "neither again nor the next one");
    house.meddle("DROP TRIGGER full").await;
    house.taken(2).await;
    house.settled().await;
    assert_eq!(house.texts(), ["text 0", "text 1"]);
    assert_eq!(house.facts("ann-0:1").await, ["outbound.sending", "outbound.sent"]);
}
