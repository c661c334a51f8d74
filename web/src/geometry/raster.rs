//! A picture put together in memory from small ones.
//!
//! **Invariant**: a pixel outside of what was touched since the last [`Frame::clear`] is transparent.

/// Bytes of a pixel: red, green, blue and how opaque it is.
const BYTES: usize = 4;

/// A rectangle of pixels; right and bottom are the first ones outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Area {
    /// First column.
    pub left: u32,
    /// First line.
    pub top: u32,
    /// Column behind the last one.
    pub right: u32,
    /// Line below the last one.
    pub bottom: u32,
}

impl Area {
    /// Columns.
    pub const fn width(self) -> u32 {
        self.right - self.left
    }

    /// Lines.
    pub const fn height(self) -> u32 {
        self.bottom - self.top
    }

    /// The smallest area that holds both.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self {
            left: self.left.min(other.left),
            top: self.top.min(other.top),
            right: self.right.max(other.right),
            bottom: self.bottom.max(other.bottom),
        }
    }
}

/// A small picture: for each of its lines the pixels from the first to the last that is not transparent.
#[derive(Clone, Debug)]
pub struct Stamp {
    lines: Vec<(u32, Vec<[u8; BYTES]>)>,
}

impl Stamp {
    /// From the pixels of a square with this side.
    pub fn new(side: u32, pixels: &[u8]) -> Self {
        let line = |bytes: &[u8]| {
            let pixels: Vec<[u8; BYTES]> = bytes.as_chunks().0.to_vec();
            let is_seen = |pixel: &[u8; BYTES]| pixel[3] > 0;
            let first = pixels.iter().position(is_seen).unwrap_or(0);
            let end = pixels.iter().rposition(is_seen).map_or(first, |last| last + 1);
            (first as u32, pixels[first..end].to_vec())
        };
        Self { lines: pixels.chunks(side.max(1) as usize * BYTES).map(line).collect() }
    }
}

/// The picture.
#[derive(Clone, Debug, Default)]
pub struct Frame {
    width: u32,
    height: u32,
    pixels: Vec<[u8; BYTES]>,
    touched: Option<Area>,
}

impl Frame {
    /// Gives it a size; true when it had another, and is empty now.
    pub fn fit(&mut self, width: u32, height: u32) -> bool {
        if (self.width, self.height) == (width, height) {
            return false;
        }
        let pixels = vec![[0; BYTES]; width as usize * height as usize];
        *self = Self { width, height, pixels, touched: None };
        true
    }

    /// Empties it; returns what had been touched.
    pub fn clear(&mut self) -> Option<Area> {
        let area = self.touched.take()?;
        for line in area.top..area.bottom {
            let range = self.range(line, area.left, area.right);
            self.pixels[range].fill([0; BYTES]);
        }
        Some(area)
    }

    /// The smallest area with everything that was put since it was empty.
    pub const fn touched(&self) -> Option<Area> {
        self.touched
    }

    /// Places of the pixels of a line from column `left` up to `right`.
    const fn range(&self, line: u32, left: u32, right: u32) -> std::ops::Range<usize> {
        let begin = line as usize * self.width as usize;
        begin + left as usize..begin + right as usize
    }

    /// Lays a stamp over what is there, its corner at this place; what lies outside is cut off.
    pub fn put(&mut self, stamp: &Stamp, left: i32, top: i32) {
        for (line, (first, pixels)) in (i64::from(top)..).zip(&stamp.lines) {
            let begin = i64::from(left) + i64::from(*first);
            let from = begin.clamp(0, self.width.into());
            let to = (begin + pixels.len() as i64).clamp(0, self.width.into());
            if pixels.is_empty() || from >= to || !(0..i64::from(self.height)).contains(&line) {
                continue;
            }
            let (line, left, right) = (line as u32, from as u32, to as u32);
            let range = self.range(line, left, right);
            for (below, above) in self.pixels[range].iter_mut().zip(&pixels[(from - begin) as usize..]) {
                *below = over(*above, *below);
            }
            let area = Area { left, top: line, right, bottom: line + 1 };
            self.touched = Some(self.touched.map_or(area, |touched| touched.with(area)));
        }
    }

    /// The bytes of an area, line by line.
    pub fn pixels(&self, area: Area) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(area.width() as usize * area.height() as usize * BYTES);
        for line in area.top..area.bottom {
            bytes.extend_from_slice(self.pixels[self.range(line, area.left, area.right)].as_flattened());
        }
        bytes
    }
}

/// A pixel laid over another. Colours are not multiplied by how opaque they are.
fn over(above: [u8; BYTES], below: [u8; BYTES]) -> [u8; BYTES] {
    match (above[3], below[3]) {
        (0, _) => below,
        (255, _) | (_, 0) => above,
        (opaque, under) => {
            // In 255ths of 255ths.
            let (opaque, under) = (u32::from(opaque) * 255, u32::from(under) * u32::from(255 - opaque));
            let sum = opaque + under;
            let mix = |place: usize| {
                ((u32::from(above[place]) * opaque + u32::from(below[place]) * under + sum / 2) / sum) as u8
            };
            [mix(0), mix(1), mix(2), ((sum + 127) / 255) as u8]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RED: [u8; 4] = [255, 0, 0, 255];
    const PALE_BLUE: [u8; 4] = [0, 0, 255, 128];
    const NONE: [u8; 4] = [0; 4];

    fn stamp(pixels: [[u8; 4]; 4]) -> Stamp {
        Stamp::new(2, pixels.as_flattened())
    }

    #[test]
    fn a_stamp_is_laid_over_what_is_there() {
        let mut frame = Frame::default();
        assert!(frame.fit(4, 3) && !frame.fit(4, 3));
        frame.put(&stamp([RED, NONE, RED, RED]), 1, 1);
        frame.put(&stamp([PALE_BLUE, PALE_BLUE, NONE, NONE]), 1, 1);
        let area = Area { left: 1, top: 1, right: 3, bottom: 3 };
        assert_eq!(frame.touched(), Some(area));
        assert_eq!(frame.pixels(area), [[127, 0, 128, 255], PALE_BLUE, RED, RED].as_flattened());
        assert_eq!(frame.clear(), Some(area));
        assert_eq!((frame.touched(), frame.pixels(area)), (None, vec![0; 16]));
    }

    #[test]
    fn what_lies_outside_is_cut_off() {
        let mut frame = Frame::default();
        frame.fit(2, 2);
        for (left, top) in [(-1, -1), (1, 1), (5, 0), (0, -9), (i32::MAX, i32::MIN)] {
            frame.put(&stamp([RED; 4]), left, top);
        }
        let all = Area { left: 0, top: 0, right: 2, bottom: 2 };
        assert_eq!(frame.pixels(all), [RED, NONE, NONE, RED].as_flattened());
    }
}
