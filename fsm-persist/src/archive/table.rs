//! A Parquet file with a row for each record.

use std::io::Write;
use std::sync::Arc;

use fsm_core::journal::Record;
use parquet::data_type::{ByteArray, ByteArrayType, DataType, Int32Type, Int64Type};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;

use super::error::ArchiveError;
use super::line::RecordLine;

/// The columns, in the order in which they are written.
const COLUMNS: &str = "
message record {
    required int64 position (integer(64, false));
    required int32 space (integer(32, false));
    optional binary space_name (string);
    required int64 space_sequence (integer(64, false));
    required binary kind (string);
    required binary id (string);
    required int64 sequence (integer(64, false));
    required int64 time (timestamp(micros, true));
    required int32 schema (integer(32, false));
    required int32 version (integer(32, false));
    required binary fact (string);
    required int32 tag;
    required int64 number_1 (integer(64, false));
    required int64 number_2 (integer(64, false));
    optional int32 row;
    optional binary label (string);
    optional binary from (string);
    optional binary to (string);
    optional binary event (string);
    optional binary key (string);
    optional binary correlation (string);
    optional binary causation (string);
    optional binary origin (json);
    optional int32 effects;
    optional binary parent (json);
    required binary metadata;
    required binary payload;
    optional binary payload_json (json);
}";

/// A row group is written when so many rows, or bytes of payloads, have come together.
const ROWS_MAX: usize = 16 * 1024;
const BYTES_MAX: usize = 32 << 20;

/// The file being written.
pub(super) struct Table<W: Write + Send> {
    file: SerializedFileWriter<W>,
    notes: Vec<KeyValue>,
    rows: Vec<Row>,
    bytes: usize,
}

/// A record, by name and as it is stored.
struct Row {
    line: RecordLine,
    record: Record,
}

impl<W: Write + Send> Table<W> {
    pub(super) fn begin(writer: W) -> Result<Self, ArchiveError> {
        let columns = Arc::new(parse_message_type(COLUMNS)?);
        let properties = Arc::new(WriterProperties::builder().build());
        let file = SerializedFileWriter::new(writer, columns, properties)?;
        Ok(Self { file, notes: Vec::new(), rows: Vec::new(), bytes: 0 })
    }

    /// Adds something to the file's own metadata.
    pub(super) fn note(&mut self, key: String, value: String) {
        self.notes.push(KeyValue::new(key, value));
    }

    pub(super) fn push(&mut self, line: RecordLine, record: Record) {
        self.bytes += record.payload.len();
        self.rows.push(Row { line, record });
    }

    /// Whether a row group is to be written.
    pub(super) const fn is_full(&self) -> bool {
        self.rows.len() >= ROWS_MAX || self.bytes >= BYTES_MAX
    }

    /// Writes a row group.
    pub(super) fn write(mut self) -> Result<Self, ArchiveError> {
        if self.rows.is_empty() {
            return Ok(self);
        }
        let mut group = self.file.next_row_group()?;
        let mut columns = Columns { group: &mut group, rows: &self.rows };
        columns.write_place()?;
        columns.write_fact()?;
        columns.write_metadata()?;
        group.close()?;
        self.rows.clear();
        self.bytes = 0;
        Ok(self)
    }

    /// Completes the file.
    pub(super) fn finish(self) -> Result<W, ArchiveError> {
        let mut table = self.write()?;
        for note in std::mem::take(&mut table.notes) {
            table.file.append_key_value_metadata(note);
        }
        let mut writer = table.file.into_inner()?;
        writer.flush()?;
        Ok(writer)
    }
}

/// The columns of a row group.
struct Columns<'a, 'b, W: Write + Send> {
    group: &'a mut SerializedRowGroupWriter<'b, W>,
    rows: &'a [Row],
}

impl<W: Write + Send> Columns<'_, '_, W> {
    /// Where a record stands.
    fn write_place(&mut self) -> Result<(), ArchiveError> {
        self.longs(|row| row.line.position.cast_signed())?;
        self.ints(|row| row.line.space.cast_signed())?;
        self.texts(|row| row.line.space_name.clone())?;
        self.longs(|row| row.line.space_sequence.cast_signed())?;
        self.bytes(|row| row.line.kind.clone().into_bytes())?;
        self.bytes(|row| row.line.id.clone().into_bytes())?;
        self.longs(|row| row.line.sequence.cast_signed())?;
        self.longs(|row| row.line.time)
    }

    /// What it says.
    fn write_fact(&mut self) -> Result<(), ArchiveError> {
        self.ints(|row| row.line.schema.cast_signed())?;
        self.ints(|row| row.line.version.cast_signed())?;
        self.bytes(|row| row.line.fact.clone().into_bytes())?;
        self.ints(|row| i32::from(row.line.tag))?;
        self.longs(|row| row.line.numbers[0].cast_signed())?;
        self.longs(|row| row.line.numbers[1].cast_signed())?;
        self.column::<Int32Type>(|row| row.line.names.row.map(i32::from))?;
        self.texts(|row| row.line.names.label.clone())?;
        self.texts(|row| row.line.names.from.clone())?;
        self.texts(|row| row.line.names.to.clone())?;
        self.texts(|row| row.line.names.event.clone())
    }

    /// Why it was written, and its payload.
    fn write_metadata(&mut self) -> Result<(), ArchiveError> {
        let known = |row: &Row| row.line.metadata.is_some();
        self.texts(|row| row.line.metadata.as_ref()?.key.clone())?;
        self.texts(|row| row.line.metadata.as_ref()?.correlation.clone())?;
        self.texts(|row| row.line.metadata.as_ref()?.causation.clone())?;
        self.texts(|row| serde_json::to_string(&row.line.metadata.as_ref()?.origin?).ok())?;
        self.column::<Int32Type>(|row| {
            let metadata = row.line.metadata.as_ref().filter(|_| known(row))?;
            Some(i32::from(metadata.effects))
        })?;
        self.texts(|row| {
            let parent = row.line.metadata.as_ref()?.parent.as_ref()?;
            serde_json::to_string(parent).ok()
        })?;
        self.bytes(|row| row.record.metadata.to_vec())?;
        self.bytes(|row| row.record.payload.to_vec())?;
        self.texts(|row| row.line.payload_json.as_ref().map(ToString::to_string))
    }

    fn longs(&mut self, value: impl Fn(&Row) -> i64) -> Result<(), ArchiveError> {
        self.required::<Int64Type>(value)
    }

    fn ints(&mut self, value: impl Fn(&Row) -> i32) -> Result<(), ArchiveError> {
        self.required::<Int32Type>(value)
    }

    fn bytes(&mut self, value: impl Fn(&Row) -> Vec<u8>) -> Result<(), ArchiveError> {
        self.required::<ByteArrayType>(|row| ByteArray::from(value(row)))
    }

    fn texts(&mut self, value: impl Fn(&Row) -> Option<String>) -> Result<(), ArchiveError> {
        self.column::<ByteArrayType>(|row| value(row).map(|text| text.into_bytes().into()))
    }

    fn required<T: DataType>(&mut self, value: impl Fn(&Row) -> T::T) -> Result<(), ArchiveError> {
        let values: Vec<T::T> = self.rows.iter().map(value).collect();
        self.put::<T>(&values, None)
    }

    /// A column that may be empty in some rows.
    fn column<T: DataType>(
        &mut self,
        value: impl Fn(&Row) -> Option<T::T>,
    ) -> Result<(), ArchiveError> {
        let all: Vec<Option<T::T>> = self.rows.iter().map(value).collect();
        let levels: Vec<i16> = all.iter().map(|value| i16::from(value.is_some())).collect();
        let values: Vec<T::T> = all.into_iter().flatten().collect();
        self.put::<T>(&values, Some(&levels))
    }

    fn put<T: DataType>(
        &mut self,
        values: &[T::T],
        levels: Option<&[i16]>,
    ) -> Result<(), ArchiveError> {
        let missing = || std::io::Error::other("there are fewer columns than values");
        let mut column = self.group.next_column()?.ok_or_else(missing)?;
        column.typed::<T>().write_batch(values, levels, None)?;
        Ok(column.close()?)
    }
}
