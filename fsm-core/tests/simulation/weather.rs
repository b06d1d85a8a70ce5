//! How bad it gets.

use std::sync::Once;

use crate::dice::Dice;
use crate::faulty_journal::Weather;

/// The weather of one life.
pub(crate) fn roll(dice: &mut Dice, fair: bool) -> Weather {
    let delay_max = dice.pick(&[0, 1, 4, 12]);
    if fair {
        return Weather { delay_max, ..Weather::default() };
    }
    Weather {
        refusals: dice.pick(&[0, 0, 20, 100, 300]),
        losses: dice.pick(&[0, 0, 0, 10, 40]),
        read_errors: dice.pick(&[0, 0, 30, 200]),
        delay_max,
    }
}

/// Keeps the panics that are part of the game out of the output; others are shown.
pub(crate) fn hush() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let show = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if !panic.payload_as_str().unwrap_or_default().ends_with(" gives up") {
                show(panic);
            }
        }));
    });
}
