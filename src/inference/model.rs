//! The nets of one stream: who was accepted, what is live. Shared by session, lane, library and HTTP.
//!
//! A trained net stays with its stream for the publisher's session: through reconnections within the grace period,
//! until the playlist ends. The next session starts from stock weights, unless a package was uploaded before it.

use api::control::Outcome;
use api::names::StreamName;
use media::picture::Picture;
use media::time::MediaTime;

use super::accepted::{Accepted, Identity};
use super::live::{Demand, Live, Net};
use super::profile::Profile;

#[derive(Debug)]
pub struct StreamModel {
    pub name: StreamName,
    /// What the configuration says.
    pub profile: Profile,
    pub accepted: Accepted,
    pub live: Live,
}

impl StreamModel {
    /// A stream that runs nothing yet.
    pub fn new(name: StreamName, profile: Profile) -> Self {
        Self { name, profile, accepted: Accepted::default(), live: Live::default() }
    }

    /// A new playlist begins.
    pub fn session_began(&self) {
        self.live.session_began();
    }

    /// The playlist has ended: its nets go. Answers a net that waited for the lane, to be dropped elsewhere.
    pub fn session_ended(&self) -> Option<Net> {
        self.accepted.clear();
        self.live.session_ended()
    }

    /// The lane got to know its pictures.
    pub fn demanded(&self, demand: Demand) {
        self.live.set_demand(demand);
    }

    /// The lane shows a recent picture, for new nets to be proven on.
    pub fn sampled(&self, picture: Picture) {
        self.live.set_sample(picture);
    }

    /// What becomes of a net that is accepted now.
    pub fn outcome(&self) -> Outcome {
        if self.live.demand().is_some() { Outcome::Live } else { Outcome::Ready }
    }

    /// The lane made the first picture with another net.
    pub fn came_into_use(&self, net: &Net, from: MediaTime, frames_in: u64) {
        let Some(swap) = self.live.came_into_use(net, from, frames_in) else { return };
        let gain_db = swap.gain_db.map(|gain| tracing::field::display(format!("{gain:.2}")));
        tracing::info!(
            stream = %self.name, version = swap.version, fingerprint = &swap.fingerprint[..12],
            net = %net.identity.config, gain_db, %from, took_ms = swap.took_ms.round(), "net in use"
        );
    }

    /// The lane gave this net up. One that was accepted since is still to come.
    pub fn out_of_use(&self, identity: &Identity) {
        self.live.out_of_use();
        self.accepted.revoke(identity);
    }
}
