//! How contexts and events become bytes.

use bincode::config::{self, Configuration};
use std::marker::PhantomData;

use serde::Serialize;
use serde::de::{DeserializeOwned, DeserializeSeed};

/// A way to turn values into bytes and back.
///
/// Its tag stands in everything that is stored, so that another codec can be read beside this one.
///
/// ```
/// use fsm_core::journal::Codec;
///
/// let mut bytes = Vec::new();
/// Codec::Bincode2.encode(&("order", 42u32), &mut bytes)?;
/// let value: (String, u32) = Codec::Bincode2.decode(&bytes)?;
/// assert_eq!(value, ("order".to_owned(), 42));
/// # Ok::<(), fsm_core::journal::CodecError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Codec {
    /// bincode 2, serde mode, standard configuration: little-endian, variable-length integers.
    #[default]
    Bincode2,
}

/// A value that could not be encoded, or bytes that are not the value's.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CodecError {
    /// The value's `Serialize` failed.
    #[error("cannot encode: {0}")]
    Encode(String),
    /// The bytes are not an encoding of the type.
    #[error("cannot decode {bytes} bytes: {why}")]
    Decode {
        /// How many bytes there were.
        bytes: usize,
        /// What the decoder says.
        why: String,
    },
    /// The bytes go on behind the value.
    #[error("{left} of {bytes} bytes are left over behind the value")]
    LeftOver {
        /// How many bytes were not read.
        left: usize,
        /// How many bytes there were.
        bytes: usize,
    },
}

/// A decoded length larger than this is damage, not data; it keeps a flipped bit from asking for
/// all memory.
const DECODED_BYTES_MAX: usize = 256 << 20;

const BINCODE: Configuration<
    config::LittleEndian,
    config::Varint,
    config::Limit<DECODED_BYTES_MAX>,
> = config::standard().with_limit::<DECODED_BYTES_MAX>();

impl Codec {
    /// The number that stands for this codec in storage.
    #[must_use]
    pub const fn tag(self) -> u8 {
        match self {
            Self::Bincode2 => 1,
        }
    }

    /// The codec that this number stands for.
    #[must_use]
    pub const fn from_tag(tag: u8) -> Option<Self> {
        match tag {
            1 => Some(Self::Bincode2),
            _ => None,
        }
    }

    /// Appends the encoding of `value` to `bytes`.
    ///
    /// # Errors
    ///
    /// [`CodecError::Encode`] if the value's `Serialize` fails; `bytes` may then have grown.
    pub fn encode<T: Serialize>(self, value: &T, bytes: &mut Vec<u8>) -> Result<(), CodecError> {
        match self {
            Self::Bincode2 => bincode::serde::encode_into_std_write(value, bytes, BINCODE)
                .map(|_| ())
                .map_err(|error| CodecError::Encode(error.to_string())),
        }
    }

    /// The value that all of `bytes` encode.
    ///
    /// # Errors
    ///
    /// [`CodecError::Decode`] or [`CodecError::LeftOver`] if they encode no such value.
    pub fn decode<T: DeserializeOwned>(self, bytes: &[u8]) -> Result<T, CodecError> {
        self.decode_seed(PhantomData::<T>, bytes)
    }

    /// The value that a seed makes of all of `bytes`.
    ///
    /// # Errors
    ///
    /// [`CodecError::Decode`] or [`CodecError::LeftOver`] if they encode no such value.
    pub fn decode_seed<'de, S: DeserializeSeed<'de>>(
        self,
        seed: S,
        bytes: &'de [u8],
    ) -> Result<S::Value, CodecError> {
        match self {
            Self::Bincode2 => {
                let decoded = bincode::serde::seed_decode_from_slice(seed, bytes, BINCODE);
                let (value, read) = decoded.map_err(|error| CodecError::Decode {
                    bytes: bytes.len(),
                    why: error.to_string(),
                })?;
                if read < bytes.len() {
                    return Err(CodecError::LeftOver {
                        left: bytes.len() - read,
                        bytes: bytes.len(),
                    });
                }
                Ok(value)
            }
        }
    }

    /// The encoding of the same value of an enum whose variants stand elsewhere: that at 0 now at
    /// `places[0]`.
    pub(crate) fn renumber(self, bytes: &[u8], places: &[u32]) -> Result<Vec<u8>, CodecError> {
        let error = |why: String| CodecError::Decode { bytes: bytes.len(), why };
        match self {
            Self::Bincode2 => {
                let (variant, read): (u32, usize) = bincode::decode_from_slice(bytes, BINCODE)
                    .map_err(|cause| error(cause.to_string()))?;
                let place = places.get(variant as usize).copied().ok_or_else(|| {
                    error(format!("it is variant {variant} of an enum of {}", places.len()))
                })?;
                let mut renumbered = Vec::with_capacity(bytes.len() + 4);
                self.encode(&place, &mut renumbered)?;
                renumbered.extend_from_slice(&bytes[read..]);
                Ok(renumbered)
            }
        }
    }
}
