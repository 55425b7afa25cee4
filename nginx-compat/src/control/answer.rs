//! How orders are answered.

/// What has become of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// So many have been dropped or redirected; none is no failure.
    Count(usize),
    /// The file whose recording has begun or ended; none if there was nothing to do.
    Recorded(Option<String>),
    /// No such kind of order, or it is not among those of `rtmp_control`.
    NotTaken,
    /// Why. There it stands in no answer; programs look at the status.
    Failed(String),
}

impl Answer {
    pub fn status(&self) -> u16 {
        match self {
            Self::Count(_) | Self::Recorded(Some(_)) => 200,
            Self::Recorded(None) => 204,
            Self::NotTaken => 404,
            Self::Failed(_) => 500,
        }
    }

    pub fn body(&self) -> String {
        match self {
            Self::Count(count) => count.to_string(),
            Self::Recorded(file) => file.clone().unwrap_or_default(),
            Self::NotTaken => String::new(),
            Self::Failed(why) => why.clone(),
        }
    }
}
