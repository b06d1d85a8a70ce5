//! Numbers of one to ten bytes, and a cursor that never reads past the end.
//!
//! Seven bits a byte, the lowest first; the top bit says that more follow. Signed numbers are
//! folded (0, -1, 1, -2 ...) first, so that small ones stay short.

/// What is wrong with bytes that should have been ours.
pub(super) type Malformed = &'static str;

/// Appends `value`.
#[inline]
pub(super) fn put(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

/// Appends `value`, which may be negative.
#[inline]
pub(super) fn put_signed(bytes: &mut Vec<u8>, value: i64) {
    put(bytes, ((value << 1) ^ (value >> 63)) as u64);
}

/// Reads bytes from the front, with every read checked.
#[derive(Clone, Debug)]
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) const fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at }
    }

    pub(super) const fn is_at_end(&self) -> bool {
        self.at >= self.bytes.len()
    }

    #[inline]
    pub(super) fn byte(&mut self) -> Result<u8, Malformed> {
        let byte = *self.bytes.get(self.at).ok_or("it ends too early")?;
        self.at += 1;
        Ok(byte)
    }

    #[inline]
    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], Malformed> {
        let end = self.at.checked_add(count).ok_or("a length is impossible")?;
        let taken = self.bytes.get(self.at..end).ok_or("it ends too early")?;
        self.at = end;
        Ok(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        self.take(N)?.try_into().map_err(|_| "it ends too early")
    }

    #[inline]
    pub(super) fn number(&mut self) -> Result<u64, Malformed> {
        // Most numbers have one byte or two, and are read where they are needed.
        match self.bytes.get(self.at..) {
            Some(&[low, ..]) if low < 0x80 => {
                self.at += 1;
                Ok(u64::from(low))
            }
            Some(&[low, high, ..]) if high < 0x80 => {
                self.at += 2;
                Ok(u64::from(low & 0x7F) | u64::from(high) << 7)
            }
            _ => self.long_number(),
        }
    }

    fn long_number(&mut self) -> Result<u64, Malformed> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7F);
            if shift == 63 && bits > 1 {
                return Err("a number is too large");
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err("a number is too long")
    }

    #[inline]
    pub(super) fn signed(&mut self) -> Result<i64, Malformed> {
        let folded = self.number()?;
        Ok((folded >> 1) as i64 ^ -((folded & 1) as i64))
    }

    /// A number that must fit into a smaller type.
    #[inline]
    pub(super) fn small<T: TryFrom<u64>>(&mut self) -> Result<T, Malformed> {
        T::try_from(self.number()?).map_err(|_| "a number is too large for its place")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back() {
        for value in [0, 1, 127, 128, 300, u64::from(u32::MAX), u64::MAX - 1, u64::MAX] {
            let mut bytes = Vec::new();
            put(&mut bytes, value);
            assert_eq!(Cursor::new(&bytes, 0).number(), Ok(value));
        }
        for value in [0, -1, 1, i64::MIN, i64::MAX, -1_000_000] {
            let mut bytes = Vec::new();
            put_signed(&mut bytes, value);
            assert_eq!(Cursor::new(&bytes, 0).signed(), Ok(value));
        }
    }

    #[test]
    fn nothing_is_read_past_the_end() {
        assert!(Cursor::new(&[0x80], 0).number().is_err());
        assert!(Cursor::new(&[0xFF; 11], 0).number().is_err());
        assert!(Cursor::new(&[1, 2], 1).take(2).is_err());
        assert!(Cursor::new(&[1, 2], 1).take(usize::MAX).is_err());
        assert!(Cursor::new(&[0xFF, 0x7F], 0).small::<u8>().is_err());
    }
}
