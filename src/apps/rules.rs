//! From where somebody may come: `allow 10.0.0.0/8`, `deny all`. The first rule that fits decides; without one everybody may.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use api::Invalid;
use ipnet::IpNet;

/// Rules in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rules(pub Vec<Rule>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    pub allows: bool,
    pub from: From,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum From {
    All,
    Net(IpNet),
}

impl Rules {
    /// An IPv4 address that comes in through an IPv6 socket is the IPv4 address that it is.
    pub fn allow(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        let deciding = self.0.iter().find(|rule| match rule.from {
            From::All => true,
            From::Net(net) => net.contains(&address),
        });
        deciding.is_none_or(|rule| rule.allows)
    }
}

impl FromStr for Rule {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let wrong = || {
            Invalid::new(format!(
                "`{text}` is no rule; write `allow` or `deny` and an address, a network or `all`: `allow 10.0.0.0/8`"
            ))
        };
        let (verb, from) = text.split_once(char::is_whitespace).ok_or_else(wrong)?;
        let allows = match verb {
            "allow" => true,
            "deny" => false,
            _ => return Err(wrong()),
        };
        Ok(Self { allows, from: from.trim().parse().map_err(|_| wrong())? })
    }
}

impl FromStr for From {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        if text == "all" {
            return Ok(Self::All);
        }
        let net = text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from));
        net.map(Self::Net)
            .ok_or_else(|| Invalid::new(format!("`{text}` is no address, no network, and not `all`")))
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.allows { "allow " } else { "deny " })?;
        match self.from {
            From::All => f.write_str("all"),
            From::Net(net) if net.prefix_len() == net.max_prefix_len() => net.addr().fmt(f),
            From::Net(net) => net.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(texts: &[&str]) -> Rules {
        Rules(texts.iter().map(|text| text.parse().unwrap()).collect())
    }

    #[test]
    fn the_first_rule_that_fits_decides() {
        let office = rules(&["deny 10.0.0.9", "allow 10.0.0.0/8", "allow ::1", "deny all"]);
        for (address, allowed) in [
            ("10.0.0.9", false),
            ("10.0.0.8", true),
            ("::ffff:10.0.0.8", true),
            ("::1", true),
            ("11.0.0.1", false),
            ("2001:db8::1", false),
        ] {
            assert_eq!(office.allow(address.parse().unwrap()), allowed, "{address}");
        }
        assert!(rules(&[]).allow("192.0.2.1".parse().unwrap()), "without rules everybody may");
    }

    #[test]
    fn rules_are_written_as_they_are_read() {
        for text in ["allow all", "deny 10.0.0.0/8", "allow 192.0.2.1", "deny 2001:db8::/32"] {
            assert_eq!(text.parse::<Rule>().unwrap().to_string(), text);
        }
        for wrong in ["", "allow", "permit all", "allow 10.0.0.0/40", "deny everybody", "allow 1.2.3"] {
            assert!(wrong.parse::<Rule>().unwrap_err().to_string().contains("is no rule"), "{wrong}");
        }
    }
}
