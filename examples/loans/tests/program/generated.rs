//! A made-up log of the shape of a real one: most applications short and declined, some with a
//! hundred events; offers, work, and events after the decision. The same seed, the same log.

use std::fmt::Write as _;

/// 2011-10-01T00:00:00Z, in milliseconds.
const BEGIN: u64 = 1_317_427_200_000;

const WORK: [&str; 7] = [
    "W_Afhandelen leads",
    "W_Beoordelen fraude",
    "W_Completeren aanvraag",
    "W_Nabellen incomplete dossiers",
    "W_Nabellen offertes",
    "W_Valideren aanvraag",
    "W_Wijzigen contractgegevens",
];

/// An XES log with this many applications.
pub(crate) fn xes(applications: u64, seed: u64) -> String {
    let mut log = Generator { random: seed, text: String::new(), time: BEGIN };
    log.text.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n<log xes.version=\"1.0\">\n");
    for number in 0..applications {
        log.application(173_688 + 3 * number);
    }
    log.text.push_str("</log>\n");
    log.text
}

struct Generator {
    random: u64,
    text: String,
    time: u64,
}

impl Generator {
    /// A number below `limit`: splitmix64.
    fn below(&mut self, limit: u64) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }

    fn application(&mut self, id: u64) {
        self.time = BEGIN + self.below(150 * 86_400_000);
        let amount = 500 * (1 + self.below(100));
        let _ = writeln!(self.text, "\t<trace>");
        self.attribute(2, "date", "REG_DATE", &timestamp(self.time));
        self.attribute(2, "string", "concept:name", &id.to_string());
        self.attribute(2, "string", "AMOUNT_REQ", &amount.to_string());
        self.activity("A_SUBMITTED");
        self.activity("A_PARTLYSUBMITTED");
        self.life();
        let _ = writeln!(self.text, "\t</trace>");
    }

    /// What comes after an application is filed.
    fn life(&mut self) {
        let fate = self.below(100);
        if fate < 26 {
            return self.activity("A_DECLINED");
        }
        self.work(0, 3);
        let steps = ["A_PREACCEPTED", "A_ACCEPTED", "A_FINALIZED"];
        let way = match fate {
            26..44 => 0,
            44..66 => 1,
            66..68 => 2,
            _ => 3,
        };
        for step in &steps[..way] {
            self.activity(step);
            self.work(2, 5);
        }
        if way == 3 {
            self.offers();
        }
        match fate {
            26..53 => self.activity("A_DECLINED"),
            53..66 | 68..80 => self.activity("A_CANCELLED"),
            80..97 => self.milestones(),
            // Still open.
            _ => return,
        }
        if self.below(2) == 0 {
            self.event(WORK[5], "COMPLETE");
        }
    }

    fn offers(&mut self) {
        for _ in 0..=self.below(3) {
            for step in ["O_SELECTED", "O_CREATED", "O_SENT"] {
                self.activity(step);
            }
            self.work(4, 8);
            if self.below(2) == 0 {
                self.activity("O_SENT_BACK");
                let item = 3 + self.below(3) as usize;
                self.work(item, 12);
            } else {
                self.activity("O_CANCELLED");
            }
        }
    }

    fn milestones(&mut self) {
        let mut left = vec!["A_APPROVED", "A_REGISTERED", "A_ACTIVATED"];
        while !left.is_empty() {
            let next = self.below(left.len() as u64) as usize;
            self.activity(left.swap_remove(next));
        }
    }

    fn work(&mut self, item: usize, sittings: u64) {
        self.event(WORK[item], "SCHEDULE");
        for _ in 0..self.below(sittings + 1) {
            self.event(WORK[item], "START");
            self.event(WORK[item], "COMPLETE");
        }
    }

    fn activity(&mut self, name: &str) {
        self.event(name, "COMPLETE");
    }

    fn event(&mut self, name: &str, lifecycle: &str) {
        self.time += self.below(3_600_000);
        let _ = writeln!(self.text, "\t\t<event>");
        let resource = self.below(80);
        if resource > 5 {
            self.attribute(3, "string", "org:resource", &(10_000 + resource).to_string());
        }
        self.attribute(3, "string", "lifecycle:transition", lifecycle);
        self.attribute(3, "string", "concept:name", name);
        self.attribute(3, "date", "time:timestamp", &timestamp(self.time));
        let _ = writeln!(self.text, "\t\t</event>");
    }

    fn attribute(&mut self, depth: usize, kind: &str, key: &str, value: &str) {
        let indent = "\t".repeat(depth);
        let _ = writeln!(self.text, "{indent}<{kind} key=\"{key}\" value=\"{value}\"/>");
    }
}

fn timestamp(millis: u64) -> String {
    fsm_core::Timestamp::from_micros(millis as i64 * 1_000).to_string()
}
