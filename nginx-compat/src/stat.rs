//! The page that `rtmp_stat` makes: XML, with the elements and the order that stylesheets and exporters know.

#[cfg(test)]
mod tests;
mod xml;

use std::time::Duration;

use xml::Xml;

/// Everything at one moment.
#[derive(Debug, Clone, Default)]
pub struct Stat {
    /// What we are, in the place of nginx's version.
    pub version: String,
    /// Left out where it is empty.
    pub compiler: String,
    pub built: String,
    pub pid: u32,
    pub uptime: Duration,
    /// Connections since the start.
    pub accepted: u64,
    pub traffic: Traffic,
    pub applications: Vec<Application>,
}

/// Rates in bits a second, and bytes.
#[derive(Debug, Clone, Copy, Default)]
pub struct Traffic {
    pub bandwidth_in: u64,
    pub bytes_in: u64,
    pub bandwidth_out: u64,
    pub bytes_out: u64,
}

#[derive(Debug, Clone, Default)]
pub struct Application {
    pub name: String,
    pub streams: Vec<Stream>,
}

#[derive(Debug, Clone, Default)]
pub struct Stream {
    pub name: String,
    pub time: Duration,
    pub traffic: Traffic,
    pub bandwidth_audio: u64,
    pub bandwidth_video: u64,
    pub clients: Vec<Client>,
    pub video: Option<Video>,
    pub audio: Option<Audio>,
    pub is_published: bool,
}

#[derive(Debug, Clone, Default)]
pub struct Client {
    pub id: u64,
    pub address: String,
    pub time: Duration,
    pub flash_version: String,
    pub page_url: String,
    pub swf_url: String,
    pub dropped: u64,
    /// How far sound is ahead of pictures, in milliseconds.
    pub av_sync: i64,
    pub timestamp: u64,
    pub publishes: bool,
}

#[derive(Debug, Clone, Default)]
pub struct Video {
    pub width: u32,
    pub height: u32,
    pub frame_rate: f64,
    /// `H264`, ...
    pub codec: String,
    /// `Baseline`, `Main`, `High`; this and what follows is left out where it is not known.
    pub profile: String,
    pub compatibility: Option<u8>,
    /// As AVC writes it: 31 is level 3.1.
    pub level: Option<u8>,
}

#[derive(Debug, Clone, Default)]
pub struct Audio {
    /// `AAC`, ...
    pub codec: String,
    /// `LC`, `HE`, `HEv2`, ...; left out where it is not known.
    pub profile: String,
    pub channels: u8,
    pub sample_rate: u32,
}

impl Stat {
    /// The page. `stylesheet`: what browsers show it with.
    pub fn to_xml(&self, stylesheet: Option<&str>) -> String {
        let mut xml = Xml::new(stylesheet);
        xml.element("rtmp", |xml| {
            xml.text("nginx_version", &self.version);
            xml.text("nginx_rtmp_version", "1.2.2");
            xml.some("compiler", &self.compiler);
            xml.text("built", &self.built);
            xml.text("pid", self.pid);
            xml.text("uptime", self.uptime.as_secs());
            xml.text("naccepted", self.accepted);
            self.traffic.write(xml);
            xml.element("server", |xml| {
                for application in &self.applications {
                    application.write(xml);
                }
            });
        });
        xml.finish()
    }
}

impl Traffic {
    fn write(self, xml: &mut Xml) {
        xml.text("bw_in", self.bandwidth_in);
        xml.text("bytes_in", self.bytes_in);
        xml.text("bw_out", self.bandwidth_out);
        xml.text("bytes_out", self.bytes_out);
    }
}

impl Application {
    fn write(&self, xml: &mut Xml) {
        xml.element("application", |xml| {
            xml.text("name", &self.name);
            xml.element("live", |xml| {
                for stream in &self.streams {
                    stream.write(xml);
                }
                xml.text("nclients", self.streams.iter().map(|stream| stream.clients.len()).sum::<usize>());
            });
        });
    }
}

impl Stream {
    fn write(&self, xml: &mut Xml) {
        xml.element("stream", |xml| {
            xml.text("name", &self.name);
            xml.text("time", self.time.as_millis());
            self.traffic.write(xml);
            xml.text("bw_audio", self.bandwidth_audio);
            xml.text("bw_video", self.bandwidth_video);
            for client in &self.clients {
                client.write(xml);
            }
            if self.video.is_some() || self.audio.is_some() {
                xml.element("meta", |xml| self.write_meta(xml));
            }
            xml.text("nclients", self.clients.len());
            if self.is_published {
                xml.empty("publishing");
                xml.empty("active");
            }
        });
    }

    /// Both elements stand there as soon as one of them is known.
    fn write_meta(&self, xml: &mut Xml) {
        xml.element("video", |xml| self.video.clone().unwrap_or_default().write(xml));
        xml.element("audio", |xml| {
            if let Some(audio) = &self.audio {
                audio.write(xml);
            }
        });
    }
}

impl Video {
    fn write(&self, xml: &mut Xml) {
        xml.text("width", self.width);
        xml.text("height", self.height);
        xml.text("frame_rate", self.frame_rate.round());
        xml.some("codec", &self.codec);
        xml.some("profile", &self.profile);
        if let Some(compatibility) = self.compatibility {
            xml.text("compat", compatibility);
        }
        if let Some(level) = self.level {
            xml.text("level", format!("{}.{}", level / 10, level % 10));
        }
    }
}

impl Audio {
    fn write(&self, xml: &mut Xml) {
        xml.some("codec", &self.codec);
        xml.some("profile", &self.profile);
        xml.text("channels", self.channels);
        xml.text("sample_rate", self.sample_rate);
    }
}

impl Client {
    fn write(&self, xml: &mut Xml) {
        xml.element("client", |xml| {
            xml.text("id", self.id);
            xml.text("address", &self.address);
            xml.text("time", self.time.as_millis());
            xml.some("flashver", &self.flash_version);
            xml.some("pageurl", &self.page_url);
            xml.some("swfurl", &self.swf_url);
            xml.text("dropped", self.dropped);
            xml.text("avsync", self.av_sync);
            xml.text("timestamp", self.timestamp);
            if self.publishes {
                xml.empty("publishing");
            }
            xml.empty("active");
        });
    }
}
