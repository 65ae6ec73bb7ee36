//! Reading a file of lines backwards, without reading more of it than is asked for.

use std::collections::VecDeque;
use std::io;

use stdx::{AbsPath, Disk};

const STEP: u64 = 64 * 1024;

/// The lines of a file from the last to the first. A piece without a line end at the end of the file is a line too.
#[derive(Debug)]
pub(crate) struct LinesBackwards<'a> {
    disk: &'a dyn Disk,
    path: &'a AbsPath,
    /// Everything from here on was read.
    from: u64,
    /// The beginning of the line that the next piece ends.
    rest: Vec<u8>,
    ready: VecDeque<Vec<u8>>,
}

impl<'a> LinesBackwards<'a> {
    /// A missing file has no lines.
    pub(crate) fn new(disk: &'a dyn Disk, path: &'a AbsPath) -> io::Result<Self> {
        let from = match disk.stat(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
            stat => stat?.len,
        };
        Ok(Self { disk, path, from, rest: Vec::new(), ready: VecDeque::new() })
    }

    pub(crate) fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        loop {
            if let Some(line) = self.ready.pop_front() {
                if line.iter().all(u8::is_ascii_whitespace) {
                    continue;
                }
                return Ok(Some(line));
            }
            if self.from == 0 {
                let first = std::mem::take(&mut self.rest);
                return Ok(Some(first).filter(|line| !line.iter().all(u8::is_ascii_whitespace)));
            }
            self.read_step()?;
        }
    }

    fn read_step(&mut self) -> io::Result<()> {
        let step = self.from.min(STEP);
        self.from -= step;
        let mut piece = self.disk.read(self.path, self.from, usize::try_from(step).unwrap_or(0))?;
        let Some(first_end) = piece.iter().position(|byte| *byte == b'\n') else {
            piece.append(&mut self.rest);
            self.rest = piece;
            return Ok(());
        };
        let mut lines = piece.split_off(first_end + 1);
        piece.truncate(first_end);
        lines.append(&mut self.rest);
        self.rest = piece;
        self.ready.extend(lines.split(|byte| *byte == b'\n').rev().filter(|line| !line.is_empty()).map(<[u8]>::to_vec));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use stdx::MemoryDisk;

    fn backwards(content: &[u8]) -> Vec<Vec<u8>> {
        let (disk, path) = (MemoryDisk::new(), AbsPath::new("/a").unwrap());
        disk.open(&path).unwrap().append(content).unwrap();
        let mut lines = LinesBackwards::new(&disk, &path).unwrap();
        std::iter::from_fn(|| lines.next().unwrap()).collect()
    }

    #[test]
    fn a_line_longer_than_a_step_comes_whole() {
        let long = vec![b'x'; 200_000];
        let content = [b"first\n".as_slice(), &long, b"\nlast\n"].concat();
        assert_eq!(backwards(&content), [b"last".to_vec(), long, b"first".to_vec()]);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

        #[test]
        fn lines_come_in_reverse_whatever_their_lengths(lines in prop::collection::vec("[a-z]{1,3}", 0..20), scale in 1..40_000_usize, ended: bool) {
            let lines: Vec<Vec<u8>> = lines.iter().enumerate().map(|(at, line)| line.repeat(1 + scale * (at % 3)).into_bytes()).collect();
            let mut content = lines.join(&b'\n');
            if ended { content.push(b'\n'); }
            let found: Vec<_> = backwards(&content).into_iter().rev().collect();
            prop_assert_eq!(found, lines);
        }
    }
}
