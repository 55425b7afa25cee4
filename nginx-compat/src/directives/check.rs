//! Whether a directive may stand where it stands, with what it has.

use super::known::{Context, Takes};
use super::table::find;
use crate::conf::value::{self, Bare};
use crate::conf::{Directive, Error};

/// Whether this is a directive of the module in its place; everything else is an error that says what to do.
pub fn check(directive: &Directive, context: Context) -> Result<(), Error> {
    let wrong = |what: String| Err(directive.at.error(what));
    let name = &directive.name;
    let Some(known) = find(name) else {
        return wrong(format!(
            "`{name}` is no directive of nginx-rtmp; is it misspelt, or is its module another one?"
        ));
    };
    if !known.contexts.contains(&context) {
        let places: Vec<_> = known.contexts.iter().map(|context| place(*context)).collect();
        return wrong(format!("`{name}` does not belong here; it stands {}", places.join(" or ")));
    }
    let wants_block = matches!(known.takes, Takes::Block | Takes::NamedBlock);
    if directive.block.is_some() != wants_block {
        let what = if wants_block { "needs a block in braces" } else { "takes no block; end it with `;`" };
        return wrong(format!("`{name}` {what}"));
    }
    let (least, most) = match known.takes {
        Takes::Block => (0, 0),
        Takes::Words(words) => (1, words.len()),
        Takes::Texts(least, most) => (least, most),
        _ => (1, 1),
    };
    let count = directive.arguments.len();
    if !(least..=most).contains(&count) {
        let expected = if least == most { least.to_string() } else { format!("{least} to {most}") };
        return wrong(format!("`{name}` takes {expected} argument(s), not {count}"));
    }
    let first = directive.first();
    let understood = match known.takes {
        Takes::Flag => value::flag(first).map(drop),
        Takes::Number => value::number(first).map(drop),
        Takes::Size => size(first).map(drop),
        Takes::Time => time(first, Bare::Milliseconds).map(drop),
        Takes::Seconds => time(first, Bare::Seconds).map(drop),
        Takes::Word(words) | Takes::Words(words) => directive.arguments.iter().try_for_each(|word| {
            let known = words.contains(&word.as_str());
            if known { Ok(()) } else { Err(format!("`{word}` is none of {}", words.join(", "))) }
        }),
        Takes::Block | Takes::NamedBlock | Takes::Text | Takes::Texts(..) => Ok(()),
    };
    understood.map_err(|why| directive.at.error(format!("`{name}`: {why}")))
}

/// `off`, where a limit may be taken away.
fn size(text: &str) -> Result<u64, String> {
    if text == "off" { Ok(0) } else { value::size(text) }
}

fn time(text: &str, bare: Bare) -> Result<std::time::Duration, String> {
    if text == "off" { Ok(std::time::Duration::ZERO) } else { value::time(text, bare) }
}

fn place(context: Context) -> &'static str {
    match context {
        Context::Main => "outside all blocks",
        Context::Rtmp => "in rtmp",
        Context::Server => "in rtmp's server",
        Context::Application => "in an application",
        Context::Recorder => "in a recorder",
        Context::Location => "in a location of http",
    }
}
