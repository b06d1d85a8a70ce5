//! Why an attempt to perform an effect failed.

use std::error::Error;
use std::fmt;

/// Why an attempt failed, and whether another one may help.
///
/// `?` turns every error into [`Retry`](Self::Retry): what nobody has called permanent is taken for
/// passing, and the number of attempts bounds it. Text will do, too. Say so where an error will not
/// pass:
///
/// ```
/// use fsm_core::runtime::PerformError;
///
/// fn amount(text: &str) -> Result<u64, PerformError> {
///     if text.is_empty() {
///         return Err(PerformError::permanent("there is no amount"));
///     }
///     Ok(text.parse().map_err(PerformError::permanent)?)
/// }
///
/// fn reach(answer: Result<(), std::io::Error>) -> Result<(), PerformError> {
///     Ok(answer?)                                            // another attempt may help
/// }
///
/// assert!(matches!(amount("12x"), Err(PerformError::Permanent(_))));
/// let refused = reach(Err(std::io::ErrorKind::ConnectionRefused.into())).unwrap_err();
/// assert!(matches!(refused, PerformError::Retry(_)));
/// assert_eq!(refused.to_string(), "connection refused");
/// ```
///
/// It is no [`Error`] itself, since then `?` could not make it of every error; the one that
/// it holds is.
#[derive(Debug)]
#[non_exhaustive]
pub enum PerformError {
    /// It may pass: try again, after a delay, until the attempts are used up.
    Retry(Box<dyn Error + Send + Sync>),
    /// It will not pass: the effect is dead at once.
    Permanent(Box<dyn Error + Send + Sync>),
}

impl PerformError {
    /// An error that may pass; `?` does the same.
    #[must_use]
    pub fn retry(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Retry(source.into())
    }

    /// An error that will not pass.
    #[must_use]
    pub fn permanent(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Permanent(source.into())
    }

    /// Whether it will not pass.
    #[must_use]
    pub const fn is_permanent(&self) -> bool {
        matches!(self, Self::Permanent(_))
    }

    /// What went wrong.
    #[must_use]
    pub fn source(&self) -> &(dyn Error + Send + Sync + 'static) {
        match self {
            Self::Retry(source) | Self::Permanent(source) => &**source,
        }
    }
}

impl<E: Into<Box<dyn Error + Send + Sync>>> From<E> for PerformError {
    fn from(source: E) -> Self {
        Self::retry(source)
    }
}

/// The error and what caused it, from the outermost to the innermost.
impl fmt::Display for PerformError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let source = self.source();
        write!(f, "{source}")?;
        let mut cause = source.source();
        while let Some(next) = cause {
            write!(f, ": {next}")?;
            cause = next.source();
        }
        Ok(())
    }
}
