//! Planted faults: each is found, and the sweep says by which seed.

use simulation::{Fault, sweep};

/// Schedules within which a fault must be found.
const SCHEDULES: u64 = 10_000;

fn is_found(fault: Fault) {
    let found = sweep(0, SCHEDULES, Some(fault), true);
    assert!(!found.broken.is_empty(), "{fault:?} was not found in {SCHEDULES} schedules");
}

#[test]
fn an_acknowledgement_before_the_inbox_is_found() {
    is_found(Fault::AcknowledgedTooEarly);
}

#[test]
fn an_inbox_that_answers_before_it_writes_is_found() {
    is_found(Fault::AcceptedUnsynced);
}

#[test]
fn a_lost_sync_of_the_inbox_is_found() {
    is_found(Fault::InboxSyncLost);
}

#[test]
fn a_swapped_order_of_messages_is_found() {
    is_found(Fault::OrderSwapped);
}

#[test]
fn a_journal_without_dedupe_is_found() {
    is_found(Fault::DedupeOff);
}

#[test]
fn a_double_replay_of_the_inbox_is_found() {
    is_found(Fault::ReplayedTwice);
}

#[test]
fn a_skipped_recovery_of_the_inbox_is_found() {
    is_found(Fault::InboxNotRecovered);
}

#[test]
fn a_skipped_recovery_of_runs_is_found() {
    is_found(Fault::RunsNotRecovered);
}

#[test]
fn a_skipped_recovery_of_the_outbox_is_found() {
    is_found(Fault::OutboxNotRecovered);
}

#[test]
fn a_dropped_row_of_the_outbox_is_found() {
    is_found(Fault::OutboxRowDropped);
}

#[test]
fn a_receipt_told_as_a_refusal_is_found() {
    is_found(Fault::ReceiptLost);
}

#[test]
fn a_message_that_never_left_is_found() {
    is_found(Fault::MessageSwallowed);
}

#[test]
fn a_new_key_for_each_attempt_is_found() {
    is_found(Fault::KeyNotStable);
}

#[test]
fn a_history_that_hides_what_arrived_is_found() {
    is_found(Fault::HistoryDenied);
}

#[test]
fn words_that_leave_without_a_row_are_found() {
    is_found(Fault::SentWithoutRow);
}

#[test]
fn a_run_whose_row_stays_open_is_found() {
    is_found(Fault::RunRowNotClosed);
}

#[test]
fn a_turn_whose_words_are_not_written_is_found() {
    is_found(Fault::UserEntryNotStaged);
}

#[test]
fn a_disk_that_lies_about_its_sync_is_found() {
    is_found(Fault::DiskLies);
}

#[test]
fn a_run_resumed_inside_a_tool_with_effects_is_found() {
    is_found(Fault::ResumedAfterEffects);
}

#[test]
fn an_interruption_nobody_is_told_of_is_found() {
    is_found(Fault::InterruptionNotTold);
}

#[test]
fn a_turn_carried_out_twice_is_found() {
    is_found(Fault::RunTwice);
}

#[test]
fn a_forgotten_reservation_is_found() {
    is_found(Fault::ReservationForgotten);
}

#[test]
fn an_ignored_queue_mode_is_found() {
    is_found(Fault::QueueModeIgnored);
}

#[test]
fn a_group_whose_every_word_is_a_question_is_found() {
    is_found(Fault::GateOpen);
}

#[test]
fn a_message_whose_run_the_facts_forget_is_found() {
    is_found(Fault::LinkForgotten);
}

#[test]
fn a_request_that_comes_again_as_another_one_is_found() {
    is_found(Fault::ClientKeyNotStable);
}
