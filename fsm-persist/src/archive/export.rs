//! Exporting.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::io::Write;
use std::sync::Arc;

use fsm_core::journal::{Journal, MachineKey, Position, Record, Schema, SchemaId, Space, SpaceId};
use serde_json::Value;

use super::error::ArchiveError;
use super::line::{Line, RecordLine, SpaceLine, VERSION};
use super::pages::{Pages, Selection, Whose};
use crate::progress::Progress;

/// Shows the payload of a record as JSON, if it can.
pub type Renderer = Arc<dyn Fn(&Record, &Schema) -> Option<Value> + Send + Sync>;

/// What is exported, and how.
///
/// ```
/// use fsm_core::journal::{KindId, MachineKey, Position};
/// use fsm_persist::archive::Export;
///
/// let machine = MachineKey::new(KindId(0), "order-42");
/// let export = Export::machine(machine).from(Position(1_000)).to(Position(2_000));
/// # drop(export);
/// ```
#[derive(Clone)]
#[must_use]
pub struct Export {
    selection: Selection,
    renderer: Option<Renderer>,
}

/// What was exported.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Exported<W> {
    /// How many records.
    pub records: u64,
    /// What it was written to, flushed.
    pub writer: W,
}

impl fmt::Debug for Export {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Export")
            .field("selection", &self.selection)
            .field("renders", &self.renderer.is_some())
            .finish()
    }
}

impl Export {
    /// The whole journal.
    pub const fn all() -> Self {
        Self::of(Whose::All)
    }

    /// The records of one space.
    pub const fn space(space: SpaceId) -> Self {
        Self::of(Whose::Space(space))
    }

    /// The records of one machine.
    pub const fn machine(machine: MachineKey) -> Self {
        Self::of(Whose::Machine(machine))
    }

    const fn of(whose: Whose) -> Self {
        let selection = Selection { whose, from: Position(1), to: None };
        Self { selection, renderer: None }
    }

    /// Only from this position on. Histories that are not whole cannot be imported.
    pub const fn from(mut self, position: Position) -> Self {
        self.selection.from = position;
        self
    }

    /// Only up to this position: otherwise up to where the journal is when it begins.
    pub const fn to(mut self, position: Position) -> Self {
        self.selection.to = Some(position);
        self
    }

    /// Shows payloads as JSON as well.
    pub fn render(
        mut self,
        renderer: impl Fn(&Record, &Schema) -> Option<Value> + Send + Sync + 'static,
    ) -> Self {
        self.renderer = Some(Arc::new(renderer));
        self
    }

    /// Writes lines of JSON: one for the archive, one for each schema and space, one for each
    /// record. A schema that is registered meanwhile stands before its first record.
    ///
    /// # Errors
    ///
    /// [`ArchiveError`]; what was written up to then is an archive of less.
    ///
    /// # Cancel safety
    ///
    /// A dropped call leaves an archive that ends in the middle, maybe in the middle of a line.
    pub async fn to_json<W: Write + Send + 'static>(
        &self,
        journal: &dyn Journal,
        mut writer: W,
        mut told: impl FnMut(Progress),
    ) -> Result<Exported<W>, ArchiveError> {
        let mut pages = Pages::new(journal, &self.selection);
        let mut naming = Naming::new(journal, self.renderer.clone());
        let mut lines = naming.begin(&self.selection.whose)?;
        let mut records = 0;
        loop {
            let page = pages.next_page().await?;
            let position = page.as_ref().and_then(|page| page.last()).map(|last| last.position);
            for record in page.iter().flatten() {
                let (schema, is_new) = naming.schema(record.schema)?;
                if is_new {
                    let schema = (*schema).clone();
                    put(&mut lines, &Line::Schema { number: record.schema.0, schema })?;
                }
                let line = naming.record(record, &schema);
                put(&mut lines, &Line::Record(Box::new(line)))?;
                records += 1;
            }
            writer = write(writer, std::mem::take(&mut lines), page.is_none()).await?;
            let Some(position) = position else { return Ok(Exported { records, writer }) };
            told(Progress { done: position.0, all: pages.last().0 });
        }
    }

    /// Writes a Parquet file: a row for each record, with the payload as bytes; the schemas and
    /// spaces are in the file's own metadata, as JSON under `fsm.schema.<number>` and
    /// `fsm.space.<number>`.
    ///
    /// # Errors
    ///
    /// [`ArchiveError`]; what was written up to then is no Parquet file.
    ///
    /// # Cancel safety
    ///
    /// A dropped call leaves something that is no Parquet file.
    #[cfg(feature = "parquet")]
    pub async fn to_parquet<W: Write + Send + 'static>(
        &self,
        journal: &dyn Journal,
        writer: W,
        mut told: impl FnMut(Progress),
    ) -> Result<Exported<W>, ArchiveError> {
        let mut pages = Pages::new(journal, &self.selection);
        let mut naming = Naming::new(journal, self.renderer.clone());
        let mut table = super::table::Table::begin(writer)?;
        for schema in naming.all_schemas() {
            let json = serde_json::to_string(&*schema.1).map_err(std::io::Error::from)?;
            table.note(format!("fsm.schema.{}", schema.0), json);
        }
        for space in naming.spaces_of(&self.selection.whose) {
            let (number, line) = (space.id.0, SpaceLine::of(space));
            let json = serde_json::to_string(&line).map_err(std::io::Error::from)?;
            table.note(format!("fsm.space.{number}"), json);
        }
        let mut records = 0;
        while let Some(page) = pages.next_page().await? {
            let last = page.last().map_or(Position::START, |last| last.position);
            for record in page {
                let (schema, is_new) = naming.schema(record.schema)?;
                if is_new {
                    let json = serde_json::to_string(&*schema).map_err(std::io::Error::from)?;
                    table.note(format!("fsm.schema.{}", record.schema.0), json);
                }
                let line = naming.record(&record, &schema);
                table.push(line, record);
                records += 1;
            }
            if table.is_full() {
                table = blocking(move || table.write()).await?;
            }
            told(Progress { done: last.0, all: pages.last().0 });
        }
        let writer = blocking(move || table.finish()).await?;
        Ok(Exported { records, writer })
    }
}

/// Looks up what numbers mean.
struct Naming<'a> {
    journal: &'a dyn Journal,
    renderer: Option<Renderer>,
    said: HashSet<SchemaId>,
    spaces: HashMap<SpaceId, String>,
}

impl<'a> Naming<'a> {
    fn new(journal: &'a dyn Journal, renderer: Option<Renderer>) -> Self {
        let spaces = journal.spaces().list().into_iter().map(|space| (space.id, space.name));
        Self { journal, renderer, said: HashSet::new(), spaces: spaces.collect() }
    }

    /// All schemas that there are now.
    fn all_schemas(&mut self) -> Vec<(u32, Arc<Schema>)> {
        let known =
            (0..).map_while(|number| Some((number, self.journal.schema(SchemaId(number))?)));
        let known: Vec<_> = known.collect();
        self.said.extend(known.iter().map(|&(number, _)| SchemaId(number)));
        known
    }

    fn spaces_of(&self, whose: &Whose) -> Vec<Space> {
        let mut spaces = self.journal.spaces().list();
        match whose {
            Whose::All => {}
            Whose::Space(id) => spaces.retain(|space| space.id == *id),
            Whose::Machine(machine) => spaces.retain(|space| space.id == machine.space),
        }
        spaces
    }

    /// The lines before the records.
    fn begin(&mut self, whose: &Whose) -> Result<Vec<u8>, ArchiveError> {
        let mut lines = Vec::new();
        put(&mut lines, &Line::Archive { version: VERSION })?;
        for (number, schema) in self.all_schemas() {
            put(&mut lines, &Line::Schema { number, schema: (*schema).clone() })?;
        }
        for space in self.spaces_of(whose) {
            put(&mut lines, &Line::Space(SpaceLine::of(space)))?;
        }
        Ok(lines)
    }

    /// The schema, and whether it was not there at the beginning.
    fn schema(&mut self, id: SchemaId) -> Result<(Arc<Schema>, bool), ArchiveError> {
        let schema = self.journal.schema(id).ok_or(ArchiveError::NoSchema { schema: id })?;
        Ok((schema, self.said.insert(id)))
    }

    fn record(&self, record: &Record, schema: &Schema) -> RecordLine {
        let space = self.spaces.get(&record.machine.space).cloned();
        let payload_json = self.renderer.as_ref().and_then(|render| render(record, schema));
        RecordLine { payload_json, ..RecordLine::of(record, schema, space) }
    }
}

fn put(lines: &mut Vec<u8>, line: &Line) -> Result<(), ArchiveError> {
    serde_json::to_writer(&mut *lines, line).map_err(std::io::Error::from)?;
    lines.push(b'\n');
    Ok(())
}

/// Writes on a thread that may block.
async fn write<W: Write + Send + 'static>(
    mut writer: W,
    bytes: Vec<u8>,
    flush: bool,
) -> Result<W, ArchiveError> {
    blocking(move || {
        writer.write_all(&bytes)?;
        if flush {
            writer.flush()?;
        }
        Ok(writer)
    })
    .await
}

/// Works on a thread that may block.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ArchiveError> + Send + 'static,
) -> Result<T, ArchiveError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(std::io::Error::other(error).into()))
}
