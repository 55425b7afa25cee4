//! YUV4MPEG2, the uncompressed format that every video tool reads: a line of text, then planes.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use anyhow::{Context as _, Result};
use media::Picture;
use media::picture::Component;

/// Writes pictures of one size to a file. The frame rate in its header is a token: VMAF does not look at it.
pub(super) fn write<'a>(path: &Path, pictures: impl IntoIterator<Item = &'a Picture>) -> Result<()> {
    let write = || -> std::io::Result<()> {
        let mut file = BufWriter::new(File::create(path)?);
        for (index, picture) in pictures.into_iter().enumerate() {
            if index == 0 {
                let size = picture.size();
                writeln!(file, "YUV4MPEG2 W{} H{} F25:1 Ip A1:1 C420mpeg2", size.width, size.height)?;
            }
            file.write_all(b"FRAME\n")?;
            for component in Component::ALL {
                picture.plane(component).rows().try_for_each(|row| file.write_all(row))?;
            }
        }
        file.flush()
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use media::Size;

    use super::*;

    #[test]
    fn rows_are_written_without_what_pads_them() {
        let mut picture = Picture::new(Size { width: 6, height: 4 });
        for (value, component) in (1..).zip(Component::ALL) {
            picture.plane_mut(component).fill(value);
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("two.y4m");
        write(&path, &[picture.clone(), picture]).unwrap();
        let mut expected = b"YUV4MPEG2 W6 H4 F25:1 Ip A1:1 C420mpeg2\n".to_vec();
        for _ in 0..2 {
            expected.extend(b"FRAME\n");
            expected.extend([vec![1; 24], vec![2; 6], vec![3; 6]].concat());
        }
        assert_eq!(std::fs::read(&path).unwrap(), expected);
    }
}
