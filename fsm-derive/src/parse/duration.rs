//! How long a timer runs: `30s`, or an expression.

use syn::parse::ParseStream;
use syn::visit_mut::VisitMut;
use syn::{Expr, ExprLit, Ident, Lit, LitFloat, LitInt, Token};

use crate::early_exit::early_exit;
use crate::model::Duration;

/// The units, with their nanoseconds.
const UNITS: [(&str, u128); 5] = [
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("min", 60_000_000_000),
    ("h", 3_600_000_000_000),
    ("d", 86_400_000_000_000),
];

/// What a timer takes at most, in nanoseconds: 100 years. The journal's times are far from their
/// end then.
const NANOS_MAX: u128 = 36_525 * 86_400_000_000_000;

/// Reads a duration, which ends before `if`, `=>`, `/` or `,`.
pub(super) fn duration(input: ParseStream<'_>) -> syn::Result<Duration> {
    if is_end(input) {
        return Err(input.error("how long? Write `30s`, `10min`, or an expression"));
    }
    let fork = input.fork();
    if let Ok(float) = fork.parse::<LitFloat>()
        && (is_end(&fork) || !float.suffix().is_empty())
    {
        let message =
            "a timer counts in whole numbers; take a smaller unit: for `1.5h` write `90min`";
        return Err(syn::Error::new_spanned(float, message));
    }
    let fork = input.fork();
    if let Ok(literal) = fork.parse::<LitInt>() {
        if is_end(&fork) {
            input.parse::<LitInt>()?;
            let nanos = Some(nanos(&literal)?);
            let written = Expr::Lit(ExprLit { attrs: Vec::new(), lit: Lit::Int(literal) });
            return Ok(Duration { written, nanos });
        }
        if let Some(error) = unit_apart(&literal, &fork) {
            return Err(error);
        }
    }
    let written: Expr = input.parse()?;
    early_exit(&written)?;
    no_unit(&written)?;
    Ok(Duration { written, nanos: None })
}

/// An error if `literal` and its unit stand apart.
fn unit_apart(literal: &LitInt, input: ParseStream<'_>) -> Option<syn::Error> {
    let unit = input.fork().parse::<Ident>().ok()?;
    let message = format!("write the number and its unit in one: `{literal}{unit}`");
    (literal.suffix().is_empty() && is_unit(&unit.to_string()))
        .then(|| syn::Error::new_spanned(literal, message))
}

/// An error at the first literal in `expression` that was meant as a timer's.
fn no_unit(expression: &Expr) -> syn::Result<()> {
    let mut search = UnitSearch { found: None };
    search.visit_expr_mut(&mut expression.clone());
    match search.found {
        Some(error) => Err(error),
        None => Ok(()),
    }
}

struct UnitSearch {
    found: Option<syn::Error>,
}

impl VisitMut for UnitSearch {
    fn visit_lit_int_mut(&mut self, literal: &mut LitInt) {
        if is_unit(literal.suffix()) {
            let message = format!(
                "`{literal}` stands alone; in an expression write `Duration::from_secs(...)` and \
                 the like"
            );
            self.found.get_or_insert(syn::Error::new_spanned(literal, message));
        }
    }
}

fn is_unit(name: &str) -> bool {
    UNITS.iter().any(|(unit, _)| *unit == name)
}

fn is_end(input: ParseStream<'_>) -> bool {
    input.is_empty()
        || input.peek(Token![=>])
        || input.peek(Token![if])
        || input.peek(Token![/])
        || input.peek(Token![,])
}

fn nanos(literal: &LitInt) -> syn::Result<u128> {
    let (digits, suffix) = (literal.base10_digits(), literal.suffix());
    let error = |message: String| syn::Error::new_spanned(literal, message);
    let known = "`ms`, `s`, `min`, `h`, `d`";
    if digits.starts_with('-') {
        return Err(error("a timer cannot run backwards; leave out the `-`".to_owned()));
    }
    if suffix.is_empty() {
        return Err(error(format!("{digits} of what? Add a unit: {known}")));
    }
    let Some((_, unit)) = UNITS.iter().find(|(name, _)| *name == suffix) else {
        let hint = match suffix.to_lowercase().as_str() {
            "ms" | "msec" | "msecs" | "milli" | "millis" => "; did you mean `ms`?",
            "s" | "sec" | "secs" | "second" | "seconds" => "; did you mean `s`?",
            "m" | "min" | "mins" | "minute" | "minutes" => "; did you mean `min`?",
            "h" | "hr" | "hrs" | "hour" | "hours" => "; did you mean `h`?",
            "d" | "day" | "days" => "; did you mean `d`?",
            "w" | "week" | "weeks" => "; a week is `7d`",
            "y" | "year" | "years" => "; a year is `365d`",
            "us" | "µs" | "ns" => "; a timer counts milliseconds",
            _ => "",
        };
        return Err(error(format!("unknown unit `{suffix}`{hint} (known here: {known})")));
    };
    let nanos = digits.parse::<u128>().ok().and_then(|count| count.checked_mul(*unit));
    match nanos {
        Some(0) => Err(error(
            "a timer of zero is no timer; for a row that is taken at once use `#[always]`"
                .to_owned(),
        )),
        Some(nanos) if nanos <= NANOS_MAX => Ok(nanos),
        _ => Err(error("a timer runs for at most 100 years".to_owned())),
    }
}
