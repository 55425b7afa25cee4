//! Whether a directive may stand where it stands, with what it has.

use super::known::{Context, Known, MANY, Takes};
use super::table::find;
use crate::conf::{Directive, Error, value};

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
    count(directive, known)?;
    arguments(directive, known).map_err(|why| directive.at.error(format!("`{name}`: {why}")))
}

fn count(directive: &Directive, known: &Known) -> Result<(), Error> {
    let (least, most) = match known.takes {
        Takes::Block => (0, 0),
        Takes::Words(_) => (1, MANY),
        Takes::Texts(least, most) => (least, most),
        _ => (1, 1),
    };
    let count = directive.arguments.len();
    if (least..=most).contains(&count) {
        return Ok(());
    }
    let expected = match (least, most) {
        (least, MANY) => format!("at least {least}"),
        (least, most) if least == most => least.to_string(),
        (least, most) => format!("{least} to {most}"),
    };
    Err(directive.at.error(format!("`{}` takes {expected} argument(s), not {count}", known.name)))
}

fn arguments(directive: &Directive, known: &Known) -> Result<(), String> {
    let first = directive.first();
    match known.takes {
        Takes::Flag => value::flag(first).map(drop),
        Takes::Number => value::number(first).map(drop),
        Takes::Size => value::size(first).map(drop),
        Takes::TimeOrOff if first.eq_ignore_ascii_case("off") => Ok(()),
        Takes::Time | Takes::TimeOrOff => value::time(first).map(drop),
        Takes::Word(words) | Takes::Words(words) => directive.arguments.iter().try_for_each(|word| {
            let is_known = words.iter().any(|known| known.eq_ignore_ascii_case(word));
            if is_known { Ok(()) } else { Err(format!("`{word}` is none of {}", words.join(", "))) }
        }),
        Takes::Block | Takes::NamedBlock | Takes::Text | Takes::Texts(..) => Ok(()),
    }
}

fn place(context: Context) -> &'static str {
    match context {
        Context::Main => "outside all blocks",
        Context::Rtmp => "in rtmp",
        Context::Server => "in rtmp's server",
        Context::Application => "in an application",
        Context::Recorder => "in a recorder",
        Context::Http => "in http, best in a location",
    }
}
