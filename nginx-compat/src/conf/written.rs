//! Directives as somebody would write them.

use std::borrow::Cow;
use std::fmt;

use super::Directive;
use super::token::is_space;

/// On one line, without its block.
impl fmt::Display for Directive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        self.arguments.iter().try_for_each(|argument| write!(f, " {}", written(argument)))
    }
}

/// A word as it has to be written so that it is read as itself.
fn written(word: &str) -> Cow<'_, str> {
    let needs_quotes = word.is_empty()
        || word.starts_with(['"', '\'', '#', '}'])
        || word.contains(|c: char| is_space(c) || matches!(c, ';' | '{' | '\\'));
    if !needs_quotes {
        return Cow::Borrowed(word);
    }
    let mut text = String::from('"');
    for c in word.chars() {
        match c {
            '"' | '\\' => text.extend(['\\', c]),
            '\t' => text.push_str("\\t"),
            '\r' => text.push_str("\\r"),
            '\n' => text.push_str("\\n"),
            c => text.push(c),
        }
    }
    text.push('"');
    Cow::Owned(text)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::parse;

    #[test]
    fn quotes_stand_where_they_are_needed() {
        let text = r#"exec "ffmpeg"  -i 'a b' '' "it's;" ~\.ts$;"#;
        let directive = &parse(Path::new("x"), text).unwrap()[0];
        assert_eq!(directive.to_string(), r#"exec ffmpeg -i "a b" "" "it's;" "~\\.ts$""#);
    }

    proptest::proptest! {
        #[test]
        fn what_is_written_is_read(words in proptest::collection::vec("\\PC{0,20}|[\\\\\"'{};# $\\n\\t]{0,8}", 0..4)) {
            let mut directive = parse(Path::new("x"), "name;").unwrap().remove(0);
            directive.arguments = words;
            let again = parse(Path::new("x"), &format!("{directive};")).unwrap();
            proptest::prop_assert_eq!(again, [directive]);
        }
    }
}
