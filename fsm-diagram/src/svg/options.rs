//! What the caller decides about a picture.

use super::{arrange, paint};
use crate::{Diagram, Highlight};

/// The colours of a picture.
///
/// ```
/// use fsm_diagram::svg::Theme;
///
/// assert_eq!(Theme::default(), Theme::Auto);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
    /// What the reader's system prefers, light where it does not say. The colours are CSS variables
    /// (`--fsm-canvas` and so on), so a page that holds the picture may set its own.
    #[default]
    Auto,
}

/// How [`Diagram::svg`] draws.
///
/// ```
/// use fsm_diagram::Highlight;
/// use fsm_diagram::svg::{Options, Theme};
///
/// let options = Options {
///     theme: Theme::Dark,
///     highlight: Highlight { states: vec![1], edges: vec![0] },
/// };
/// assert_ne!(options, Options::default());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The colours.
    pub theme: Theme,
    /// What stands out; the rest is subdued then.
    pub highlight: Highlight,
}

impl Diagram {
    /// The diagram as an SVG document.
    ///
    /// The same diagram and options give the same bytes. Places that do not exist (a row to a state
    /// that is not there) are ignored.
    ///
    /// ```
    /// use fsm_diagram::svg::Options;
    /// use fsm_diagram::{Diagram, Edge, State};
    ///
    /// let locked = State { name: "Locked".into(), initial: true, ..State::default() };
    /// let open = State { name: "Open".into(), ..State::default() };
    /// let coin = Edge { source: 0, target: 1, trigger: "Coin".into(), ..Edge::default() };
    /// let diagram =
    ///     Diagram { states: vec![locked, open], edges: vec![coin], ..Diagram::default() };
    ///
    /// let picture = diagram.svg(&Options::default());
    /// assert!(picture.starts_with("<svg "));
    /// assert!(picture.contains("data-state=\"Locked\""));
    /// ```
    #[must_use]
    pub fn svg(&self, options: &Options) -> String {
        paint::document(self, &arrange::picture(self), options)
    }
}
