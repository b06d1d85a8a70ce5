//! What a document does not say as the code says it.

mod difference;
mod names;
mod rows;
mod states;

pub use difference::Difference;

use crate::Diagram;

/// Where a document and the code's table disagree, row by row; made by [`Diagram::drift`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drift {
    /// The disagreements: states, starts and ends first, then rows, each in the code's order and
    /// then in the document's.
    pub differences: Vec<Difference>,
}

impl Drift {
    /// Whether the document agrees with the code.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.differences.is_empty()
    }
}

impl<'a> IntoIterator for &'a Drift {
    type Item = &'a Difference;
    type IntoIter = std::slice::Iter<'a, Difference>;

    fn into_iter(self) -> Self::IntoIter {
        self.differences.iter()
    }
}

impl Diagram {
    /// Compares a document with this diagram, which is the code's table.
    ///
    /// * Names meet whatever their case and underscores, and without a `!` or `?` behind:
    ///   `order_placed`, `orderPlaced` and `OrderPlaced!` are one. A name that is the same to the
    ///   letter wins over one that only resembles. A state that the document shows with a text
    ///   may bear its name in the text.
    /// * Guards and actions are compared where the document states them, without blanks. An arrow
    ///   with neither stands for all rows with its source, event and target.
    /// * An arrow from a group's box stands for a row of each state in it; a state with an arrow of
    ///   its own for that event need not have it.
    /// * An arrow from a state to itself may stand for an internal row.
    /// * Groups are not compared, since a document need not draw them, and neither are docs.
    ///
    /// ```
    /// use fsm_diagram::Diagram;
    ///
    /// let code = Diagram::parse("
    ///     stateDiagram-v2
    ///     [*] --> Cart
    ///     Cart --> Paid : Pay [covers(amount)]
    ///     Cart --> Cancelled : Cancel
    ///     Paid --> [*]
    ///     Cancelled --> [*]
    /// ")?;
    /// let document = Diagram::parse("
    ///     flowchart TD
    ///     cart -->|pay| paid
    ///     cart -->|cancle| cancelled
    /// ")?;
    /// let drift = code.drift(&document);
    /// let sentences: Vec<_> =
    ///     drift.differences.iter().map(|each| each.in_file("order.mmd").to_string()).collect();
    /// assert_eq!(sentences, [
    ///     "`order.mmd`: the row `Cart --Cancel--> Cancelled` is not in the diagram: \
    ///      did you mean it by `cart --cancle--> cancelled` in line 4?",
    ///     "`order.mmd`:4: `cart --cancle--> cancelled` is not a row of the machine: \
    ///      did you mean `Cart --Cancel--> Cancelled`?",
    /// ]);
    /// # Ok::<(), fsm_diagram::ParseError>(())
    /// ```
    #[must_use]
    pub fn drift(&self, document: &Self) -> Drift {
        let pairs = states::Pairs::new(self, document);
        let mut differences = pairs.differences();
        differences.extend(rows::differences(&pairs));
        Drift { differences }
    }
}
