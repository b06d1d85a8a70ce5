//! The program: see [`loans::cli`] for its command line, or run it with `--help`.

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;

use fsm_core::Fsm;
use loans::cli::{Cli, Command};
use loans::data::Data;
use loans::loan::Loan;
use loans::report::{Report, ReportError};
use loans::run::run;
use loans::source::Log;
use loans::summary::summary;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::from_arguments();
    match carry_out(cli).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // If this cannot be written either, the exit code must do.
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn carry_out(cli: Cli) -> Result<(), Box<dyn Error>> {
    let data = Data::new(cli.data, cli.durability);
    match cli.command {
        Some(Command::Graph) => print(&Loan::TABLE.mermaid())?,
        Some(command) => {
            let system = data.open().await?;
            let report = answer(&command, &Report::new(&system, &data)).await;
            data.close(&system).await?;
            print(&report?)?;
        }
        None => {
            let log = match cli.log {
                Some(path) => Log::open(&path)?,
                None => Log::sample(),
            };
            let run = run(log, &data).await?;
            print(&summary(&run))?;
            if let Some(broken) = run.results.broken {
                return Err(broken.into());
            }
        }
    }
    Ok(())
}

async fn answer(command: &Command, report: &Report<'_>) -> Result<String, ReportError> {
    match command {
        Command::Status => report.status().await,
        Command::Show { id: Some(id), .. } => report.history(id).await,
        Command::Show { id: None, .. } => report.histories().await,
        Command::At { id, time } => report.at(id, *time).await,
        Command::Graph => Ok(Loan::TABLE.mermaid()),
    }
}

/// Prints the text. A reader that has seen enough, such as `head`, is no error.
fn print(text: &str) -> io::Result<()> {
    let mut output = io::stdout().lock();
    match output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}
