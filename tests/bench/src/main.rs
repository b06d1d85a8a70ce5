//! `fsm-bench`: ours beside the floor and beside peers, in one run.
//!
//! ```text
//! cargo run --release -p fsm-bench -- step journal
//! cargo run --release -p fsm-bench -- journal --quick --json
//! ```
//!
//! Machines are noisy, so every case interleaves its contestants, round by round, and compares
//! medians. Only the ratios mean anything; the absolute figures are there to make sense of them.

mod actors;
mod child;
mod compile;
mod fairness;
mod journal;
mod measure;
mod open;
mod replay;
mod report;
mod step;
mod stores;
mod timers;
mod usage;

use std::process::ExitCode;

use clap::{Parser, ValueEnum};
// The wheel that `timers` includes finds it at the root of the crate, as it does at home.
use fsm_core::Timestamp;

use measure::Effort;
use report::Comparison;

/// Side-by-side benchmarks of fsm.
#[derive(Debug, Parser)]
#[command(name = "fsm-bench")]
struct Arguments {
    /// What to measure.
    #[arg(required_unless_present_any = ["weigh", "memory_of", "task"], value_enum)]
    benches: Vec<Bench>,
    /// One JSON object a line instead of a table.
    #[arg(long)]
    json: bool,
    /// Fewer rounds: rougher, and under 30 seconds but for `compile`, which builds crates, and for
    /// `journal`, `replay` and `open`, which take a minute or two.
    #[arg(long)]
    quick: bool,
    /// Where journals are written; a directory of its own is made and removed there.
    #[arg(long, default_value = ".")]
    disk: std::path::PathBuf,
    /// Only tells the memory of one contestant of `timers`, which it asks another process for.
    #[arg(long, hide = true, value_enum)]
    weigh: Option<timers::Weighed>,
    /// What `actors` starts this program with, to measure one contestant's memory.
    #[arg(long, hide = true, value_name = "CONTESTANT=COUNT")]
    memory_of: Option<String>,
    /// What `journal` and `open` start this program with, for work in a process of its own.
    #[arg(long, hide = true)]
    task: Option<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Bench {
    /// The derived machine beside a hand-written `match` and other libraries.
    Step,
    /// Compiling a machine of 100 states and 500 rows beside compiling nothing.
    Compile,
    /// Durable appends and sends beside a raw file and storage engines that are synced as often.
    Journal,
    /// Events a second a core, decoded and applied, beside the same from a raw file and engines.
    Replay,
    /// Opening after 5,000,000 events, closed or killed, beside a raw file and engines.
    Open,
    /// The shards' timer wheel beside an ordered map, a heap and another wheel.
    Timers,
    /// Machines that nothing is journaled for, beside bare tasks with channels and actor crates.
    Actors,
    /// A machine beside one that is flooded, and beside a hundred thousand whose time has come.
    Fairness,
}

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "it is a program")]
fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let effort = if arguments.quick { Effort::Quick } else { Effort::Full };
    if let Some(weighed) = arguments.weigh {
        return tell_weight(weighed);
    }
    if let Some(contestant) = &arguments.memory_of {
        return tell(contestant, actors::memory_of(contestant));
    }
    if let Some(task) = &arguments.task {
        return tell(task, child::perform(task));
    }
    let mut comparisons: Vec<Comparison> = Vec::new();
    for bench in &arguments.benches {
        let measured = match bench {
            Bench::Step => Ok(step::run(effort)),
            Bench::Compile => compile::run(effort),
            Bench::Journal => journal::run(&arguments.disk, effort),
            Bench::Replay => replay::run(&arguments.disk, effort),
            Bench::Open => open::run(&arguments.disk, effort),
            Bench::Timers => timers::run(effort),
            Bench::Actors => actors::run(effort),
            Bench::Fairness => fairness::run(effort),
        };
        match measured {
            Ok(measured) => comparisons.extend(measured),
            Err(error) => {
                eprintln!("fsm-bench: {bench:?}: {error}");
                return ExitCode::FAILURE;
            }
        }
    }
    if arguments.json {
        comparisons.iter().for_each(|comparison| println!("{}", comparison.json()));
    } else {
        println!("{}", report::table(&comparisons));
    }
    ExitCode::SUCCESS
}

fn tell_weight(weighed: timers::Weighed) -> ExitCode {
    tell(&format!("weigh {weighed:?}"), timers::weigh(weighed).map(|bytes| bytes.to_string()))
}

/// Prints what another process has asked for.
#[expect(clippy::print_stdout, clippy::print_stderr, reason = "it is a program")]
fn tell(asked: &str, answer: Result<String, stores::Failure>) -> ExitCode {
    match answer {
        Ok(answer) => {
            println!("{answer}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("fsm-bench: {asked}: {error}");
            ExitCode::FAILURE
        }
    }
}
