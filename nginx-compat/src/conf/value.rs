//! What arguments mean.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

/// `on` or `off`, in any case.
pub fn flag(text: &str) -> Result<bool, String> {
    match text {
        _ if text.eq_ignore_ascii_case("on") => Ok(true),
        _ if text.eq_ignore_ascii_case("off") => Ok(false),
        _ => Err(format!("`{text}` is neither `on` nor `off`")),
    }
}

pub fn number(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("`{text}` is no whole number"))
}

/// Bytes: `4096`, `64k`, `1M`, `2G`.
pub fn size(text: &str) -> Result<u64, String> {
    let wrong = || format!("`{text}` is no size; write a number of bytes, or with k, m or g behind it");
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let factor: u64 = match unit {
        "" => 1,
        "k" | "K" => 1 << 10,
        "m" | "M" => 1 << 20,
        "g" | "G" => 1 << 30,
        _ => return Err(wrong()),
    };
    number.parse::<u64>().ok().and_then(|number| number.checked_mul(factor)).ok_or_else(wrong)
}

/// A time: `5s`, `1m 30s`, `500ms`, `2h`, `1d`. A bare number counts seconds, also where nginx keeps milliseconds.
pub fn time(text: &str) -> Result<Duration, String> {
    let wrong =
        || format!("`{text}` is no time; write numbers with ms, s, m, h, d, w, M or y behind them: `1m30s`");
    let mut total: u64 = 0;
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(wrong());
    }
    while !rest.is_empty() {
        let split = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (digits, behind) = rest.split_at(split);
        let unit_end = behind.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(behind.len());
        let (unit, behind) = behind.split_at(unit_end);
        let milliseconds: u64 = match unit {
            "ms" => 1,
            "" | "s" => 1000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            "w" => 7 * 86_400_000,
            "M" => 30 * 86_400_000,
            "y" => 365 * 86_400_000,
            _ => return Err(wrong()),
        };
        let number: u64 = digits.parse().map_err(|_| wrong())?;
        let part = number.checked_mul(milliseconds).ok_or_else(wrong)?;
        total = total.checked_add(part).ok_or_else(wrong)?;
        rest = behind.trim_start();
    }
    Ok(Duration::from_millis(total))
}

/// Where to listen: `1935`, `*:1935`, `127.0.0.1:1935`, `[::1]:1935`, `localhost:1935`, `unix:...` is refused.
pub fn listen(text: &str) -> Result<SocketAddr, String> {
    let wrong = || format!("`{text}` is no address to listen on; write PORT, IP:PORT or [IPv6]:PORT");
    if let Ok(port) = text.parse::<u16>() {
        return Ok(SocketAddr::from((Ipv4Addr::UNSPECIFIED, port)));
    }
    if let Ok(address) = text.parse() {
        return Ok(address);
    }
    let (host, port) = text.rsplit_once(':').ok_or_else(wrong)?;
    let port: u16 = port.parse().map_err(|_| wrong())?;
    let host: IpAddr = match host {
        "*" => Ipv4Addr::UNSPECIFIED.into(),
        "localhost" => Ipv4Addr::LOCALHOST.into(),
        "[::]" => Ipv6Addr::UNSPECIFIED.into(),
        other => other.parse().map_err(|_| wrong())?,
    };
    Ok(SocketAddr::new(host, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_times_have_units() {
        for (text, bytes) in [("4096", 4096), ("64k", 64 << 10), ("1M", 1 << 20), ("2g", 2 << 30)] {
            assert_eq!(size(text), Ok(bytes));
        }
        for (text, millis) in [
            ("5", 5_000),
            ("0", 0),
            ("5s", 5_000),
            ("1m 30s", 90_000),
            ("1m30", 90_000),
            ("1h 30m", 5_400_000),
            ("500ms", 500),
            ("1d", 86_400_000),
            ("1w", 604_800_000),
            ("1M", 2_592_000_000),
            ("1y", 31_536_000_000),
        ] {
            assert_eq!(time(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for flag_text in ["on", "ON", "On"] {
            assert_eq!(flag(flag_text), Ok(true));
        }
        for wrong in ["", "x", "5x", "-1", "99999999999999999999", "5 x"] {
            assert!(size(wrong).is_err() && time(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn addresses_are_written_in_many_ways() {
        for (text, address) in [
            ("1935", "0.0.0.0:1935"),
            ("*:1935", "0.0.0.0:1935"),
            ("127.0.0.1:1936", "127.0.0.1:1936"),
            ("[::]:1935", "[::]:1935"),
            ("localhost:80", "127.0.0.1:80"),
        ] {
            assert_eq!(listen(text), Ok(address.parse().unwrap()));
        }
        for wrong in ["", "unix:/run/x", "example.org:80", "70000"] {
            assert!(listen(wrong).is_err(), "{wrong}");
        }
    }
}
