//! Parquet files, read back by the library that others read them with.

use bytes::Bytes;
use fsm_core::journal::{Journal, Position};
use fsm_persist::archive::Export;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::RowAccessor;

use crate::life::{Life, Step};

#[tokio::test]
async fn a_parquet_file_has_a_row_for_each_record() {
    let mut life = Life::new().await;
    life.take(Step::CreateSpace).await;
    life.take(Step::Append((0..80).map(|at| (at % 15, u16::from(at))).collect())).await;
    life.take(Step::Base(3)).await;
    for number in 0..15 {
        life.take(Step::Trickle(number, 90)).await;
    }
    let journal = life.journal();
    let exported = Export::all()
        .render(|record, _| Some(serde_json::json!(record.payload.len())))
        .to_parquet(journal, Vec::new(), |_| {})
        .await
        .unwrap();
    let expected = journal.read_all(Position(1), usize::MAX).await.unwrap();
    assert_eq!(exported.records, expected.len() as u64);
    let reader = SerializedFileReader::new(Bytes::from(exported.writer)).unwrap();
    let notes = reader.metadata().file_metadata().key_value_metadata().unwrap().clone();
    let note = |key: &str| notes.iter().find(|note| note.key == key).unwrap().value.clone();
    let schema: fsm_core::journal::Schema =
        serde_json::from_str(&note("fsm.schema.0").unwrap()).unwrap();
    assert_eq!(schema, *journal.schema(expected[0].schema).unwrap());
    assert!(note("fsm.space.1").unwrap().contains("space 1"));
    let columns = reader.metadata().file_metadata().schema_descr_ptr();
    let column = |name: &str| {
        (0..columns.num_columns()).find(|&at| columns.column(at).name() == name).unwrap()
    };
    let mut rows = 0;
    for (row, record) in reader.get_row_iter(None).unwrap().zip(&expected) {
        let row = row.unwrap();
        assert_eq!(row.get_ulong(column("position")).unwrap(), record.position.0);
        assert_eq!(row.get_ulong(column("sequence")).unwrap(), record.sequence.0);
        assert_eq!(row.get_string(column("id")).unwrap(), &record.machine.id[..]);
        assert_eq!(row.get_bytes(column("payload")).unwrap().data(), &record.payload[..]);
        assert_eq!(row.get_bytes(column("metadata")).unwrap().data(), &record.metadata[..]);
        let time = row.get_timestamp_micros(column("time")).unwrap();
        assert_eq!(time, record.time.micros());
        assert_eq!(row.get_ubyte(column("tag")).ok(), None);
        assert_eq!(row.get_int(column("tag")).unwrap(), i32::from(record.fact.code().tag));
        let rendered = row.get_string(column("payload_json")).unwrap();
        assert_eq!(rendered, &record.payload.len().to_string());
        rows += 1;
    }
    assert_eq!(rows, expected.len());
}
