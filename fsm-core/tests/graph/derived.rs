//! Machines with groups, histories, timers and automatic rows, run along the paths that their
//! tables answer.

use fsm_core::machine::Trigger;
use fsm_core::machine::graph::Path;
use fsm_core::{Effects, Fsm, Moment};

use crate::drawn::{all, names};

/// Takes the path, step by step.
fn run<F>(path: &Path, context: &mut F::Context, event: fn(&str) -> F::Event)
where
    F: Fsm,
{
    let (table, moment) = (F::TABLE, Moment::default());
    let mut effects = Effects::new();
    let mut machine = F::start(context, moment, &mut effects);
    let mut taken = 0;
    for step in path.steps(table) {
        taken += step.automatic.len() + usize::from(step.driver.is_some());
        machine = match step.driver.map(|row| (table.row(row).trigger, table.trigger(row))) {
            None => machine, // it has run by itself
            Some((Trigger::Timer(timer), _)) => {
                machine.elapse(timer, context, moment, &mut effects).ok().unwrap()
            }
            Some((_, name)) => {
                machine.step(context, event(&name), moment, &mut effects).ok().unwrap()
            }
        };
        let expected = path.states()[taken];
        assert_eq!(machine.state_id(), expected, "{}", path.display(table));
    }
}

/// Two histories, one inside the other, and a state in them that is left at once.
#[derive(Fsm, Clone)]
#[fsm(event = Switch, context = Memory)]
#[fsm(group = On, initial = Low, history)]
#[fsm(group = Program, in = On, initial = Washing, deep_history = program)]
#[on(from(On), Off => Stopped)]
#[on(from(Program), Skip => Stopped)]
#[after(from(On), 2h => Stopped)]
enum Washer {
    #[fsm(initial)]
    #[on(Resume => On)]
    #[on(Repeat => Program)]
    Stopped,
    #[fsm(group = On)]
    #[on(Next => High)]
    Low,
    #[fsm(group = On)]
    #[on(Next => Filling)]
    #[on(Repeat => Program)]
    High,
    #[fsm(group = Program)]
    #[always(=> Washing)]
    Filling,
    #[fsm(group = Program)]
    #[on(Next => Rinsing)]
    Washing,
    #[fsm(group = Program)]
    #[on(Next => Low)]
    #[on(Peek => _)]
    Rinsing,
}

#[derive(Clone)]
enum Switch {
    Off,
    Resume,
    Repeat,
    Skip,
    Next,
    Peek,
}

#[derive(Default)]
struct Memory {
    history: Option<Washer>,
    program: Option<Washer>,
}

fn switch(name: &str) -> Switch {
    match name {
        "Off" => Switch::Off,
        "Resume" => Switch::Resume,
        "Repeat" => Switch::Repeat,
        "Skip" => Switch::Skip,
        "Next" => Switch::Next,
        "Peek" => Switch::Peek,
        other => panic!("no event {other}"),
    }
}

#[test]
fn coverage_is_what_a_machine_with_histories_can_run() {
    let table = Washer::TABLE;
    let coverage = table.coverage();
    for path in &coverage.paths {
        run::<Washer>(path, &mut Memory::default(), switch);
    }
    // `Filling` is left at once, so the rows of its groups never run there.
    let uncovered: Vec<_> = coverage.uncovered.iter().map(|row| table.describe(*row)).collect();
    assert_eq!(
        uncovered,
        ["Filling --Skip--> Stopped", "Filling --Off--> Stopped", "Filling --after 2h--> Stopped",]
    );
    assert!(coverage.uncovered.iter().all(|row| !table.can_run(*row)));
}

#[test]
fn groups_and_their_histories_are_in_the_graph() {
    let table = Washer::TABLE;
    assert_eq!(names(table, &table.transient()), ["Filling"]);
    let on = table.group_named("On").unwrap();
    let resume = table.edges().into_iter().filter(|edge| table.row(edge.row).history == Some(on));
    let targets: Vec<_> = resume.map(|edge| table.state(edge.target).name).collect();
    assert_eq!(targets, ["Low", "High", "Filling", "Washing", "Rinsing"]);
    assert_eq!(table.components().len(), 1);
}

#[derive(Fsm)]
#[fsm(event = Order, context = Stock)]
#[on(Cancel => Cancelled)]
#[after(30d => Cancelled, label = "forgotten")]
enum Checkout {
    #[fsm(initial)]
    #[always(=> Cart)]
    New,
    #[on(Pay => Checking)]
    Cart,
    #[always(if in_stock() => Packed)]
    #[always(=> Waiting)]
    Checking,
    #[every(1h / look())]
    #[on(Arrive => Packed)]
    Waiting,
    #[on(Send => Sent)]
    Packed,
    #[fsm(final)]
    Sent,
    #[fsm(final)]
    Cancelled,
}

enum Order {
    Pay,
    Arrive,
    Send,
    Cancel,
}

fn order(name: &str) -> Order {
    match name {
        "Pay" => Order::Pay,
        "Arrive" => Order::Arrive,
        "Send" => Order::Send,
        "Cancel" => Order::Cancel,
        other => panic!("no event {other}"),
    }
}

struct Stock {
    full: bool,
    looked: usize,
}

impl Stock {
    fn in_stock(&self) -> bool {
        self.full
    }

    fn look(&mut self) {
        self.looked += 1;
    }
}

#[test]
fn a_machine_runs_each_covering_path_for_which_its_context_is_right() {
    let table = Checkout::TABLE;
    let coverage = table.coverage();
    assert!(coverage.uncovered.iter().all(|row| !table.can_run(*row)));
    let mut looked = 0;
    for path in &coverage.paths {
        let guarded = |row: &fsm_core::RowId| table.row(*row).guard.is_some();
        let mut stock = Stock { full: path.rows().iter().any(guarded), looked: 0 };
        run::<Checkout>(path, &mut stock, order);
        looked += stock.looked;
    }
    assert_eq!(looked, 1); // the timer's internal row is covered as well
}

#[test]
fn paths_begin_with_what_a_new_machine_does_by_itself() {
    let table = Checkout::TABLE;
    let begun = table.continuation(table.entry());
    assert_eq!(begun.display(table).to_string(), "New --always--> Cart");
    let sent = table.state_named("Sent").unwrap();
    assert_eq!(
        all(table, table.paths(table.entry(), sent)),
        [
            "New --always--> Cart --Pay--> Checking --always--> Packed --Send--> Sent",
            "New --always--> Cart --Pay--> Checking --always--> Waiting --Arrive--> Packed \
         --Send--> Sent",
        ]
    );
    let steps = table.shortest_path(table.entry(), sent).unwrap().steps(table);
    assert_eq!((steps.len(), steps[0].driver), (3, None));
}
