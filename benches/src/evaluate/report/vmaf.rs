//! VMAF over all clips; per clip it is among the details.

use std::fmt::{Error, Write as _};

use media::quality::Mean;

use super::super::rows::Rows;
use super::{figure, head, line};

pub(super) fn by_bitrate(text: &mut String, rows: Rows<'_>) -> Result<(), Error> {
    if rows.0.iter().all(|row| row.vmaf.is_none()) {
        return Ok(());
    }
    let methods = rows.methods();
    writeln!(text, "## VMAF\nMean over the clips.\n")?;
    head(text, &[&["kbit/s"], methods.as_slice()].concat())?;
    for wanted in rows.bitrates() {
        let means = methods.iter().map(|method| {
            let at_bitrate = rows.of(method).filter(|row| row.wanted == wanted);
            let mean: Mean = at_bitrate.filter_map(|row| row.vmaf).collect();
            figure((mean.count() > 0).then(|| mean.mean()), 1)
        });
        line(text, std::iter::once((wanted / 1000).to_string()).chain(means))?;
    }
    writeln!(text)
}
