//! One message of the load, as everybody outside the program saw it.

use fakes::model::Moment as ModelMoment;

/// Where it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    Telegram { chat: i64, message: i64 },
    Window { session: String },
}

impl Place {
    /// The chat of the network.
    pub(crate) fn chat(&self) -> Option<i64> {
        match self {
            Self::Telegram { chat, .. } => Some(*chat),
            Self::Window { .. } => None,
        }
    }

    /// The session that holds the conversation.
    pub(crate) fn session(&self) -> String {
        match self {
            Self::Telegram { chat, .. } => format!("agent:main:telegram:dm:{chat}"),
            Self::Window { session } => session.clone(),
        }
    }
}

/// One question to the model.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Question {
    pub(crate) life: u32,
    /// 0 before a tool, 1 after it.
    pub(crate) round: u32,
    pub(crate) at: ModelMoment,
}

#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "facts that are seen independently of each other")]
pub(crate) struct Letter {
    pub(crate) place: Place,
    /// The window has heard that it was taken.
    pub(crate) is_acknowledged: bool,
    pub(crate) was_journalled: bool,
    pub(crate) questions: Vec<Question>,
    /// A kill found its answer committed.
    pub(crate) is_committed: bool,
    /// A kill found its run with a tool at work.
    pub(crate) is_cut: bool,
    /// Answers that the network took.
    pub(crate) copies: usize,
    /// Of these, before the last start.
    pub(crate) copies_before: usize,
    /// Kills that found its answer *sending*.
    pub(crate) in_doubt: usize,
    /// How often a window was told of the end.
    pub(crate) ends: usize,
    pub(crate) is_over: bool,
}

impl Letter {
    pub(crate) fn new(place: Place) -> Self {
        Self {
            place,
            is_acknowledged: false,
            was_journalled: false,
            questions: Vec::new(),
            is_committed: false,
            is_cut: false,
            copies: 0,
            copies_before: 0,
            in_doubt: 0,
            ends: 0,
            is_over: false,
        }
    }

    /// Notes a moment at the model; an error says that the run was executed twice.
    pub(crate) fn model(&mut self, life: u32, round: u32, moment: ModelMoment) -> Result<(), String> {
        if moment != ModelMoment::Asked {
            let same = |question: &&mut Question| question.life == life && question.round == round;
            if let Some(question) = self.questions.iter_mut().rev().find(same) {
                question.at = moment;
            }
            return Ok(());
        }
        let is_repeat = self.questions.iter().any(|question| question.life == life && question.round == round);
        self.questions.push(Question { life, round, at: moment });
        if self.is_committed {
            return Err("the model was asked again after the answer was committed".to_owned());
        }
        if is_repeat {
            return Err("the model was asked twice without a kill in between".to_owned());
        }
        Ok(())
    }

    /// The last question since this start.
    pub(crate) fn asked_in(&self, life: u32) -> Option<Question> {
        self.questions.iter().rev().find(|question| question.life == life).copied()
    }
}
