//! `fsm-bench`: ours beside the floor and beside peers, in one run.
//!
//! ```text
//! cargo run --release -p fsm-bench -- step journal
//! cargo run --release -p fsm-bench -- journal --quick --json
//! ```
//!
//! Machines are noisy, so every case interleaves its contestants, round by round, and compares
//! medians. Only the ratios mean anything; the absolute figures are there to make sense of them.

mod compile;
mod journal;
mod measure;
mod raw_log;
mod report;
mod sends;
mod step;

use std::process::ExitCode;

use clap::{Parser, ValueEnum};

use measure::Effort;
use report::Comparison;

/// Side-by-side benchmarks of fsm.
#[derive(Debug, Parser)]
#[command(name = "fsm-bench")]
struct Arguments {
    /// What to measure.
    #[arg(required = true, value_enum)]
    benches: Vec<Bench>,
    /// One JSON object a line instead of a table.
    #[arg(long)]
    json: bool,
    /// Fewer rounds: rougher, and under 30 seconds but for `compile`, which builds crates.
    #[arg(long)]
    quick: bool,
    /// Where journals are written; a directory of its own is made and removed there.
    #[arg(long, default_value = ".")]
    disk: std::path::PathBuf,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Bench {
    /// The derived machine beside a hand-written `match` and other libraries.
    Step,
    /// Compiling a machine of 100 states and 500 rows beside compiling nothing.
    Compile,
    /// Durable appends and sends beside a raw file that is synced as often.
    Journal,
}

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "it is a program")]
fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let effort = if arguments.quick { Effort::Quick } else { Effort::Full };
    let mut comparisons: Vec<Comparison> = Vec::new();
    for bench in &arguments.benches {
        let measured = match bench {
            Bench::Step => Ok(step::run(effort)),
            Bench::Compile => compile::run(effort),
            Bench::Journal => journal::run(&arguments.disk, effort),
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
