//! A peer that plays. It is told what nginx-rtmp tells its players, in the same order.

use media::flv::Tag;
use tracing::debug;

use super::role::{Playing, Role};
use super::{ServerSession, replies};
use crate::amf0::Value;
use crate::chunk::{Chunked, Way};
use crate::limits::CHUNK_SIZE;
use crate::message::{Command, UserControl};
use crate::{Error, Event, Notices, PlayRejection};

impl ServerSession {
    /// A tag as [`send`](Self::send) takes it, made once for all players.
    pub fn chunked(tag: Tag) -> Chunked {
        Chunked::new(tag, CHUNK_SIZE)
    }

    /// From now on sound goes to a player on the chunk stream of pictures.
    pub fn interleave(&mut self) {
        self.interleave = true;
    }

    /// Lets the peer play. Does nothing unless it is asking to.
    pub fn accept_play(&mut self) {
        if let Role::AsksToPlay(stream_id) = self.role {
            self.role = Role::Plays(Playing::new(stream_id));
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

    /// Says that nobody publishes at the moment what the peer plays, which keeps its place.
    pub fn play_waits(&mut self, notices: Notices) {
        let Role::Plays(Playing { stream_id, .. }) = self.role else { return };
        self.send(UserControl::StreamEof(stream_id).message());
        if notices.play {
            self.reply(stream_id, &replies::play_stopped());
        }
        if notices.publisher {
            self.reply(stream_id, &replies::publisher_left());
        }
    }

    /// Says that somebody publishes again.
    pub fn play_goes_on(&mut self, notices: Notices) {
        let Role::Plays(Playing { stream_id, .. }) = self.role else { return };
        self.send(UserControl::StreamBegin(stream_id).message());
        if notices.play {
            self.reply(stream_id, &replies::play_started());
            self.send(replies::sample_access(stream_id));
        }
        if notices.publisher {
            self.reply(stream_id, &replies::publisher_came());
        }
    }

    /// Adds a tag to the output, if the peer plays and wants to have it.
    pub fn play_tag(&mut self, tag: &Chunked) {
        if let Role::Plays(playing) = &mut self.role
            && playing.wants(tag.tag())
        {
            let way = Way {
                stream_id: playing.stream_id,
                chunk_size: self.limits.chunk_size,
                interleave: self.interleave,
            };
            self.output.share(tag.cut(way));
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
            ("FCSubscribe", _) => self.reply(0, &replies::subscribed()),
            ("receiveAudio", Role::Plays(playing)) => playing.want_audio(yes),
            ("receiveVideo", Role::Plays(playing)) => playing.want_video(yes),
            ("pause" | "pauseRaw", Role::Plays(playing)) => {
                playing.pause(yes);
                let stream_id = playing.stream_id;
                self.reply(stream_id, &replies::paused(yes));
            }
            (name, _) => debug!(name, "ignored a command"),
        }
    }
}

#[cfg(test)]
mod tests;
