//! The file, byte for byte.

use super::*;
use crate::base::clock::Clock;
use crate::runtime::recording::{Budget, Recording};
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

fn recording(clock: &Clock) -> Recording {
    let budget = Arc::new(Budget::new(100));
    Recording::new(1, 1, "test", clock.clone(), budget)
}

fn text(runtimes: &[Snapshot]) -> String {
    let mut bytes = Lines::HEAD.to_vec();
    let mut lines = Lines::new(&mut bytes, true);
    let mut dropped = 0;
    for runtime in runtimes {
        write(&mut lines, runtime, 100).unwrap();
        dropped += runtime.dropped;
    }
    lines.end(&other(dropped, 100)).unwrap();
    String::from_utf8(bytes).unwrap()
}

/// The lines with events, without this file's lines and this thread's name.
fn lines(recording: &Recording) -> Vec<String> {
    let text = text(&[recording.snapshot()]);
    let here = text.split("timeline_tests.rs:").nth(1).and_then(|rest| rest.split('"').next());
    let text = here.map_or(text.clone(), |here| text.replace(here, "1:1"));
    let name = std::thread::current().name().unwrap_or("thread").to_owned();
    let text = text.replace(&name, "me").replace(&here_is(), "here");
    let lines = text.lines().skip(1).filter(|line| !line.starts_with("]"));
    lines.map(|line| line.trim_end_matches(',').to_owned()).collect()
}

fn here_is() -> String {
    Location::caller().file().to_owned()
}

#[test]
fn a_file_without_events_is_one_all_the_same() {
    let empty = "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n],\"otherData\":{\
                 \"format\":\"mainspring 1\",\"dropped\":0,\"limit\":100}}\n";
    assert_eq!(text(&[]), empty);
}

#[test]
fn a_task_sleeps_and_is_woken() {
    let clock = Clock::paused();
    let recording = recording(&clock);
    let spawned = Location::caller();
    let note = |event| recording.note(event, || None);
    let (task, of) = (77, 1);
    recording.name_task(task, "a \"b\"\n");
    for event in [
        Event::Spawn { task, of, spawned },
        Event::PollStart { task, of },
        Event::PollEnd { task, ready: false },
        Event::Park,
    ] {
        note(event);
    }
    clock.advance_by(Duration::from_nanos(2_500_001)).unwrap();
    for event in [
        Event::Timer { due: 2 },
        Event::Wake { task, of },
        // Of no task that was spawned here.
        Event::Wake { task: 5, of },
        Event::Unpark,
        Event::PollStart { task, of },
        Event::PollEnd { task, ready: false },
    ] {
        note(event);
    }
    clock.advance_by(Duration::from_micros(1)).unwrap();
    note(Event::PollStart { task, of });
    let expected = r#"
{"ph":"M","pid":1,"tid":0,"name":"process_name","args":{"name":"runtime 1 (test)"}}
{"ph":"M","pid":1,"tid":1,"name":"thread_name","args":{"name":"me"}}
{"ph":"M","pid":1,"tid":1,"name":"thread_sort_index","args":{"sort_index":1}}
{"ph":"i","pid":1,"tid":1,"cat":"spawn","name":"spawn task 1 (a \"b\"\u000a)"
  ,"s":"t","ts":0.000
  ,"args":{"task":1,"by":"me","label":"a \"b\"\u000a","spawned":"here:1:1"}}
{"ph":"X","pid":1,"tid":1,"cat":"poll","name":"task 1 (a \"b\"\u000a)"
  ,"ts":0.000,"dur":0.000,"args":{"task":1,"poll":1,"ready":false,"spawned":"here:1:1"}}
{"ph":"s","pid":1,"tid":1,"cat":"spawn","name":"spawn","id":1,"ts":0.000}
{"ph":"f","pid":1,"tid":1,"cat":"spawn","name":"spawn","id":1,"bp":"e","ts":0.000}
{"ph":"X","pid":1,"tid":1,"cat":"park","name":"parked","ts":0.000,"dur":2500.001,"args":{}}
{"ph":"i","pid":1,"tid":1,"cat":"timer","name":"timer"
  ,"s":"t","ts":2500.001,"args":{"due":2000.000}}
{"ph":"i","pid":1,"tid":1,"cat":"wake","name":"wake task 1 (a \"b\"\u000a)"
  ,"s":"t","ts":2500.001,"args":{"task":1,"by":"timer"}}
"#;
    let lines = lines(&recording);
    let (first, rest) = lines.split_at(10);
    // What is indented belongs to the line before.
    let expected = expected.trim().replace("\n  ", "");
    assert_eq!(first, expected.lines().collect::<Vec<_>>());
    let rest: Vec<_> = rest.iter().filter(|line| !line.starts_with("{\"ph\":\"f\"")).collect();
    let has = |line: usize, what: &str| assert!(rest[line].contains(what), "{}", rest[line]);
    has(0, "\"poll\":2,\"ready\":false");
    has(1, "{\"ph\":\"s\",\"pid\":1,\"tid\":1,\"cat\":\"wake\",\"name\":\"wake\",\"id\":2,");
    has(2, "\"cat\":\"again\"");
    has(3, "\"ts\":2501.001,\"dur\":0.000,\"args\":{\"task\":1,\"poll\":3,\"unfinished\":true,");
    has(4, "\"id\":3");
    assert_eq!(rest.len(), 5);
}

/// A join is woken after the poll; its arrow begins inside, or nobody would draw it.
#[test]
fn the_end_of_a_task_is_the_cause_of_what_it_wakes() {
    let clock = Clock::paused();
    let recording = recording(&clock);
    let (spawned, of) = (Location::caller(), 1);
    let note = |event| recording.note(event, || None);
    for task in [10, 20] {
        note(Event::Spawn { task, of, spawned });
    }
    note(Event::PollStart { task: 10, of });
    clock.advance_by(Duration::from_nanos(500)).unwrap();
    note(Event::PollEnd { task: 10, ready: true });
    clock.advance_by(Duration::from_nanos(100)).unwrap();
    note(Event::Wake { task: 20, of });
    note(Event::PollStart { task: 20, of });
    note(Event::PollEnd { task: 20, ready: true });
    let lines = lines(&recording);
    let wake = lines.iter().find(|line| line.contains("\"cat\":\"wake\"")).unwrap();
    assert!(wake.contains("\"ts\":0.600,\"args\":{\"task\":2,\"by\":1}"), "{wake}");
    let arrow = "\"cat\":\"wake\",\"name\":\"wake\",\"id\":2,\"ts\":0.499}";
    assert!(lines.iter().any(|line| line.ends_with(arrow)), "{lines:?}");
}

/// The end of a runtime fires what is armed; that is no timer that was due.
#[test]
fn what_the_end_fires_is_no_timer() {
    let recording = recording(&Clock::paused());
    let (task, of, spawned) = (1, 1, Location::caller());
    for event in [
        Event::Spawn { task, of, spawned },
        Event::Timer { due: 1 },
        Event::Wake { task, of },
        Event::Ready { index: 3, bits: Ready::ALL.bits() },
        Event::Wake { task, of },
    ] {
        recording.note(event, || None);
    }
    let lines = lines(&recording);
    assert!(!lines.iter().any(|line| line.contains("\"cat\":\"timer\"")), "{lines:?}");
    assert!(lines[4].contains("\"by\":\"end\""), "{lines:?}");
    let ready = "\"source\":3,\"ready\":[\"readable\",\"writable\",\"read closed\",\
                 \"write closed\",\"priority\",\"error\"]";
    assert!(lines[5].contains(ready), "{lines:?}");
    assert!(lines[6].contains("\"by\":\"io\""), "{lines:?}");
}

/// Worker n is lane n + 1; who stands in for it comes after the workers.
#[test]
fn lanes_are_numbered() {
    let recording = recording(&Clock::paused());
    for worker in [Some(1), Some(1), None, Some(0)] {
        std::thread::scope(|scope| {
            scope.spawn(|| recording.note(Event::Park, || worker)).join().unwrap();
        });
    }
    let text = text(&[recording.snapshot()]);
    for (tid, name) in [(1, "worker 0"), (2, "worker 1"), (3, "thread"), (4, "thread")] {
        let name =
            format!("\"tid\":{tid},\"name\":\"thread_name\",\"args\":{{\"name\":\"{name}\"}}");
        assert!(text.contains(&name), "{name} in {text}");
    }
}
