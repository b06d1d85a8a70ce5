//! A log as XES, the XML that the process-mining world exchanges: traces of events, each with its
//! attributes. It is read as it comes; nothing is kept but the trace and the event at hand.

use std::io::{self, BufRead, Read};

use fsm_core::Timestamp;
use fsm_core::journal::MachineId;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Error as XmlError, Reader, XmlVersion};

use super::content::Content;
use super::error::{Place, Problem};
use super::order::Reading;
use crate::activity::Activity;

const APPLICATION: &str = "concept:name";
const AMOUNT: &str = "AMOUNT_REQ";
const REGISTERED: &str = "REG_DATE";
const ACTIVITY: &str = "concept:name";
const LIFECYCLE: &str = "lifecycle:transition";
const TIME: &str = "time:timestamp";
const RESOURCE: &str = "org:resource";

/// Reads the events of an XES file.
pub(super) struct XesReader {
    xml: Reader<Lines>,
    buffer: Vec<u8>,
    cursor: Cursor,
}

/// Where in the log we are, and what was read of the trace and the event at hand.
#[derive(Default)]
struct Cursor {
    level: Level,
    /// The line at hand, or the one to blame once something is found wrong.
    line: u64,
    /// How many elements deep we are in something that says nothing about an event.
    aside: u32,
    trace: Trace,
    event: EventSoFar,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Level {
    #[default]
    Before,
    Log,
    Trace,
    Event,
    After,
}

#[derive(Default)]
struct Trace {
    begin: u64,
    application: Option<MachineId>,
    amount: Option<u64>,
    registered: Option<Timestamp>,
}

#[derive(Default)]
struct EventSoFar {
    begin: u64,
    /// With the line it stands in.
    activity: Option<(String, u64)>,
    lifecycle: Option<String>,
    time: Option<Timestamp>,
    resource: Option<String>,
}

impl XesReader {
    pub(super) fn new(content: Content) -> Self {
        let xml = Reader::from_reader(Lines { content, breaks: 0 });
        Self { xml, buffer: Vec::new(), cursor: Cursor::default() }
    }

    /// The next event, or `None` at the end.
    pub(super) fn read(&mut self) -> Result<Option<Reading>, (Place, Problem)> {
        loop {
            // Text comes as an event of its own, so this is the line in which the next tag begins.
            self.cursor.line = self.xml.get_ref().breaks + 1;
            self.buffer.clear();
            let step = match self.xml.read_event_into(&mut self.buffer) {
                Ok(Event::Start(tag)) => self.cursor.begin(&tag),
                // No event comes out of an empty tag: it lacks everything, and `end` says so.
                Ok(Event::Empty(tag)) => {
                    self.cursor.begin(&tag).and_then(|()| self.cursor.end().map(drop))
                }
                Ok(Event::End(_)) => match self.cursor.end() {
                    Ok(Some(reading)) => return Ok(Some(reading)),
                    Ok(None) => Ok(()),
                    Err(problem) => Err(problem),
                },
                Ok(Event::Eof) => match self.cursor.finish() {
                    Ok(()) => return Ok(None),
                    Err(problem) => Err(problem),
                },
                Ok(_) => Ok(()),
                Err(error) => Err(broken(error)),
            };
            step.map_err(|problem| (self.cursor.place(), problem))?;
        }
    }
}

impl Cursor {
    /// A tag that begins an element.
    fn begin(&mut self, tag: &BytesStart<'_>) -> Result<(), Problem> {
        if self.aside > 0 {
            self.aside += 1;
            return Ok(());
        }
        let line = self.line;
        let name = tag.local_name();
        match (self.level, name.as_ref()) {
            (Level::Before, "log") => self.level = Level::Log,
            (Level::Before, root) => {
                return Err(Problem::NoLog { root: root.to_owned() });
            }
            (Level::Log, "trace") => {
                self.level = Level::Trace;
                self.trace = Trace { begin: line, ..Trace::default() };
            }
            (Level::Log, "event") => return Err(Problem::Stray),
            (Level::Trace, "event") => {
                self.level = Level::Event;
                self.event = EventSoFar { begin: line, ..EventSoFar::default() };
            }
            (Level::Trace, _) => {
                self.aside = 1;
                with_attribute(tag, |key, value| self.trace.take(key, value))?;
            }
            (Level::Event, _) => {
                self.aside = 1;
                with_attribute(tag, |key, value| self.event.take(key, value, line))?;
            }
            (Level::Log | Level::After, _) => self.aside = 1,
        }
        Ok(())
    }

    /// The end of an element; of an event, it gives what was read.
    fn end(&mut self) -> Result<Option<Reading>, Problem> {
        if self.aside > 0 {
            self.aside -= 1;
            return Ok(None);
        }
        match self.level {
            Level::Event => {
                self.level = Level::Trace;
                return self.event.finish(&self.trace).map(Some).map_err(|(line, problem)| {
                    self.line = line;
                    problem
                });
            }
            Level::Trace => self.level = Level::Log,
            Level::Log => self.level = Level::After,
            Level::Before | Level::After => {}
        }
        Ok(None)
    }

    /// The end of the file.
    fn finish(&self) -> Result<(), Problem> {
        match self.level {
            Level::After => Ok(()),
            Level::Before => Err(Problem::Xml("there is no element in it".to_owned())),
            Level::Log => Err(Problem::CutOff { element: "log", begin: 1 }),
            Level::Trace => Err(Problem::CutOff { element: "trace", begin: self.trace.begin }),
            Level::Event => Err(Problem::CutOff { element: "event", begin: self.event.begin }),
        }
    }

    /// The place of what was read last.
    fn place(&self) -> Place {
        let within = matches!(self.level, Level::Trace | Level::Event);
        let application = self.trace.application.as_ref().filter(|_| within);
        Place { line: Some(self.line), application: application.map(ToString::to_string) }
    }
}

impl Trace {
    fn take(&mut self, key: &str, value: &str) -> Result<(), Problem> {
        match key {
            APPLICATION => self.application = Some(value.into()),
            AMOUNT => {
                let refused = |_| Problem::Amount { key: AMOUNT, text: value.to_owned() };
                self.amount = Some(value.parse().map_err(refused)?);
            }
            REGISTERED => self.registered = Some(time(REGISTERED, value)?),
            _ => {}
        }
        Ok(())
    }
}

impl EventSoFar {
    fn take(&mut self, key: &str, value: &str, line: u64) -> Result<(), Problem> {
        match key {
            ACTIVITY => self.activity = Some((value.to_owned(), line)),
            LIFECYCLE => self.lifecycle = Some(value.to_owned()),
            TIME => self.time = Some(time(TIME, value)?),
            RESOURCE => self.resource = Some(value.to_owned()),
            _ => {}
        }
        Ok(())
    }

    /// The event, now that all its attributes are read, or what is wrong in which line: what is
    /// missing is missing where the element begins.
    fn finish(&mut self, trace: &Trace) -> Result<Reading, (u64, Problem)> {
        let of_trace = |key| (trace.begin, Problem::NoAttribute { element: "trace", key });
        let of_event = |key| (self.begin, Problem::NoAttribute { element: "event", key });
        let application = trace.application.clone().ok_or_else(|| of_trace(APPLICATION))?;
        let amount = trace.amount.ok_or_else(|| of_trace(AMOUNT))?;
        let (activity, line) = self.activity.as_ref().ok_or_else(|| of_event(ACTIVITY))?;
        let lifecycle = self.lifecycle.as_deref().ok_or_else(|| of_event(LIFECYCLE))?;
        let time = self.time.ok_or_else(|| of_event(TIME))?;
        let activity = Activity::parse(activity, lifecycle)
            .map_err(|unknown| (*line, Problem::Activity(unknown)))?;
        Ok(Reading {
            line: self.begin,
            application,
            amount,
            registered: trace.registered,
            activity,
            time,
            resource: self.resource.take(),
        })
    }
}

/// The lines of the content, counted as they are read: cheaper than looking for them afterwards,
/// and exact, because the XML reader takes no byte before it needs it.
struct Lines {
    content: Content,
    breaks: u64,
}

impl Read for Lines {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.content.read(buffer)?;
        self.breaks += breaks(&buffer[..count]);
        Ok(count)
    }
}

impl BufRead for Lines {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.content.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        // What is to be consumed lies in the buffer, so this does not read.
        if let Ok(buffer) = self.content.fill_buf() {
            self.breaks += breaks(&buffer[..count.min(buffer.len())]);
        }
        self.content.consume(count);
    }
}

fn breaks(bytes: &[u8]) -> u64 {
    bytes.iter().map(|&byte| u64::from(byte == b'\n')).sum()
}

/// Gives `key` and `value` of an attribute's tag to `take`; a tag that lacks one says nothing.
fn with_attribute(
    tag: &BytesStart<'_>,
    take: impl FnOnce(&str, &str) -> Result<(), Problem>,
) -> Result<(), Problem> {
    let (mut key, mut value) = (None, None);
    for attribute in tag.attributes().with_checks(false) {
        let attribute = attribute.map_err(|error| broken(error.into()))?;
        let place = match attribute.key.as_ref() {
            "key" => &mut key,
            "value" => &mut value,
            _ => continue,
        };
        *place = Some(attribute.normalized_value(XmlVersion::Implicit1_0).map_err(broken)?);
    }
    match (key, value) {
        (Some(key), Some(value)) => take(&key, &value),
        _ => Ok(()),
    }
}

fn time(key: &'static str, text: &str) -> Result<Timestamp, Problem> {
    text.parse().map_err(|error| Problem::Time { key, error })
}

/// What the XML reader says, in our words where it would say where it is itself.
fn broken(error: XmlError) -> Problem {
    match error {
        XmlError::Io(error) => {
            // The reader shares its errors; what is in them is kept by its text and kind.
            match super::content::gzip_error(&error) {
                Some(gzip) => Problem::Gzip(gzip),
                None => Problem::File(io::Error::new(error.kind(), error.to_string())),
            }
        }
        XmlError::Syntax(error) => Problem::Xml(error.to_string()),
        XmlError::IllFormed(error) => Problem::Xml(error.to_string()),
        XmlError::InvalidAttr(error) => Problem::Xml(error.to_string()),
        other => Problem::Xml(other.to_string()),
    }
}
