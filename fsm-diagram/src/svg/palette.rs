//! The colours, light and dark, and the style sheet that uses them.
//!
//! Every text has a contrast of at least 4.5 to what it stands on (WCAG 2, level AA), every line
//! one of at least 3, except those that are subdued beside a highlight.

use std::fmt::Write as _;

use super::options::Theme;

/// The names of the colours: as CSS variables, `--fsm-canvas` and so on.
const NAMES: [&str; 13] = [
    "canvas",
    "fill",
    "border",
    "text",
    "label",
    "line",
    "group",
    "group-border",
    "quiet",
    "quiet-border",
    "lit",
    "lit-text",
    "lit-line",
];

const LIGHT: [&str; 13] = [
    "#ffffff", "#f1f5f9", "#475569", "#0f172a", "#334155", "#64748b", "#f8fafc", "#94a3b8",
    "#5b677a", "#94a3b8", "#ffe082", "#2b1600", "#c2410c",
];

const DARK: [&str; 13] = [
    "#0f172a", "#273449", "#94a3b8", "#f1f5f9", "#cbd5e1", "#8494ab", "#172135", "#55657d",
    "#9aa8bc", "#5f6f87", "#b45309", "#ffffff", "#fbbf24",
];

/// What is drawn in which colour.
const RULES: [(&str, &str, &str); 28] = [
    (".canvas", "fill", "canvas"),
    (".group>rect", "fill", "group"),
    (".group>rect", "stroke", "group-border"),
    (".group>text", "fill", "label"),
    (".state>rect", "fill", "fill"),
    (".state>rect", "stroke", "border"),
    (".state>path", "stroke", "border"),
    (".state text", "fill", "text"),
    (".state .row text", "fill", "label"),
    (".start circle", "fill", "text"),
    (".line path", "stroke", "line"),
    (".line polygon", "fill", "line"),
    (".label>rect", "fill", "canvas"),
    (".label.grouped>rect", "fill", "group"),
    (".label text", "fill", "label"),
    (".subdued .line path", "stroke", "quiet-border"),
    (".subdued .line polygon", "fill", "quiet-border"),
    (".subdued .label text", "fill", "quiet"),
    (".subdued .state text", "fill", "quiet"),
    (".subdued .state>rect", "stroke", "quiet-border"),
    (".subdued .state>path", "stroke", "quiet-border"),
    (".line.lit path", "stroke", "lit-line"),
    (".line.lit polygon", "fill", "lit-line"),
    (".row.lit text", "fill", "lit-line"),
    (".state.lit>rect", "fill", "lit"),
    (".state.lit>rect", "stroke", "lit-line"),
    (".state.lit>path", "stroke", "lit-line"),
    (".state.lit text", "fill", "lit-text"),
];

/// What does not depend on the theme.
const SHAPES: &str = "\
.fsm-diagram text{font-family:system-ui,-apple-system,\"Segoe UI\",Roboto,\"Noto Sans\",\
\"DejaVu Sans\",sans-serif;font-size:12px}\
.fsm-diagram .name{font-size:14px;font-weight:600;text-anchor:middle}\
.fsm-diagram .label text{text-anchor:middle}\
.fsm-diagram .group>text{font-weight:600}\
.fsm-diagram .group>rect{stroke-width:1;stroke-dasharray:5 4}\
.fsm-diagram .state>rect,.fsm-diagram .state>path{stroke-width:1.4}\
.fsm-diagram .state .inset,.fsm-diagram .state>path{fill:none}\
.fsm-diagram .line path{fill:none;stroke-width:1.4}\
.fsm-diagram .line.lit path{stroke-width:3.2}\
.fsm-diagram .state.lit>rect{stroke-width:2.6}\
.fsm-diagram .row.lit text{font-weight:600}";

impl Theme {
    /// The class of the picture, so that pictures of several themes can stand in one page.
    pub(super) const fn class(self) -> &'static str {
        match self {
            Self::Light => "fsm-light",
            Self::Dark => "fsm-dark",
            Self::Auto => "fsm-auto",
        }
    }

    /// The style sheet.
    pub(super) fn style(self) -> String {
        let mut sheet = SHAPES.to_owned();
        if self == Self::Auto {
            sheet.push_str(&variables(&LIGHT));
            sheet.push_str("@media(prefers-color-scheme:dark){");
            sheet.push_str(&variables(&DARK));
            sheet.push('}');
        }
        for (what, property, name) in RULES {
            let class = self.class();
            let value = self.value(property, name);
            // The class `subdued` stands on the root. Writing to a String cannot fail.
            let _ = match what.strip_prefix(".subdued") {
                Some(rest) => write!(sheet, ".{class}.subdued{rest}{{{value}}}"),
                None => write!(sheet, ".{class} {what}{{{value}}}"),
            };
        }
        sheet
    }

    /// A declaration. Programs that know no variables take the first, which is light.
    fn value(self, property: &str, name: &str) -> String {
        match self {
            Self::Light => format!("{property}:{}", colour(&LIGHT, name)),
            Self::Dark => format!("{property}:{}", colour(&DARK, name)),
            Self::Auto => {
                format!("{property}:{};{property}:var(--fsm-{name})", colour(&LIGHT, name))
            }
        }
    }
}

fn variables(palette: &[&str; NAMES.len()]) -> String {
    let pairs = NAMES.iter().zip(palette).map(|(name, value)| format!("--fsm-{name}:{value};"));
    format!(".fsm-auto{{{}}}", pairs.collect::<String>())
}

fn colour(palette: &[&'static str; NAMES.len()], name: &str) -> &'static str {
    let place = NAMES.iter().position(|candidate| *candidate == name);
    place.map_or("currentColor", |place| palette[place])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The relative luminance of WCAG 2.
    fn luminance(colour: &str) -> f64 {
        let part = |at: usize| {
            let value = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
    }

    fn contrast(palette: &[&'static str; NAMES.len()], one: &str, other: &str) -> f64 {
        let (one, other) = (luminance(colour(palette, one)), luminance(colour(palette, other)));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    #[test]
    fn texts_and_lines_stand_out() {
        let texts = [
            ("text", "fill"),
            ("label", "fill"),
            ("label", "canvas"),
            ("label", "group"),
            ("quiet", "canvas"),
            ("quiet", "fill"),
            ("lit-text", "lit"),
            ("lit-line", "canvas"),
            ("lit-line", "fill"),
        ];
        let lines =
            [("line", "canvas"), ("line", "group"), ("border", "fill"), ("lit-line", "group")];
        for palette in [&LIGHT, &DARK] {
            for (one, other) in texts {
                let found = contrast(palette, one, other);
                assert!(found >= 4.5, "{one} on {other}: {found:.2}");
            }
            for (one, other) in lines {
                let found = contrast(palette, one, other);
                assert!(found >= 3.0, "{one} on {other}: {found:.2}");
            }
        }
    }

    #[test]
    fn every_rule_names_a_colour() {
        for (what, _, name) in RULES {
            assert!(NAMES.contains(&name), "{what}: {name}");
        }
    }
}
