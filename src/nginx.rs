//! An nginx.conf in the place of our own configuration: what its `rtmp {}` says, in our words, and what becomes of each directive.

mod application;
mod files;
mod players;
mod report;
mod server;
mod support;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use api::Invalid;
use nginx_compat::rtmp::{Configuration, Folder, HttpLocation};

use crate::config::Config;
use crate::http::OperatorPages;
use crate::ingest::IngestSettings;

pub use report::report;

/// The configuration that an nginx.conf asks for. What it asks for in vain is in the [`report()`].
pub fn config(file: &Path) -> Result<Config, Invalid> {
    let found = read(file)?;
    let mut config = Config::default();
    let addresses = found.servers.iter().flat_map(|server| {
        let settings = server::ingest(&server.settings);
        server.listen.iter().map(move |address| (*address, settings.clone()))
    });
    let mut listen: VecDeque<(SocketAddr, IngestSettings)> = addresses.collect();
    let Some((first, settings)) = listen.pop_front() else {
        return Err(Invalid::new(format!(
            "{}: there is no rtmp server in it; nothing to serve",
            file.display()
        )));
    };
    config.rtmp.listen = first;
    config.ingest = settings;
    config.rtmp_also = listen.into();
    for server in &found.servers {
        for application in &server.applications {
            let settings = application::settings(application, &server.settings)?;
            if config.application.iter().any(|other| other.name == settings.name) {
                let message = format!(
                    "application `{}` is in several servers; give it one name in each",
                    settings.name
                );
                return Err(Invalid::new(message));
            }
            config.application.push(settings);
        }
    }
    config.pages = pages(&found);
    config.pages.check().map_err(|why| Invalid::new(format!("{}: {why}", file.display())))?;
    let mut web = found.locations.iter().filter(|location| concerns_us(location, &config.pages));
    if let Some(listen) = web.find_map(|location| location.listen.first()) {
        config.http.listen = *listen;
    }
    Ok(config)
}

fn read(file: &Path) -> Result<Configuration, Invalid> {
    Configuration::read(file).map_err(|error| Invalid::new(error.to_string()))
}

/// Statistics, orders, and locations whose folder holds the HLS or DASH files of an application.
fn pages(found: &Configuration) -> OperatorPages {
    let mut pages = OperatorPages::default();
    let applications = found.servers.iter().flat_map(|server| &server.applications);
    let written = applications.flat_map(|application| {
        let hls = files::settings(&application.settings).map(|files| files.folder);
        let dash = files::dash(&application.settings).map(|files| files.folder);
        hls.into_iter().chain(dash)
    });
    let written: Vec<PathBuf> = written.collect();
    for location in &found.locations {
        if location.stat {
            pages.stat = Some(location.path.clone());
            pages.stylesheet.clone_from(&location.stylesheet);
        }
        // Of the three kinds of orders one is taken; who has not allowed it does not get it.
        if location.control.iter().any(|kind| kind == "drop") {
            pages.control = Some(location.path.clone());
        }
        if let Some(folder) = folder(location)
            && written.iter().any(|files| files.starts_with(&folder))
            && location.path.starts_with('/')
            && location.path.len() > 1
        {
            let path = location.path.trim_end_matches('/').to_owned();
            // Several hosts of nginx may hand out the same.
            if !pages.folders.iter().any(|(known, _)| *known == path) {
                pages.folders.push((path, folder));
            }
        }
    }
    pages
}

/// The folder whose files a location hands out.
fn folder(location: &HttpLocation) -> Option<PathBuf> {
    match location.folder.as_ref()? {
        Folder::Root(root) => Some(root.join(location.path.trim_matches('/'))),
        Folder::Alias(alias) => Some(alias.clone()),
    }
}

fn concerns_us(location: &HttpLocation, pages: &OperatorPages) -> bool {
    location.stat
        || !location.control.is_empty()
        || pages.folders.iter().any(|(path, _)| *path == location.path.trim_end_matches('/'))
}
