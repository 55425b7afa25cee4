//! What the streamer shows while it runs: a live line on a terminal, one line a second in a pipe.
//!
//! The lines of a pipe go to standard output in logfmt (`key=value`, separated by blanks); the log goes to standard error, as
//! text or, with `--log-format json`, an object per line. Trainings are in it; with `SHARPCAST_LOG=debug` every look as well.
//! Keys stay, and new ones are added at the end:
//!
//! | key | meaning |
//! |---|---|
//! | `t` | seconds since the start |
//! | `link` | `connecting`, `live` or `ended` |
//! | `frames` | pictures sent or waiting to be sent |
//! | `sent_kbps` | kbit/s handed to the network since the line before, without RTMP's own headers |
//! | `late` | pictures of the source left out because coding did not keep up |
//! | `unsent` | coded pictures and sounds that were thrown away: no connection, or a network too slow |
//! | `lost` | times that the connection was lost |
//! | `pairs` | training pairs made |
//! | `steps` | training steps done |
//! | `steps_per_s` | training steps a second since the line before |
//! | `plain_db`, `net_db`, `gain_db` | PSNR of luma on held-out pairs now: plain upsampling, the network that the server has, the difference; `-` before the first measurement |
//! | `uploads` | networks that the server accepted |
//! | `version` | version of the newest of them; `-` before the first |
//! | `upload` | the latest upload: `none`, `sending`, `live`, `ready`, `unchanged`, `refused`, `retrying` |
//! | `pairs_dropped` | coded pictures and pairs that training was too busy for |
//! | `source_lost` | coded pictures and sounds of a publisher that were damaged or came too fast |
//! | `trainee_db` | PSNR of luma on the same pairs: the network that is being trained |
//! | `training` | `waiting` for pairs, `training`, `resting`, or `too-slow` |
//! | `smooth_db` | gain of the best network so far on the live picture, smoothed; `-` before the first look |
//! | `trainings`, `train_s` | trainings begun, and seconds spent on them |
//! | `gained_db`, `goal_db`, `predicted_db` | the newest training: what it has gained, what is enough, what was predicted to be in reach; `-` where it is not known |
//! | `upload_bytes` | bytes of networks sent, as differences where those are smaller; interrupted uploads included |

mod counters;
mod line;
mod screen;
mod training;

pub use counters::{Counter, Counters, Link, Quality, UploadState};
pub use line::Snapshot;
pub use screen::Screen;
