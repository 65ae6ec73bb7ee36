//! What leaves of an answer while it is being written.

use proptest::prelude::*;

use super::*;
use crate::shape::{Part, shape};

const BLOCKS: Blocks = Blocks {
    when: Leaves::TextEnd,
    min: 20,
    max: 60,
    prefer: Break::Paragraph,
    idle: Duration::from_secs(1),
    idle_min: 20,
};

/// The blocks of a text that grows in steps of so many characters, and what is left at its end.
fn streamed(text: &str, step: usize, blocks: &Blocks) -> Vec<String> {
    let (mut cuts, mut from) = (Vec::new(), 0);
    let chars: Vec<usize> = text.char_indices().map(|(at, c)| at + c.len_utf8()).collect();
    for end in chars.chunks(step.max(1)).filter_map(|chars| chars.last()) {
        while let Some(length) = ripe(&text[from..*end], blocks, false) {
            cuts.push(text[from..from + length].to_owned());
            from += length;
        }
    }
    cuts.push(text[from..].to_owned());
    cuts
}

fn visible(raw: &str) -> String {
    let text = |part| match part {
        Part::Text(text) => text.as_str().to_owned(),
        Part::Media(path) => path,
    };
    shape(raw, None).into_iter().map(text).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_block_leaves_at_the_last_paragraph_that_fits_and_nothing_leaves_before_it_is_full() {
    let text = "First paragraph, short.\n\nSecond paragraph, short too.\n\nThird.";
    assert_eq!(ripe(&text[..50], &BLOCKS, false), None);
    assert_eq!(streamed(text, 1, &BLOCKS)[0], "First paragraph, short.\n\nSecond paragraph, short too.\n\n");
}

#[test]
fn without_a_paragraph_a_block_ends_at_a_line_then_a_sentence_then_a_word_then_anywhere() {
    let first = |text: &str| streamed(text, 7, &BLOCKS)[0].clone();
    assert_eq!(first(&format!("One line of some words here\nand {}", "x".repeat(60))), "One line of some words here\n");
    assert_eq!(first(&format!("One sentence of words here. And {}", "x".repeat(60))), "One sentence of words here.");
    assert_eq!(first(&format!("only some words in a row {}", "x".repeat(60))), "only some words in a row ");
    assert_eq!(first(&"x".repeat(100)), "x".repeat(60));
}

#[test]
fn a_preference_for_sentences_takes_the_last_one_though_a_paragraph_ended_before() {
    let text = format!("A paragraph of words.\n\nA sentence of words. {}", "x".repeat(40));
    let sentences = Blocks { prefer: Break::Sentence, ..BLOCKS };
    assert_eq!(streamed(&text, 5, &sentences)[0], "A paragraph of words.\n\nA sentence of words.");
    assert_eq!(streamed(&text, 5, &BLOCKS)[0], "A paragraph of words.\n\n");
}

#[test]
fn a_pause_lets_out_what_is_long_enough_and_ends_with_a_sentence() {
    assert_eq!(ripe("Twenty letters are here.", &BLOCKS, true), Some(24));
    assert_eq!(ripe("Twenty letters are here. And a ha", &BLOCKS, true), Some(24));
    assert_eq!(ripe("Twenty letters are here", &BLOCKS, true), None);
    assert_eq!(ripe("Too short.", &BLOCKS, true), None);
    assert_eq!(ripe("Twenty letters are here.", &Blocks { idle_min: 30, ..BLOCKS }, true), None);
}

#[test]
fn without_idle_time_a_block_leaves_as_soon_as_it_is_long_enough() {
    let text = "Twenty letters are here.\n\nMore";
    assert_eq!(ripe(text, &BLOCKS, false), None);
    assert_eq!(ripe(text, &Blocks { idle: Duration::ZERO, ..BLOCKS }, false), Some(26));
}

#[test]
fn a_fence_leaves_whole_and_what_stands_before_it_leaves_alone() {
    let code = format!("```rust\n{}```\n", "let x = 1;\n\n".repeat(10));
    let text = format!("Look:\n\n{code}Done.");
    assert_eq!(streamed(&text, 3, &BLOCKS), ["Look:\n\n".to_owned(), code, "Done.".to_owned()]);
    let code = format!("~~~\n{}~~~\n", "let x = 1;\n\n".repeat(10));
    assert_eq!(streamed(&code, 3, &BLOCKS), [code, String::new()]);
}

#[test]
fn a_line_that_names_a_file_is_not_cut_and_no_cut_makes_one() {
    let text = "Some words before the file.\nMEDIA:a picture with a very long name and spaces in it.png\nafter";
    assert_eq!(streamed(text, 1, &BLOCKS)[0], "Some words before the file.\n");
    let text = "These are the words that stand before a word like MEDIA:this-one and go on";
    assert!(streamed(text, 1, &BLOCKS).iter().all(|block| !block.starts_with("MEDIA:")));
}

#[test]
fn an_answer_for_nobody_has_no_blocks() {
    assert_eq!(ripe(&format!("NO_REPLY {}", "because. ".repeat(20)), &BLOCKS, false), None);
    let thought = format!("<think>{}</think>\n\n", "Is it for anybody? ".repeat(10));
    assert_eq!(ripe(&thought, &BLOCKS, true), None);
    for silent in ["NO_REPLY", "<final>NO_REPLY", "\n**NO_REPLY**"] {
        assert_eq!(ripe(&format!("{thought}{silent} {}", "because.\n\n".repeat(20)), &BLOCKS, false), None, "{silent}");
    }
}

#[test]
fn reasoning_leaves_with_the_first_words_that_follow_it() {
    let thought = format!("<think>{}</think>\n\n", "Plans and plans. ".repeat(10));
    let cuts = streamed(&format!("{thought}The first words of it.\n\n{}", "x".repeat(60)), 3, &BLOCKS);
    assert_eq!(cuts[0], format!("{thought}The first words of it.\n\n"));
}

proptest! {
    #[test]
    fn blocks_are_the_text_in_order_and_each_fits_unless_it_holds_code(
        text in "([a-zA-Zé😀,.!? ]{0,30}(\n|\n\n|\n```\n|\n~~~\n| `x y` )){0,30}",
        step in 1usize..40, min in 1usize..50, prefer in 0usize..3,
    ) {
        let prefer = [Break::Paragraph, Break::Newline, Break::Sentence][prefer];
        let blocks = Blocks { min, prefer, ..BLOCKS };
        let cuts = streamed(&text, step, &blocks);
        prop_assert_eq!(cuts.concat(), text);
        let (_, left) = cuts.split_last().unwrap();
        for block in left {
            let is_code = block.contains('`') || block.contains('~');
            prop_assert!(units(block) <= blocks.max || is_code, "{block:?}");
            let mut fence = None;
            for line in block.split('\n') {
                fence = Fence::after(fence, line, 0);
            }
            prop_assert!(fence.is_none(), "a fence is open behind {block:?}");
        }
    }

    #[test]
    fn what_is_hidden_in_the_whole_is_hidden_in_every_block(
        pieces in prop::collection::vec("([a-z .`]{0,30}|\n\n|<think>|</think>|<final>|</final>|NO_REPLY|PLANTED|```\n|\n~~~\n|\\[\\[reply_to: 4\\]\\]|MEDIA:a b\n)", 0..40),
        step in 1usize..40,
    ) {
        let text = pieces.concat();
        let whole = visible(&text);
        let shown: String = streamed(&text, step, &BLOCKS).iter().map(|block| visible(block)).collect();
        // An answer that turns out to be for nobody at its end has left in part: that is no reasoning.
        let heard = visible(&text.replace("NO_REPLY", "words"));
        prop_assert!(shown.matches("PLANTED").count() <= heard.matches("PLANTED").count(), "{shown:?} of {text:?}");
        let is_silent = shape::may_be_mark(&text) && whole.is_empty();
        prop_assert!(!is_silent || shown.is_empty(), "{shown:?} of {text:?}");
        prop_assert!(!shown.contains("reply_to") || heard.contains("reply_to"), "{shown:?} of {text:?}");
    }
}
