//! Of `http {}` what belongs to nginx-rtmp, and the folders that may be those of its HLS.

use std::net::SocketAddr;

use super::{Configuration, Folder, HttpLocation};
use crate::conf::{Directive, Error, value};
use crate::directives::Context;

/// What a location has from the blocks around it.
#[derive(Clone, Default)]
struct Inherited {
    listen: Vec<SocketAddr>,
    folder: Option<Folder>,
    stylesheet: Option<String>,
}

impl Configuration {
    pub(super) fn http(&mut self, http: &Directive) -> Result<(), Error> {
        let mut around = Inherited::default();
        for inner in http.block.iter().flatten().filter(|inner| inner.name != "server") {
            match inner.name.as_str() {
                // Nothing answers outside of servers, there as well.
                "rtmp_stat" | "rtmp_control" => self.note_ours(inner)?,
                _ if around.take(inner) => self.note_ours(inner)?,
                _ => self.other.push(Directive { block: None, ..inner.clone() }),
            }
        }
        for server in http.all("server") {
            let listen = server.all("listen").filter_map(|listen| listens(listen.first()));
            let around = Inherited { listen: listen.collect(), ..around.clone() };
            self.location(server, "/", around)?;
        }
        Ok(())
    }

    /// A location, or a server as the location of everything that has none of its own.
    fn location(&mut self, block: &Directive, path: &str, mut around: Inherited) -> Result<(), Error> {
        let mut stat = false;
        let mut control = Vec::new();
        let mut locations = Vec::new();
        for inner in block.block.iter().flatten() {
            match inner.name.as_str() {
                "rtmp_stat" => stat = true,
                "rtmp_control" => control = sections(inner),
                "location" if inner.block.is_some() => {
                    locations.push(inner);
                    continue;
                }
                _ if around.take(inner) => {}
                _ => {
                    self.other.push(inner.clone());
                    continue;
                }
            }
            self.note_ours(inner)?;
        }
        // What a server hands out where it has no location is nginx's own business.
        if block.name == "location" || stat || !control.is_empty() {
            let Inherited { listen, folder, stylesheet } = around.clone();
            self.locations.push(HttpLocation {
                listen,
                path: path.to_owned(),
                stat,
                stylesheet,
                control,
                folder,
            });
        }
        for inner in locations {
            // `location = /stat`, `location ^~ /hls`: what stands last is the path.
            let path = inner.arguments.last().map_or("", String::as_str);
            self.location(inner, path, around.clone())?;
        }
        Ok(())
    }

    fn note_ours(&mut self, directive: &Directive) -> Result<(), Error> {
        if directive.name.starts_with("rtmp_") { self.note(directive, Context::Http) } else { Ok(()) }
    }
}

impl Inherited {
    fn take(&mut self, directive: &Directive) -> bool {
        let text = directive.first();
        match directive.name.as_str() {
            "root" => self.folder = Some(Folder::Root(text.into())),
            "alias" => self.folder = Some(Folder::Alias(text.into())),
            "rtmp_stat_stylesheet" => self.stylesheet = Some(text.to_owned()),
            _ => return false,
        }
        true
    }
}

/// Without a port it is that of HTTP.
fn listens(text: &str) -> Option<SocketAddr> {
    value::listen(text).or_else(|_| value::listen(&format!("{text}:80"))).ok()
}

/// The kinds of orders that are taken.
fn sections(directive: &Directive) -> Vec<String> {
    let words: Vec<_> = directive.arguments.iter().map(|word| word.to_ascii_lowercase()).collect();
    if words.iter().any(|word| word == "all") {
        return ["record", "drop", "redirect"].map(str::to_owned).to_vec();
    }
    words
}
