//! Names with `*`, `?` and `[...]`, which stand for what they stand for in a shell; also in the names of folders.

use std::fs;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

use super::MAX_FILES;

/// The files that a name means, in their order. A name without wildcards means itself, whether it is there or not.
pub(super) fn files(pattern: &Path) -> Result<Vec<PathBuf>, String> {
    if !has_wildcards(pattern.as_os_str().to_str().unwrap_or_default()) {
        return Ok(vec![pattern.to_owned()]);
    }
    let mut found = vec![PathBuf::new()];
    for part in pattern.components() {
        let name = part.as_os_str().to_str().unwrap_or_default();
        if matches!(part, Component::Normal(_)) && has_wildcards(name) {
            let mut inner = Vec::new();
            for folder in &found {
                inner.extend(matching(folder, name)?);
                if inner.len() > MAX_FILES {
                    return Err(format!("{} means more than {MAX_FILES} files", pattern.display()));
                }
            }
            found = inner;
        } else {
            for path in &mut found {
                path.push(part);
            }
        }
    }
    // Behind a folder with a wildcard stand names that not every such folder has.
    found.retain(|path| path.exists());
    Ok(found)
}

fn has_wildcards(text: &str) -> bool {
    text.contains(['*', '?', '['])
}

fn matching(folder: &Path, name: &str) -> Result<Vec<PathBuf>, String> {
    let listed = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let entries = match fs::read_dir(listed) {
        // As there: wildcards may mean nothing.
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(Vec::new());
        }
        entries => entries.map_err(|error| format!("{} cannot be read: {error}", listed.display()))?,
    };
    let names = entries.filter_map(Result::ok).filter_map(|entry| entry.file_name().into_string().ok());
    let mut names: Vec<_> = names.filter(|found| fits(name, found)).collect();
    names.sort();
    Ok(names.into_iter().map(|name| folder.join(name)).collect())
}

/// Hidden files are meant only where the dot is written.
fn fits(pattern: &str, name: &str) -> bool {
    if name.starts_with('.') && !pattern.starts_with('.') {
        return false;
    }
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    matches(&pattern, &name)
}

/// Without recursion, so that no pattern takes for ever.
fn matches(pattern: &[char], name: &[char]) -> bool {
    let mut at = 0;
    let mut of = 0;
    let mut star: Option<(usize, usize)> = None;
    while of < name.len() {
        if pattern.get(at) == Some(&'*') {
            star = Some((at, of));
            at += 1;
        } else if let Some(length) = one(&pattern[at..], name[of]) {
            at += length;
            of += 1;
        } else {
            // One more of the name belongs to the star.
            let Some((back, taken)) = star else { return false };
            star = Some((back, taken + 1));
            at = back + 1;
            of = taken + 1;
        }
    }
    pattern[at..].iter().all(|c| *c == '*')
}

/// How much of the pattern stands for this character; none if its beginning stands for another one.
fn one(pattern: &[char], c: char) -> Option<usize> {
    match pattern.first()? {
        '?' => Some(1),
        '[' => {
            let is_not = matches!(pattern.get(1), Some('!' | '^'));
            let begin = if is_not { 2 } else { 1 };
            // A bracket that comes first is one of the characters.
            let length = pattern.iter().skip(begin + 1).position(|c| *c == ']');
            let Some(length) = length else { return (c == '[').then_some(1) };
            let set = &pattern[begin..=begin + length];
            (is_in(set, c) != is_not).then_some(begin + length + 2)
        }
        other => (*other == c).then_some(1),
    }
}

/// `abc`, `a-z`, or both.
fn is_in(mut set: &[char], c: char) -> bool {
    loop {
        match set {
            [] => return false,
            [low, '-', high, ..] if (*low..=*high).contains(&c) => return true,
            [_, '-', _, rest @ ..] => set = rest,
            [one, ..] if *one == c => return true,
            [_, rest @ ..] => set = rest,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_mean_what_they_mean_in_a_shell() {
        for (pattern, name, expected) in [
            ("*.conf", "a.conf", true),
            ("*.conf", "a.conf.bak", false),
            ("*.conf", ".a.conf", false),
            (".*.conf", ".a.conf", true),
            ("a*b*c", "aXXbYYc", true),
            ("a*b*c", "aXXbYY", false),
            ("?.conf", "ab.conf", false),
            ("?.conf", "ä.conf", true),
            ("*", "anything", true),
            ("[ab]*", "beta", true),
            ("[ab]*", "gamma", false),
            ("[0-9][0-9]-*", "10-rtmp", true),
            ("[!_]*", "_off", false),
            ("[!_]*", "on", true),
            ("[]x]", "]", true),
            ("[a", "[a", true),
            ("[", "[", true),
            ("[a-]", "-", true),
        ] {
            assert_eq!(fits(pattern, name), expected, "{pattern} {name}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_pattern_ends(pattern in "[a-b*?\\[\\]!-]{0,40}", name in "[a-b]{0,40}") {
            fits(&pattern, &name);
        }
    }
}
