//! A peer that plays.

use media::flv::{Tag, TagKind};
use tracing::debug;

use super::role::{Playing, Role};
use super::{ServerSession, replies};
use crate::amf0::Value;
use crate::chunk::Chunked;
use crate::message::{Command, UserControl};
use crate::{Error, Event, PlayRejection};

impl ServerSession {
    /// A tag as [`send`](Self::send) takes it, made once for all players.
    pub fn chunked(tag: Tag) -> Chunked {
        Chunked::new(tag, replies::CHUNK_SIZE)
    }

    /// Lets the peer play. Does nothing unless it is asking to.
    pub fn accept_play(&mut self) {
        if let Role::AsksToPlay(stream_id) = self.role {
            self.role =
                Role::Plays(Playing { stream_id, paused: false, wants_audio: true, wants_video: true });
            self.send(UserControl::StreamBegin(stream_id).message());
            self.reply(stream_id, &replies::play_started());
            self.send(replies::sample_access(stream_id));
        }
    }

    /// Turns the peer away, also one that plays already, and ends the session.
    pub fn reject_play(&mut self, rejection: PlayRejection) {
        let (Role::AsksToPlay(stream_id) | Role::Plays(Playing { stream_id, .. })) = self.role else {
            return;
        };
        self.role = Role::None;
        self.reply(stream_id, &replies::play_rejected(rejection));
        self.end();
    }

    /// Says that what the peer plays has ended, and ends the session: players that are left alone wait for ever.
    pub fn end_play(&mut self) {
        let Role::Plays(Playing { stream_id, .. }) = self.role else { return };
        self.role = Role::None;
        self.send(UserControl::StreamEof(stream_id).message());
        for status in replies::play_ended() {
            self.reply(stream_id, &status);
        }
        self.end();
    }

    /// Adds a tag to the output, if the peer plays and wants to have it.
    pub fn play_tag(&mut self, tag: &Chunked) {
        let Role::Plays(playing) = self.role else { return };
        let is_wanted = match tag.tag().kind {
            TagKind::Audio => playing.wants_audio && !playing.paused,
            TagKind::Video => playing.wants_video && !playing.paused,
            TagKind::Script => true,
        };
        if is_wanted {
            self.output.share(tag.on(playing.stream_id));
        }
    }

    pub(super) fn play(&mut self, stream_id: u32, command: &Command) -> Result<(), Error> {
        let app = self.request("play", stream_id)?;
        self.role = Role::AsksToPlay(stream_id);
        // Start, duration and reset mean nothing in a stream that is live.
        match command.argument(0).and_then(Value::as_str) {
            Some(name) => self.events.push_back(Event::PlayRequested { app, name: name.to_owned() }),
            None => self.reject_play(PlayRejection::NotFound),
        }
        Ok(())
    }

    /// Commands of players. Some ask before they play; encoders never ask.
    pub(super) fn while_playing(&mut self, command: &Command) {
        let yes = command.argument(0).and_then(Value::as_bool).unwrap_or(true);
        match (command.name.as_str(), &mut self.role) {
            ("getStreamLength", _) => self.reply(0, &replies::stream_length(command)),
            ("receiveAudio", Role::Plays(playing)) => playing.wants_audio = yes,
            ("receiveVideo", Role::Plays(playing)) => playing.wants_video = yes,
            ("pause", Role::Plays(playing)) => {
                playing.paused = yes;
                let stream_id = playing.stream_id;
                self.reply(stream_id, &replies::paused(yes));
            }
            (name, _) => debug!(name, "ignored a command"),
        }
    }
}

#[cfg(test)]
mod tests;
