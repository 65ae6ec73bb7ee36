//! `message`: what a model says and does in its chat besides the answer.
//!
//! It acts in the conversation that the run answers to and in no other. What it sends are rows like any answer's, named
//! by the call: taken up again after a restart, a call sends nothing twice.

mod input; // what the model writes

use std::{sync::Arc, time::Duration};

use channel::{Actions, ChannelError, Keyboard, Target};
use ids::{Chat, MessageId};
use tool::{AnyTool, Conversation, Need, Tool, ToolContext, ToolError, ToolOutput, erase};

use crate::{
    Deliveries, OutboundError, Part, Place, Rules,
    compose::compose,
    deliveries::{Said, drafts},
    outbox,
    outbox::{Body, Draft},
    pace::Leaving,
    shape,
};
use input::{Action, Input};

/// How long a call waits for the network's word; what is sent stays in the outbox after that.
const PATIENCE: Duration = Duration::from_secs(20);

/// The tool.
#[must_use]
pub fn message_tool(deliveries: &Deliveries) -> Arc<dyn AnyTool> {
    erase(Message { deliveries: deliveries.clone() })
}

#[derive(Debug)]
struct Message {
    deliveries: Deliveries,
}

impl Tool for Message {
    const NAME: &'static str = "message";
    const ABOUT: &'static str =
        "Act in the current chat. What send said is not repeated: answer NO_REPLY when it was all.";
    const SUMMARY: &'static str = "send files or buttons, react, edit, delete in this chat";
    const NEEDS_CONVERSATION: bool = true;
    type Input = Input;

    fn needs(&self, _: &Input) -> Vec<Need> {
        vec![Need::Send]
    }

    async fn run(&self, input: Input, cx: ToolContext) -> Result<ToolOutput, ToolError> {
        let here = cx.conversation.clone();
        let here = here.ok_or_else(|| ToolError::Denied("this run answers to no chat".to_owned()))?;
        let rules = self.deliveries.0.config.get().rules(here.channel.as_str(), here.account.as_str());
        open(input.action, &rules, &here)?;
        let acting = async {
            match input.action {
                Action::Send => self.send(input, &here, &rules, &cx).await,
                Action::React | Action::Edit | Action::Delete => self.act(input, &here).await,
            }
        };
        tokio::select! {
            biased;
            done = acting => done,
            () = cx.cancel.cancelled() => Err(ToolError::Cancelled),
        }
    }
}

/// Whether the owner left the action open.
fn open(action: Action, rules: &Rules, here: &Conversation) -> Result<(), ToolError> {
    let (gate, key) = match action {
        Action::Send | Action::Edit => (rules.actions.send_message, "sendMessage"),
        Action::React => (rules.actions.reactions, "reactions"),
        Action::Delete => (rules.actions.delete_message, "deleteMessage"),
    };
    let denied = || ToolError::Denied(format!("channels.{}.actions.{key} is off", here.channel));
    if gate == Some(false) { Err(denied()) } else { Ok(()) }
}

impl Message {
    async fn send(
        &self,
        input: Input,
        here: &Conversation,
        rules: &Rules,
        cx: &ToolContext,
    ) -> Result<ToolOutput, ToolError> {
        let keyboard = input.keyboard()?;
        let is_group = cx.session.chat() == Chat::Group;
        if matches!(keyboard, Some(Keyboard::Inline { .. })) && !rules.buttons.covers(is_group) {
            let key = format!("channels.{}.capabilities.inlineButtons", here.channel);
            return Err(ToolError::Denied(format!("{key} shows no buttons in this chat")));
        }
        let name = format!("{}:{}", cx.run, cx.call);
        // Files are the machine's: a run for somebody who may not have them sends none.
        let agent = here.is_trusted.then_some(&cx.agent);
        let said = Said { cause: cx.run.as_str(), name: &name, agent, quote: input.quoted()?, footer: None };
        let place = place(here);
        if agent.is_none() && !input.media.is_empty() {
            return Err(ToolError::Denied("no files of this machine for this person".to_owned()));
        }
        let bodies = self.bodies(&input, keyboard.is_some(), &place, cx)?;
        let mut pieces = drafts(bodies, &place, &said);
        let last = pieces.last_mut().ok_or_else(|| bad("send needs a message or media"))?;
        last.keyboard = keyboard;
        if let Draft { body: Body::Album { .. }, keyboard: Some(_), .. } = last {
            return Err(bad("buttons below several pictures need a message"));
        }
        match self.deliveries.say(pieces, PATIENCE).await {
            Ok(Some(receipt)) => Ok(ToolOutput::text(format!("sent, messageId {}", receipt.message))
                .with("messageId", receipt.message.to_string())),
            Ok(None) => Ok(ToolOutput::text("queued: it leaves as soon as the network takes it")),
            Err(error @ OutboundError::Refused(_)) => Err(ToolError::Failed(format!("not sent: {error}"))),
            Err(error) => Err(ToolError::Failed(error.to_string())),
        }
    }

    /// With buttons the text comes last, because they stand below it.
    fn bodies(
        &self,
        input: &Input,
        has_keyboard: bool,
        place: &Place,
        cx: &ToolContext,
    ) -> Result<Vec<Body>, ToolError> {
        let text = input.message.as_deref().and_then(shape::notice).map(Part::Text);
        let files = input.media.iter().map(|path| Part::Media(path.trim().to_owned()));
        let parts: Vec<Part> = match text {
            Some(text) if has_keyboard => files.chain([text]).collect(),
            text => text.into_iter().chain(files).collect(),
        };
        if has_keyboard && parts.is_empty() {
            return Err(bad("buttons need a message"));
        }
        Ok(compose(parts, Some(&cx.agent), self.deliveries.room(&place.channel)))
    }

    async fn act(&self, input: Input, here: &Conversation) -> Result<ToolOutput, ToolError> {
        let place = place(here);
        let message = input.target(here.message.as_ref())?;
        if matches!(input.action, Action::Edit | Action::Delete)
            && !here.is_trusted
            && !self.is_ours(here, &message).await?
        {
            return Err(ToolError::Denied("this person may have only messages of yours changed".to_owned()));
        }
        // An edit is a message to those who count; the rest is not.
        let what = if input.action == Action::Edit { Leaving::Message } else { Leaving::Sign };
        let turn = self.deliveries.0.ways.turn(&place, what).await;
        let (outlet, under_way) = turn.map_err(|error| match error {
            ChannelError::Ended => ToolError::Failed(format!("{} is not connected now", place.channel)),
            other => ToolError::Failed(other.to_string()),
        })?;
        let actions = outlet.actions.ok_or_else(|| ToolError::Denied(format!("{} cannot do that", place.channel)))?;
        let (done, answer) = carry_out(&*actions, &place.target, &message, &input).await?;
        under_way.heard(&answer);
        answer.map_err(|error| ToolError::Failed(error.to_string()))?;
        Ok(ToolOutput::text(done).with("messageId", message.to_string()))
    }
}

impl Message {
    async fn is_ours(&self, here: &Conversation, message: &MessageId) -> Result<bool, ToolError> {
        let (here, message) = (here.clone(), message.clone());
        let found = self
            .deliveries
            .0
            .store
            .read(move |view| outbox::sent_in(view, (&here.channel, &here.account), &here.peer, &message));
        Ok(found.await.map_err(|error| ToolError::Failed(error.to_string()))?.is_some())
    }
}

/// What was done, in words, and what the network said of it.
async fn carry_out(
    actions: &dyn Actions,
    target: &Target,
    message: &MessageId,
    input: &Input,
) -> Result<(&'static str, Result<(), ChannelError>), ToolError> {
    Ok(match input.action {
        Action::React if input.remove => ("reaction removed", actions.react(target, message, None).await),
        Action::React => {
            let emoji = input.emoji.as_deref().map(str::trim).filter(|emoji| !emoji.is_empty());
            let emoji = emoji.ok_or_else(|| bad("react needs an emoji, or remove"))?;
            ("reacted", actions.react(target, message, Some(emoji)).await)
        }
        Action::Edit => {
            let text = input.message.as_deref().and_then(shape::notice).ok_or_else(|| bad("edit needs a message"))?;
            ("edited", actions.edit(target, message, text.as_str()).await)
        }
        Action::Delete => ("deleted", actions.delete(target, message).await),
        Action::Send => return Err(bad("send changes no message")),
    })
}

fn place(here: &Conversation) -> Place {
    Place {
        channel: here.channel.clone(),
        account: here.account.clone(),
        target: Target { peer: here.peer.clone(), thread: here.thread.clone() },
    }
}

fn bad(why: &str) -> ToolError {
    ToolError::BadInput(why.to_owned())
}
