//! Rows that no event starts: timers and automatic rows; and events that wait or are refused
//! without ado.

use std::time::Duration;

use fsm_core::machine::Scope;
use fsm_core::{Decision, Effects, EventId, Fsm, Moment, RowId, TimerId};

#[derive(Fsm, Clone, Debug, PartialEq)]
#[fsm(event = Event, context = Job)]
#[fsm(group = Busy)]
#[after(90d => Abandoned, label = "whole life")]
#[after(from(Busy), 2h => Failed / note("busy for too long"), label = "busy")]
#[on(Cancel => Abandoned)]
#[quiet(from(Busy), Poke)]
enum Task {
    #[fsm(initial)]
    #[enter(note("born"))]
    #[always(if is_urgent() => Running { step: 0 } / note("at once"))]
    #[on(Start => Running { step: 1 })]
    #[on(Poke => _ / note("poked"))]
    Waiting,

    #[fsm(group = Busy)]
    #[after(ctx.patience * 2 => Failed, label = "step")]
    #[after(500ms if may_retry(step) => Running { step: step + 1 } / note("retry"))]
    #[every(5s / note("still running"))]
    #[every(patience() if is_urgent() / note("hurry"), label = "urgent")]
    #[always(if is_enough(step) => Checking)]
    #[on(Finish => Checking)]
    #[defer(Report { .. })]
    Running { step: u32 },

    #[fsm(group = Busy)]
    #[always(if is_urgent() => Done)]
    #[always(=> Resting / note("no hurry"))]
    Checking,

    #[on(Report { ok: true } => Done)]
    #[on(Report { .. } => Failed)]
    #[quiet(Poke | Start)]
    Resting,

    #[fsm(final)]
    Done,
    #[fsm(final)]
    Failed,
    #[fsm(final)]
    Abandoned,
}

#[derive(Clone, Debug, PartialEq)]
enum Event {
    Start,
    Poke,
    Finish,
    Report { ok: bool },
    Cancel,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Job {
    urgent: bool,
    patience: Duration,
    notes: Vec<&'static str>,
}

impl Job {
    fn is_urgent(&self) -> bool {
        self.urgent
    }

    fn is_enough(&self, step: &u32) -> bool {
        *step >= 3
    }

    fn may_retry(&self, step: &u32) -> bool {
        *step < 3
    }

    fn patience(&self) -> Duration {
        self.patience
    }

    fn note(&mut self, what: &'static str) {
        self.notes.push(what);
    }
}

fn job(urgent: bool) -> Job {
    Job { urgent, patience: Duration::from_secs(20), notes: Vec::new() }
}

fn elapse(task: Task, timer: u16, job: &mut Job) -> Result<Task, Task> {
    task.elapse(TimerId(timer), job, Moment::default(), &mut Effects::new())
}

#[test]
fn a_new_machine_is_entered_and_then_settles() {
    let (mut calm, mut urgent) = (job(false), job(true));
    let mut effects = Effects::new();
    assert_eq!(Task::start(&mut calm, Moment::default(), &mut effects), Task::Waiting);
    assert_eq!(calm.notes, ["born"]);
    // On through `Running`, which is not left by itself at step 0.
    let task = Task::start(&mut urgent, Moment::default(), &mut effects);
    assert_eq!(task, Task::Running { step: 0 });
    assert_eq!(urgent.notes, ["born", "at once"]);
}

#[test]
fn automatic_rows_follow_in_the_same_step() {
    let (mut calm, mut effects) = (job(false), Effects::new());
    let running = Task::Running { step: 1 };
    let task = running.step(&mut calm, Event::Finish, Moment::default(), &mut effects).unwrap();
    assert_eq!(task, Task::Resting);
    assert_eq!(calm.notes, ["no hurry"]);
}

#[test]
fn automatic_rows_are_tried_after_an_internal_row() {
    let (mut job, mut effects) = (job(true), Effects::new());
    let task = Task::Waiting.step(&mut job, Event::Poke, Moment::default(), &mut effects).unwrap();
    assert_eq!(task, Task::Running { step: 0 });
    assert_eq!(job.notes, ["poked", "at once"]);
}

#[test]
fn the_runtime_sees_each_automatic_row_by_itself() {
    let (mut job, moment) = (job(false), Moment::default());
    let running = Task::Running { step: 3 };
    let Decision::Take(row) = running.decide_always(&job, moment) else {
        panic!("it goes on by itself");
    };
    assert_eq!(Task::TABLE.describe(row), "Running --always--> Checking");
    let mut effects = Effects::new();
    let checking = running.apply_eventless(row, &mut job, moment, &mut effects).unwrap();
    assert_eq!(checking, Task::Checking);
    let wrong = checking.apply_eventless(row, &mut job, moment, &mut effects).unwrap_err();
    assert_eq!(wrong.row, row);
}

#[test]
fn timers_stand_in_the_table() {
    let table = Task::TABLE;
    let timers: Vec<_> = (table.timers.iter())
        .map(|timer| {
            let scope = match timer.scope {
                Scope::Machine => "machine",
                Scope::Group(group) => table.group(group).name,
                Scope::State(state) => table.state(state).name,
            };
            (scope, timer.duration, timer.repeats)
        })
        .collect();
    assert_eq!(
        timers,
        [
            ("machine", "90d", false),
            ("Running", "ctx.patience * 2", false),
            ("Running", "500ms", false),
            ("Running", "5s", true),
            ("Running", "patience()", true),
            ("Busy", "2h", false),
        ]
    );
}

#[test]
fn durations_are_literals_or_expressions() {
    let (job, moment) = (job(false), Moment::default());
    let running = Task::Running { step: 0 };
    let durations: Vec<_> =
        (0..6).map(|timer| running.duration(TimerId(timer), &job, moment)).collect();
    let seconds = |seconds| Some(Duration::from_secs(seconds));
    assert_eq!(
        durations,
        [
            seconds(90 * 86_400),
            seconds(40),
            Some(Duration::from_millis(500)),
            seconds(5),
            seconds(20),
            seconds(7_200),
        ]
    );
    assert_eq!(Task::Waiting.duration(TimerId(0), &job, moment), seconds(90 * 86_400));
    assert_eq!(Task::Waiting.duration(TimerId(1), &job, moment), None);
    assert_eq!(Task::Waiting.duration(TimerId(5), &job, moment), None);
    assert_eq!(Task::Done.duration(TimerId(0), &job, moment), None);
}

#[test]
fn a_timer_takes_its_row_if_the_guard_allows() {
    let mut calm = job(false);
    let task = elapse(Task::Running { step: 1 }, 2, &mut calm);
    assert_eq!(task, Ok(Task::Running { step: 2 }));
    // The third step is enough, so the automatic row follows, and the next one.
    assert_eq!(elapse(Task::Running { step: 2 }, 2, &mut calm), Ok(Task::Resting));
    assert_eq!(calm.notes, ["retry", "retry", "no hurry"]);
    let no_retry = Task::Running { step: 3 };
    assert_eq!(elapse(no_retry.clone(), 2, &mut calm), Err(no_retry));
}

#[test]
fn a_recurring_timer_stays() {
    let mut calm = job(false);
    let running = Task::Running { step: 1 };
    assert_eq!(elapse(running.clone(), 3, &mut calm), Ok(running.clone()));
    assert_eq!(elapse(running.clone(), 4, &mut calm), Err(running));
    assert_eq!(calm.notes, ["still running"]);
}

#[test]
fn timers_of_groups_and_of_the_machine_run_in_every_state_of_theirs() {
    let mut calm = job(false);
    assert_eq!(elapse(Task::Checking, 5, &mut calm), Ok(Task::Failed));
    assert_eq!(elapse(Task::Waiting, 5, &mut calm), Err(Task::Waiting));
    assert_eq!(elapse(Task::Waiting, 0, &mut calm), Ok(Task::Abandoned));
    assert_eq!(elapse(Task::Resting, 0, &mut calm), Ok(Task::Abandoned));
    assert_eq!(elapse(Task::Done, 0, &mut calm), Err(Task::Done));
}

#[test]
fn a_deferred_event_comes_back_marked() {
    let (mut calm, mut effects) = (job(false), Effects::new());
    let running = Task::Running { step: 1 };
    let report = Event::Report { ok: true };
    let moment = Moment::default();
    assert_eq!(running.decide(&calm, &report, moment), Decision::Defer);
    let kept = running.step(&mut calm, report.clone(), moment, &mut effects).unwrap_err();
    assert!(kept.deferred);
    assert_eq!((kept.state, kept.event), (Task::Running { step: 1 }, report));
    let deferred = Task::TABLE.states[1].deferred;
    let names: Vec<_> = deferred.iter().map(|event| Task::TABLE.event(*event)).collect();
    assert_eq!(names, ["Report"]);
}

#[test]
fn a_refusal_may_be_expected() {
    let (calm, moment) = (job(false), Moment::default());
    assert_eq!(Task::Resting.decide(&calm, &Event::Poke, moment), Decision::RefuseQuietly);
    assert_eq!(Task::Resting.decide(&calm, &Event::Finish, moment), Decision::Refuse);
    let running = Task::Running { step: 1 };
    assert_eq!(running.decide(&calm, &Event::Poke, moment), Decision::RefuseQuietly);
    assert_eq!(running.decide(&calm, &Event::Start, moment), Decision::Refuse);
    assert!(matches!(running.decide(&calm, &Event::Cancel, moment), Decision::Take(_)));
    let refused =
        running.step(&mut job(false), Event::Poke, moment, &mut Effects::new()).unwrap_err();
    assert!(!refused.deferred);
    let quiet = |state: usize| {
        let events = Task::TABLE.states[state].quiet.iter();
        events.map(|event: &EventId| Task::TABLE.event(*event)).collect::<Vec<_>>()
    };
    assert_eq!(quiet(1), ["Poke"]);
    assert_eq!(quiet(3), ["Start", "Poke"]);
}

#[test]
fn rows_without_events_are_described() {
    let table = Task::TABLE;
    let rows = (0..table.rows.len()).map(|row| RowId(u16::try_from(row).unwrap()));
    let lines: Vec<_> = rows.map(|row| table.describe(row)).collect();
    for line in [
        "Waiting --after 90d--> Abandoned (whole life)",
        "Running --after ctx.patience * 2--> Failed (step)",
        "Running --after 2h--> Failed (busy)",
        "Running --every 5s--> Running",
        "Running --every patience()--> Running (urgent)",
        "Checking --always--> Resting",
    ] {
        assert!(lines.iter().any(|each| each == line), "{line} is not among {lines:#?}");
    }
}

/// Two guards that send the machine to and fro.
#[derive(Fsm, Debug)]
#[fsm(event = Never)]
enum Dizzy {
    #[fsm(initial)]
    #[always(if true => Left)]
    Right,
    #[always(if true => Right)]
    Left,
}

enum Never {}

#[test]
#[should_panic(expected = "lead round in a circle")]
fn a_circle_of_automatic_rows_is_stopped() {
    Dizzy::start(&mut (), Moment::default(), &mut Effects::new());
}
