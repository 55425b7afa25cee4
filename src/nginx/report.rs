//! What becomes of each directive, line by line.

use std::fmt::Write;
use std::path::Path;

use api::Invalid;

use super::support::{State, find};

/// For people: every directive of nginx-rtmp in a file, how it is met, or that it is not and what to do instead.
pub fn report(file: &Path) -> Result<String, Invalid> {
    let found = super::read(file)?;
    let mut text = String::new();
    let mut counts = [0; 3];
    for directive in &found.used {
        let (word, index, why) = match find(&directive.name) {
            State::Met(how) => ("met    ", 0, how),
            State::Fixed(how) => ("fixed  ", 1, how),
            State::Refused(why) => ("REFUSED", 2, why),
        };
        counts[index] += 1;
        let _ = writeln!(text, "{word} {}: {directive}\n        {why}", directive.at);
    }
    let [met, fixed, refused] = counts;
    let others = found.other.len();
    let _ = writeln!(
        text,
        "{met} met, {fixed} fixed (behave in one way, whatever is written), {refused} refused; {others} other directives are nginx's own and not read"
    );
    Ok(text)
}
