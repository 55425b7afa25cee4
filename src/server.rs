//! Composition: what is started, in which order, and how it ends.
//!
//! ```text
//! start    accelerator thread -> library thread -> listeners -> streams -> http, ingest -> "ready" on standard output
//! end      1. ingest     no new publishers; connections are closed
//!          2. streams    lanes finish what they have, briefly; playlists get ENDLIST
//!          3. http       answers that have begun are finished; connections are closed
//!          4. library    the loader thread ends, then
//!          5. engine     the accelerator thread
//! ```
//!
//! The first signal begins the end, the second one ends the process at once, and so does [`GRACE`].

mod listening;

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use api::Invalid;
use api::shutdown::Shutdown;
use media::ffmpeg::EncoderSettings;
use media::picture::Picture;
use tokio::task::JoinSet;

use crate::abuse::{Connections, WrongKeys};
use crate::apps::{Applications, Publish};
use crate::clients::Clients;
use crate::config::{Config, identity};
use crate::hooks::Caller;
use crate::http::{self, App, Web};
use crate::inference::profile::USUAL;
use crate::inference::{Engine, Library, Profile, SecondStage};
use crate::ingest::{Admission, Ingest};
use crate::lane;
use crate::reload::{self, Running};
use crate::streams::{SessionSettings, StreamSettings, Streams};
use crate::supervisor;
use crate::tls::Tls;
use listening::{Addresses, Listening, Port};

/// Pixels that are as they were when their residual was made.
const REUSE: u8 = 0;

/// Threads of the async part: sockets and text, next to nothing beside the lanes.
const ASYNC_THREADS: usize = 2;

/// How long everything together may take to end after the first signal.
const GRACE: Duration = Duration::from_secs(4);

/// How long recorders and relays may take for what they have.
const OUTPUTS_END: Duration = Duration::from_millis(700);

/// How long hooks may take to hear that everything has ended.
const HOOKS_END: Duration = Duration::from_millis(500);

/// Blocking look-ups of the runtime itself may take this long when the server ends.
const RUNTIME_END: Duration = Duration::from_millis(300);

/// Runs the server until a signal ends it.
pub fn run(mut config: Config, read: reload::Read) -> anyhow::Result<()> {
    let own_stream = add_own_stream(&mut config)?;
    let device = config.enhance.device;
    let threads = u16::try_from(config.enhance.threads).unwrap_or(u16::MAX);
    let reuse = config.enhance.reuse.then_some(REUSE);
    let engine = Engine::start(move || nets::open(device, threads, reuse))?;
    let library = Library::start(engine.handle(), measured_with(&config), models::stock::SCALE)?;
    let lanes = lane::Shared {
        engine: engine.handle(),
        library: library.handle(),
        second_stage: second_stage(&config, &engine, &library),
        encode: config.encode.clone(),
        max_size: config.enhance.max_size,
        scale: models::stock::SCALE,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(ASYNC_THREADS)
        .thread_name("network")
        .enable_all()
        .build()
        .context("cannot start the network threads")?;
    let outcome = runtime.block_on(serve(config, lanes, own_stream, read));
    runtime.shutdown_timeout(RUNTIME_END);
    library.join();
    engine.join();
    tracing::info!("ended");
    outcome
}

/// Without streams and applications there is a stream of our own; whether it was added. Open applications need no keys.
fn add_own_stream(config: &mut Config) -> Result<bool, Invalid> {
    let is_needed = config.stream.is_empty() && config.application.is_empty();
    if is_needed {
        config.stream.push(identity::live_stream()?);
    }
    Ok(is_needed)
}

fn with_own_stream(read: reload::Read) -> reload::Read {
    Box::new(move || {
        let mut config = read()?;
        add_own_stream(&mut config)?;
        Ok(config)
    })
}

async fn serve(
    config: Config,
    lanes: lane::Shared,
    own_stream: bool,
    read: reload::Read,
) -> anyhow::Result<()> {
    let shutdown = Shutdown::new();
    let mut signals = JoinSet::new();
    signals.spawn(shutdown.clone().listen_to_signals(GRACE));

    let tls = config.tls.clone().map(Tls::read).transpose()?;
    let listening = Listening::bind(&config, tls.as_ref()).await?;
    let addresses = listening.addresses()?;

    let library = lanes.library.clone();
    let settings = SessionSettings {
        hls: config.hls,
        grace: config.grace,
        takeover: config.takeover,
        lanes: config.enhance.enabled.then_some(lanes),
        sinks: Vec::new(),
    };
    let streams = Arc::new(Streams::new(config.enhance.profile, settings));
    for stream in &config.stream {
        streams.add(stream.clone())?;
    }

    let clients = Arc::new(Clients::new(config.max_players));
    let http_end = Shutdown::new();
    let mut tasks = JoinSet::new();
    let keys = Arc::new(WrongKeys::default());
    let connections = Connections::new(config.http_connections);
    let access = Arc::new(config.access.clone());
    let (reload, orders) = http::reload_orders();
    let (record, record_orders) = http::record_orders();
    let router = http::router(App::new(http::Parts {
        streams: Arc::clone(&streams),
        library,
        keys: Arc::clone(&keys),
        connections: Arc::clone(&connections),
        clients: Arc::clone(&clients),
        pages: config.pages.clone(),
        access: Arc::clone(&access),
        reload,
        record,
    }));
    let web = Web { router, connections, access };
    for Port { listener, tls } in listening.http {
        tasks.spawn(http::serve(listener, tls, web.clone(), http_end.clone()));
    }
    let keeper = Arc::clone(&streams);
    let keeper_end = shutdown.clone();
    tasks.spawn(async move { keeper.run(keeper_end).await });

    let caller = Caller::new();
    let mut listeners = JoinSet::new();
    let applications = Applications::new(
        config.application.clone(),
        Arc::clone(&streams),
        caller.clone(),
        Arc::clone(&clients),
    );
    tasks.spawn(Arc::clone(&applications).take_orders(record_orders, shutdown.clone()));
    applications.keep_clean().context("no thread to sweep old files")?;
    for (Port { listener, tls }, settings) in listening.rtmp {
        let admission: Arc<dyn Admission> = Arc::clone(&applications) as _;
        let ingest = Ingest::new(listener, tls, settings, admission, Arc::clone(&keys), Arc::clone(&clients));
        listeners.spawn(ingest.run(shutdown.clone()));
    }
    let running = Running { applications: Arc::clone(&applications), streams: Arc::clone(&streams) };
    let read = with_own_stream(read);
    tasks.spawn(reload::when_asked(read, config.clone(), running, orders, shutdown.clone()));
    if let Some(tls) = tls {
        tasks.spawn(tls.keep_fresh(shutdown.clone()));
    }
    tasks.spawn(supervisor::keep_watchdog_calm(shutdown.clone()));
    announce(&config, &addresses, own_stream)?;
    supervisor::ready();
    applications.pull_always();
    while listeners.join_next().await.is_some() {}
    supervisor::stopping();
    applications.end_pulls();
    streams.end().await;
    applications.finish(OUTPUTS_END).await;
    caller.finish(HOOKS_END).await;
    http_end.request();
    while let Some(ended) = tasks.join_next().await {
        if let Err(error) = ended {
            tracing::error!(%error, "a task of the server broke");
        }
    }
    signals.shutdown().await;
    Ok(())
}

fn second_stage(config: &Config, engine: &Engine, library: &Library) -> Option<SecondStage> {
    let wanted = config.enhance.enabled && config.enhance.temporal;
    wanted.then(|| SecondStage::stock(&engine.handle(), library.handle().machine()))
}

/// Measuring takes a moment, so it is done only where it decides something.
fn measured_with(config: &Config) -> Option<EncoderSettings> {
    let auto = |stream: &StreamSettings| stream.profile.unwrap_or(config.enhance.profile) == Profile::Auto;
    // Streams of open applications have the server's usual profile.
    let is_open = config.application.iter().any(|app| app.publish == Publish::Open);
    let open_auto = is_open && config.enhance.profile == Profile::Auto;
    let decides = config.enhance.enabled && (open_auto || config.stream.iter().any(auto));
    let large = USUAL.size.scaled(models::stock::SCALE.into());
    decides.then(|| {
        let picture = Picture::new(large);
        config.encode.encoder(large, USUAL.frame_rate, picture.colour(), picture.pixel_aspect())
    })
}

/// Says on standard output, which is no log, where the server listens: one line for programs, and, for a server
/// without configuration, what has to be pasted into OBS.
fn announce(config: &Config, addresses: &Addresses, own_stream: bool) -> anyhow::Result<()> {
    let Addresses { rtmp, http, .. } = addresses;
    tracing::info!(%rtmp, %http, streams = config.stream.len(), "listening");
    let mut out = std::io::stdout().lock();
    if let Some(stream) = config.stream.first().filter(|_| own_stream)
        && let Some(key) = &stream.key
    {
        writeln!(out, "OBS: Settings, Stream, Service \"Custom...\"")?;
        writeln!(out, "  Server      rtmp://{rtmp}/live")?;
        writeln!(out, "  Stream key  {}", key.expose())?;
        writeln!(out, "Watch         http://{http}{}", api::control::routes::watch(&stream.name))?;
    }
    writeln!(out, "ready {addresses}")?;
    out.flush().context("cannot write to standard output")
}
