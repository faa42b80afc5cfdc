//! Timelines: what they hold, that it fits together, and where they end up.

#[path = "trace/ends.rs"]
mod ends;
#[path = "trace/files.rs"]
mod files;
#[path = "trace/holds.rs"]
mod holds;
#[path = "trace/timeline.rs"]
mod timeline;

use mainspring::runtime::{Recorder, Runtime};
use tests::Kind;
use timeline::Timeline;

/// Runs `program` on a traced runtime to its end, and returns the timeline, which fits together.
fn timeline_of(kind: Kind, program: impl FnOnce(&Runtime)) -> Timeline {
    let recorder = Recorder::new();
    let runtime = kind.builder().trace(recorder.clone()).build().unwrap();
    program(&runtime);
    drop(runtime);
    let timeline = Timeline::of(&recorder.json());
    timeline.fits_together();
    timeline
}
