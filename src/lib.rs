//! The sharpcast server: `ingest -> hub -> pipeline -> enhance -> hls -> http`.
