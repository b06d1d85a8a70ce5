//! The dead letters at hand, against a plain list.

use std::num::NonZeroUsize;

use fsm_core::Timestamp;
use fsm_core::runtime::effects::{DeadLetter, DeadLetters};
use proptest::prelude::*;

use crate::desk::key;

#[derive(Clone, Debug)]
enum Step {
    Add(usize),
    Take(usize),
    Find(usize),
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0_usize..8).prop_map(Step::Add),
        1 => (0_usize..8).prop_map(Step::Take),
        1 => (0_usize..8).prop_map(Step::Find),
    ]
}

fn letter(machine: usize, number: usize) -> DeadLetter {
    DeadLetter::new(key(machine), &number, "why", 1, false, Timestamp::EPOCH)
}

fn read(letters: &DeadLetters, page: usize) -> Vec<DeadLetter> {
    let (mut read, mut from) = (Vec::new(), Some(0));
    while let Some(next) = from {
        let page = letters.page(next, NonZeroUsize::new(page).unwrap());
        assert!(read.is_empty() || !page.letters.is_empty(), "a page too many");
        read.extend(page.letters);
        from = page.next;
    }
    read
}

proptest! {
    #[test]
    fn the_oldest_are_first_and_make_room(
        letters_max in 1_usize..6,
        page in 1_usize..4,
        steps in prop::collection::vec(any_step(), 0..40),
    ) {
        let mut letters = DeadLetters::new(NonZeroUsize::new(letters_max).unwrap());
        let mut model: Vec<DeadLetter> = Vec::new();
        for (number, step) in steps.into_iter().enumerate() {
            match step {
                Step::Add(machine) => {
                    model.retain(|known| known.key != key(machine));
                    let is_full = model.len() == letters_max;
                    let displaced = is_full.then(|| model.remove(0));
                    model.push(letter(machine, number));
                    prop_assert_eq!(letters.add(letter(machine, number)), displaced);
                }
                Step::Take(machine) => {
                    let place = model.iter().position(|known| known.key == key(machine));
                    let taken = place.map(|place| model.remove(place));
                    prop_assert_eq!(letters.take(&key(machine)), taken);
                }
                Step::Find(machine) => {
                    let found = model.iter().find(|known| known.key == key(machine));
                    prop_assert_eq!(letters.find(&key(machine)), found);
                }
            }
            prop_assert_eq!((letters.len(), letters.is_empty()), (model.len(), model.is_empty()));
            prop_assert_eq!(read(&letters, page), model.clone());
        }
    }
}

#[test]
fn what_comes_and_goes_between_two_pages_is_not_in_the_way() {
    let mut letters = DeadLetters::new(NonZeroUsize::new(10).unwrap());
    (0..6).for_each(|machine| assert_eq!(letters.add(letter(machine, 0)), None));
    let two = NonZeroUsize::new(2).unwrap();
    let first = letters.page(0, two);
    letters.take(&key(0));
    letters.take(&key(2));
    letters.add(letter(6, 0));

    let second = letters.page(first.next.unwrap(), two);
    assert_eq!(second.letters, [letter(3, 0), letter(4, 0)]);
    let third = letters.page(second.next.unwrap(), two);
    assert_eq!((third.letters, third.next), (vec![letter(5, 0), letter(6, 0)], None));
}
