//! `allow` and `deny`: who may publish and play from where.

use std::net::IpAddr;

use crate::conf::{Directive, Error};

/// What somebody wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    Publish,
    Play,
}

/// A rule of `allow` or `deny`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    pub allows: bool,
    pub publish: bool,
    pub play: bool,
    /// A network as address and bits; none if it is `all`.
    pub from: Option<(IpAddr, u8)>,
}

/// Rules in the order in which they are asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Access(pub Vec<Rule>);

impl Access {
    /// The first rule that fits decides; where none does, everybody may. An IPv4 address that came in through an IPv6 socket is the IPv4
    /// address that it is.
    pub fn allows(&self, action: Action, address: IpAddr) -> bool {
        let address = address.to_canonical();
        let deciding = self.0.iter().find(|rule| rule.concerns(action) && rule.contains(address));
        deciding.is_none_or(|rule| rule.allows)
    }
}

impl Rule {
    pub(super) fn read(directive: &Directive) -> Result<Self, Error> {
        let wrong = |what: String| directive.at.error(what);
        let (action, from) = match &directive.arguments[..] {
            [from] => (None, from),
            [action, from] => (Some(action.as_str()), from),
            _ => return Err(wrong(format!("`{}` takes [publish|play] and an address", directive.name))),
        };
        let (publish, play) = match action {
            None => (true, true),
            Some("publish") => (true, false),
            Some("play") => (false, true),
            Some(other) => return Err(wrong(format!("`{other}` is neither `publish` nor `play`"))),
        };
        let from = if from == "all" { None } else { Some(net(from).map_err(wrong)?) };
        Ok(Self { allows: directive.name == "allow", publish, play, from })
    }

    fn concerns(&self, action: Action) -> bool {
        match action {
            Action::Publish => self.publish,
            Action::Play => self.play,
        }
    }

    fn contains(&self, address: IpAddr) -> bool {
        match (self.from, address) {
            (None, _) => true,
            (Some((IpAddr::V4(net), bits)), IpAddr::V4(address)) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(bits.min(32))).unwrap_or(0);
                (u32::from(net) ^ u32::from(address)) & mask == 0
            }
            (Some((IpAddr::V6(net), bits)), IpAddr::V6(address)) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(bits.min(128))).unwrap_or(0);
                (u128::from(net) ^ u128::from(address)) & mask == 0
            }
            _ => false,
        }
    }
}

fn net(text: &str) -> Result<(IpAddr, u8), String> {
    let wrong = || format!("`{text}` is no address; write `all`, an address, or ADDRESS/BITS");
    let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
    let address: IpAddr = address.parse().map_err(|_| wrong())?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    let bits = bits.map_or(Ok(most), |bits| bits.parse().map_err(|_| wrong()))?;
    if bits <= most { Ok((address, bits)) } else { Err(wrong()) }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::rtmp::Configuration;

    fn access(rtmp: &str) -> Access {
        let all = Configuration::parse(Path::new("x"), rtmp).unwrap();
        all.servers[0].applications[0].settings.access().unwrap()
    }

    fn allows(access: &Access, action: Action, address: &str) -> bool {
        access.allows(action, address.parse().unwrap())
    }

    #[test]
    fn the_first_rule_that_fits_decides() {
        let access = access(
            "rtmp { server { application a { deny publish 10.1.0.0/16; allow publish 10.0.0.0/8; allow publish ::1;
             deny publish all; deny play 192.0.2.7; allow play all; } } }",
        );
        for (action, address, expected) in [
            (Action::Publish, "10.2.0.1", true),
            (Action::Publish, "10.1.0.1", false),
            (Action::Publish, "::ffff:10.2.0.1", true),
            (Action::Publish, "::1", true),
            (Action::Publish, "::2", false),
            (Action::Publish, "192.0.2.1", false),
            (Action::Play, "192.0.2.7", false),
            (Action::Play, "192.0.2.8", true),
            (Action::Play, "2001:db8::1", true),
        ] {
            assert_eq!(allows(&access, action, address), expected, "{action:?} {address}");
        }
    }

    #[test]
    fn rules_of_inner_blocks_come_first_and_those_around_them_count_as_well() {
        let access = access(
            "rtmp { deny all; server { allow 10.0.0.0/8; application a { allow publish 192.0.2.1; deny publish 10.0.0.9; } } }",
        );
        for (action, address, expected) in [
            (Action::Publish, "192.0.2.1", true),
            (Action::Publish, "10.0.0.9", false),
            (Action::Publish, "10.0.0.8", true),
            (Action::Play, "10.0.0.9", true),
            (Action::Play, "192.0.2.1", false),
        ] {
            assert_eq!(allows(&access, action, address), expected, "{action:?} {address}");
        }
    }

    #[test]
    fn without_rules_everybody_may() {
        assert!(allows(&Access::default(), Action::Publish, "192.0.2.1"));
    }

    #[test]
    fn networks_are_written_in_many_ways() {
        for (text, bits) in [("10.0.0.5/8", 8), ("0.0.0.0/0", 0), ("10.0.0.1", 32), ("::/0", 0), ("::1", 128)]
        {
            assert_eq!(net(text).map(|(_, bits)| bits), Ok(bits), "{text}");
        }
        for wrong in ["10.0.0.0/33", "::/129", "10.0.0.0/255.0.0.0", "example.org", "10.0.0.0/", ""] {
            assert!(net(wrong).is_err(), "{wrong}");
        }
        let anybody = access("rtmp { server { application a { deny 0.0.0.0/0; deny ::/0; } } }");
        assert!(!allows(&anybody, Action::Play, "192.0.2.1") && !allows(&anybody, Action::Play, "::1"));
    }
}
