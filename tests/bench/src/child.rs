//! Work that this program does in a process of its own: it starts itself with `--task`.

use std::env;
use std::process::{self, Command, Stdio};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::journal::Filling;
use crate::open::{Checking, Loading, Opening, Writing};
use crate::stores::Failure;

/// What a process of its own is for.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Task {
    /// Appends, and says what it left in memory and on the disk.
    Fill(Filling),
    /// Appends many events, for others to open.
    Load(Loading),
    /// Opens, and says how long it took.
    Open(Opening),
    /// Appends until it is killed, and says how far it came.
    Write(Writing),
    /// Reads everything back.
    Check(Checking),
}

/// What the process with this task prints.
///
/// # Errors
///
/// If the text is no task, or a contestant fails.
pub(crate) fn perform(task: &str) -> Result<String, Failure> {
    Ok(match serde_json::from_str(task)? {
        Task::Fill(filling) => serde_json::to_string(&filling.perform()?)?,
        Task::Load(loading) => serde_json::to_string(&loading.perform()?)?,
        Task::Open(opening) => serde_json::to_string(&opening.perform()?)?,
        Task::Write(writing) => serde_json::to_string(&writing.perform()?)?,
        Task::Check(checking) => serde_json::to_string(&checking.perform()?)?,
    })
}

/// Starts the process; what it prints can be read.
///
/// # Errors
///
/// If it cannot be started.
pub(crate) fn start(task: &Task) -> Result<process::Child, Failure> {
    let task_text = serde_json::to_string(task)?;
    let mut command = Command::new(env::current_exe()?);
    Ok(command.arg("--task").arg(task_text).stdout(Stdio::piped()).spawn()?)
}

/// Starts the process, and waits for its answer.
///
/// # Errors
///
/// If it cannot be started, or fails.
pub(crate) fn ask<T: DeserializeOwned>(task: &Task) -> Result<T, Failure> {
    let output = start(task)?.wait_with_output()?;
    if !output.status.success() {
        return Err(format!("the process with the task {task:?} failed").into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}
