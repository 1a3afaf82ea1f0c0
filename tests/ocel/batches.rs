//! Where batches end: what waits for a row group is decided on by batches, so they must not depend on how text comes.

use logflow::error::Result;
use logflow::model::table::{BadRow, RawRows};
use logflow::text::ocel::Ocel;
use logflow::text::{Exit, Flow, PIECE, RowSink, Skim, TextFormat, TextSlice};

use super::harness::run;

/// Where each batch ends, of which table it is and how many rows it has.
#[derive(Default)]
struct Ends(Vec<(u64, usize, usize)>);

impl RowSink for Ends {
    fn rows(&mut self, rows: &RawRows<'_>) -> Result<Flow> {
        self.0.push((rows.base + rows.text.len() as u64, rows.slot.table, rows.rows()));
        Ok(Flow::Continue)
    }

    fn bad(&mut self, _: BadRow, _: &[u8]) -> Result<Flow> {
        Ok(Flow::Continue)
    }
}

fn of_mapped(ocel: &Ocel, bytes: &[u8]) -> Vec<(u64, usize, usize)> {
    let mut ends = Ends::default();
    run(ocel, TextSlice { bytes, base: 0, last: true }, ocel.first(), bytes.len() as u64, &mut ends);
    ends.0
}

/// Text is cut as the cutter of a stream cuts it.
fn of_pieces(ocel: &Ocel, bytes: &[u8]) -> Vec<(u64, usize, usize)> {
    let (mut ends, mut at) = (Ends::default(), ocel.first());
    while (at.at as usize) < bytes.len() {
        let text = TextSlice { bytes, base: 0, last: true };
        let (Exit::Done(next), _) = run(ocel, text, at, at.at + PIECE as u64, &mut Skim) else { panic!() };
        let piece = TextSlice { bytes: &bytes[at.at as usize..next.at as usize], base: at.at, last: true };
        run(ocel, piece, at, next.at, &mut ends);
        at = next;
    }
    ends.0
}

#[test]
fn batches_of_a_mapped_text_are_those_of_its_pieces() {
    // Records of a few bytes, of which a batch has as many as it may, and longer ones, of which it has as much text as it may.
    for (records, note) in [(20_000, String::new()), (6_000, "a note that goes on for a while ".repeat(20))] {
        let mut text = String::from("{\"events\": [\n");
        for at in 0..records {
            let (comma, note) = (if at == 0 { "" } else { "," }, &note[..note.len() * (at % 7) / 7]);
            text += &format!(
                "{comma}{{\"id\":\"e{at}\",\"type\":\"t{}\",\"time\":\"2024-01-01T00:00:00Z\",\"attributes\":[],\"relationships\":[{{\"objectId\":\"o{note}\",\"qualifier\":\"q\"}}]}}\n",
                at % 3
            );
        }
        text += "]}";
        let ocel = super::opened(text.as_bytes());
        let mapped = of_mapped(&ocel, text.as_bytes());
        assert!(text.len() > 2 << 20 && mapped.len() > 8, "{} {}", text.len(), mapped.len());
        assert_eq!(mapped, of_pieces(&ocel, text.as_bytes()));
    }
}
