//! edfsm: commands give events, events change the state. It does not tell its caller of a
//! refusal: that, too, is a step without an event.

use edfsm::{Fsm, Input, impl_fsm};

use super::contestant::{Contestant, End, copies, shift};
use super::events::{Event, Line};

struct Idle;
struct Ringing;
struct Talking;
struct Held;

#[derive(Clone, Copy)]
struct Dial;
#[derive(Clone, Copy)]
struct Answer;
#[derive(Clone, Copy)]
struct Hold;
#[derive(Clone, Copy)]
struct Resume;
#[derive(Clone, Copy)]
struct HangUp;
#[derive(Clone, Copy)]
struct Tick;

#[derive(Clone, Copy)]
enum Command {
    Dial(Dial),
    Answer(Answer),
    Hold(Hold),
    Resume(Resume),
    HangUp(HangUp),
    Tick(Tick),
}

struct Dialled;
struct Answered;
struct PutOnHold;
struct Resumed;
struct HungUp;

enum Told {
    Dialled(Dialled),
    Answered(Answered),
    PutOnHold(PutOnHold),
    Resumed(Resumed),
    HungUp(HungUp),
}

/// The machine with its states declared in this order.
macro_rules! declared {
    ($name:ident: $($state:ident),*) => {
        mod $name {
            use super::*;

            enum State {
                $($state($state),)*
            }

            struct Call;

            #[impl_fsm]
            impl Fsm for Call {
                type S = State;
                type C = Command;
                type E = Told;
                type SE = Line;

                command!(Idle => Dial => Dialled => Ringing);
                command!(Ringing => Answer => Answered => Talking);
                command!(Ringing => HangUp => HungUp => Idle);
                command!(Talking => Hold => PutOnHold => Held);
                command!(Talking => HangUp => HungUp => Idle);
                command!(Held => Resume => Resumed => Talking);
                command!(Held => HangUp => HungUp => Idle);
                command!(Held => Tick);
            }

            impl Call {
                const fn for_idle_dial(_: &Idle, _: Dial, _: &mut Line) -> Option<Dialled> {
                    Some(Dialled)
                }

                const fn on_idle_dialled(_: &Idle, _: &Dialled) -> Option<Ringing> {
                    Some(Ringing)
                }

                const fn for_ringing_answer(
                    _: &Ringing,
                    _: Answer,
                    line: &mut Line,
                ) -> Option<Answered> {
                    line.count();
                    Some(Answered)
                }

                const fn on_ringing_answered(_: &Ringing, _: &Answered) -> Option<Talking> {
                    Some(Talking)
                }

                const fn for_ringing_hangup(
                    _: &Ringing,
                    _: HangUp,
                    _: &mut Line,
                ) -> Option<HungUp> {
                    Some(HungUp)
                }

                const fn on_ringing_hungup(_: &Ringing, _: &HungUp) -> Option<Idle> {
                    Some(Idle)
                }

                const fn for_talking_hold(
                    _: &Talking,
                    _: Hold,
                    line: &mut Line,
                ) -> Option<PutOnHold> {
                    if !line.may_hold() {
                        return None;
                    }
                    line.count();
                    Some(PutOnHold)
                }

                const fn on_talking_putonhold(_: &Talking, _: &PutOnHold) -> Option<Held> {
                    Some(Held)
                }

                const fn for_talking_hangup(
                    _: &Talking,
                    _: HangUp,
                    _: &mut Line,
                ) -> Option<HungUp> {
                    Some(HungUp)
                }

                const fn on_talking_hungup(_: &Talking, _: &HungUp) -> Option<Idle> {
                    Some(Idle)
                }

                const fn for_held_resume(_: &Held, _: Resume, _: &mut Line) -> Option<Resumed> {
                    Some(Resumed)
                }

                const fn on_held_resumed(_: &Held, _: &Resumed) -> Option<Talking> {
                    Some(Talking)
                }

                const fn for_held_hangup(_: &Held, _: HangUp, _: &mut Line) -> Option<HungUp> {
                    Some(HungUp)
                }

                const fn on_held_hungup(_: &Held, _: &HungUp) -> Option<Idle> {
                    Some(Idle)
                }

                const fn for_held_tick(_: &Held, _: Tick, line: &mut Line) {
                    line.count();
                }
            }

            #[inline(never)]
            pub(super) fn pass<const COPY: usize>(commands: &[Command]) -> End {
                let (mut state, mut line) = (State::Idle(Idle), Line::default());
                for &command in commands {
                    // The event that came of it, which this program does not want.
                    let _ = Call::step(&mut state, Input::Command(command), &mut line);
                }
                let state = match state {
                    State::Idle(_) => 0,
                    State::Ringing(_) => 1,
                    State::Talking(_) => 2,
                    State::Held(_) => 3,
                };
                shift::<COPY>();
                End { state, count: line.count, refused: None }
            }
        }
    };
}

declared!(first: Idle, Ringing, Talking, Held);
declared!(second: Held, Talking, Ringing, Idle);
declared!(third: Ringing, Idle, Held, Talking);
declared!(fourth: Talking, Held, Idle, Ringing);

/// The machine that edfsm makes.
pub(super) fn silent(events: &[Event]) -> Contestant {
    let commands = events.iter().map(|event| match event {
        Event::Dial => Command::Dial(Dial),
        Event::Answer => Command::Answer(Answer),
        Event::Hold => Command::Hold(Hold),
        Event::Resume => Command::Resume(Resume),
        Event::HangUp => Command::HangUp(HangUp),
        Event::Tick => Command::Tick(Tick),
    });
    let commands: Vec<Command> = commands.collect();
    Contestant::new("edfsm")
        .and(&commands, copies!(first::pass))
        .and(&commands, copies!(second::pass))
        .and(&commands, copies!(third::pass))
        .and(&commands, copies!(fourth::pass))
}
