//! How fast messages leave.

use std::time::Duration;

use channel::ChannelError;

use crate::network::House;

#[tokio::test(start_paused = true)]
async fn twenty_pieces_to_a_group_leave_at_once_and_the_next_one_after_a_minute() {
    let house = House::open();
    house.stage("group", 0..21).await;
    let taken = house.taken(21).await;
    let texts: Vec<_> = taken.iter().map(|taken| taken.text.clone()).collect();
    assert_eq!(texts, (0..21).map(|number| format!("text {number}")).collect::<Vec<_>>());
    assert!(taken[19].at < Duration::from_secs(1), "{:?}", taken[19]);
    let wait = taken[20].at - taken[0].at;
    assert!((60..62).contains(&wait.as_secs()), "{wait:?}");
}

#[tokio::test(start_paused = true)]
async fn a_busy_group_does_not_slow_the_answer_to_somebody_else() {
    let house = House::open();
    house.stage("group", 0..21).await;
    house.taken(20).await;
    house.stage("ann", 0..1).await;
    let taken = house.taken(21).await;
    assert_eq!(taken[20].peer, "ann");
    assert!(taken[20].at < Duration::from_secs(1), "{:?}", taken[20]);
}

#[tokio::test(start_paused = true)]
async fn a_network_that_asks_one_conversation_to_wait_is_asked_for_the_others() {
    let house = House::open();
    house.refuse_once(ChannelError::RateLimited { after: Some(Duration::from_secs(7)) });
    house.stage("ann", 0..1).await;
    house.refused().await;
    house.stage("bob", 0..1).await;
    let taken = house.taken(2).await;
    assert_eq!((taken[0].peer.as_str(), taken[0].at.as_secs()), ("bob", 0));
    assert!(taken[1].peer == "ann" && taken[1].at >= Duration::from_secs(7), "{taken:?}");
}

#[tokio::test(start_paused = true)]
async fn a_network_that_asks_two_conversations_to_wait_is_left_alone_by_all() {
    let house = House::open();
    for peer in ["ann", "bob"] {
        house.refuse_once(ChannelError::RateLimited { after: Some(Duration::from_secs(7)) });
        house.stage(peer, 0..1).await;
        house.refused().await;
        house.settled().await;
    }
    house.stage("cid", 0..1).await;
    let taken = house.taken(3).await;
    assert!(taken.iter().all(|taken| taken.at >= Duration::from_secs(7)), "{taken:?}");
}

#[tokio::test(start_paused = true)]
async fn a_mark_keeps_the_pace_of_the_account_and_is_left_out_rather_than_late() {
    let house = House::open();
    house.refuse_once(ChannelError::RateLimited { after: Some(Duration::from_secs(7)) });
    assert!(house.react("ann").await.is_err());
    house.stage("ann", 0..1).await;
    assert!(house.react("ann").await.is_err(), "the network asked for patience");
    let taken = house.taken(1).await;
    assert!(taken[0].text == "text 0" && taken[0].at >= Duration::from_secs(7), "{taken:?}");
    for number in 0..29 {
        house.react(&format!("p{number}")).await.unwrap();
    }
    assert!(house.react("bob").await.is_err(), "thirty a second");
}
