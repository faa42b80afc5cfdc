//! A timeline, read back; and what is true of every one.

use serde_json::Value;
use std::collections::{BTreeMap, HashMap, HashSet};

pub struct Timeline {
    pub whole: Value,
    /// In the order of the file.
    pub events: Vec<Event>,
}

/// One line of the file.
#[derive(Debug, Clone)]
pub struct Event {
    /// Where in the file.
    pub place: usize,
    pub ph: String,
    pub cat: String,
    pub name: String,
    pub lane: (u64, u64),
    /// In nanoseconds.
    pub start: u64,
    pub end: u64,
    pub args: Value,
    pub id: Option<u64>,
}

fn nanoseconds(value: &Value) -> u64 {
    (value.as_f64().expect("a time is a number") * 1000.0).round() as u64
}

impl Event {
    fn of(place: usize, value: &Value) -> Self {
        let text = |key: &str| value[key].as_str().unwrap_or_default().to_owned();
        let number = |key: &str| value[key].as_u64().expect("an event has a lane");
        let ph = text("ph");
        let start = if ph == "M" { 0 } else { nanoseconds(&value["ts"]) };
        let took = if ph == "X" { nanoseconds(&value["dur"]) } else { 0 };
        Self {
            place,
            cat: text("cat"),
            name: text("name"),
            lane: (number("pid"), number("tid")),
            start,
            end: start + took,
            args: value["args"].clone(),
            id: value["id"].as_u64(),
            ph,
        }
    }

    pub fn task(&self) -> u64 {
        self.args["task"].as_u64().unwrap_or_else(|| panic!("of no task: {self:?}"))
    }

    pub fn is_slice(&self) -> bool {
        self.ph == "X"
    }
}

impl Timeline {
    pub fn of(text: &str) -> Self {
        let whole: Value = serde_json::from_str(text).expect("it is JSON");
        let list = whole["traceEvents"].as_array().expect("it has events");
        let events = list.iter().enumerate().map(|(place, event)| Event::of(place, event));
        Self { events: events.collect(), whole }
    }

    /// Of that kind, without its arrows.
    pub fn cat<'a>(&'a self, cat: &'a str) -> impl DoubleEndedIterator<Item = &'a Event> {
        let of = move |event: &&Event| event.cat == cat && matches!(&*event.ph, "i" | "X");
        self.events.iter().filter(of)
    }

    pub fn polls(&self, task: u64) -> Vec<&Event> {
        self.events.iter().filter(|event| event.is_slice() && event.args["task"] == task).collect()
    }

    /// The number of the task with that name.
    #[track_caller]
    pub fn named(&self, name: &str) -> u64 {
        let spawn = self.cat("spawn").find(|event| event.args["label"] == name);
        spawn.unwrap_or_else(|| panic!("no {name}")).task()
    }

    /// What a lane is called.
    pub fn lane(&self, lane: (u64, u64)) -> String {
        let named = |event: &&Event| event.name == "thread_name" && event.lane == lane;
        let name = self.events.iter().find(named).map(|event| &event.args["name"]);
        name.and_then(Value::as_str).unwrap_or_else(|| panic!("{lane:?} has no name")).to_owned()
    }

    /// What is true of every timeline.
    #[track_caller]
    pub fn fits_together(&self) {
        self.lanes_have_names();
        self.slices_of_a_lane_do_not_overlap();
        self.tasks_are_spawned_before_all_else();
        self.polls_are_counted();
        self.arrows_lead_to_polls();
    }

    fn lanes_have_names(&self) {
        for event in self.events.iter().filter(|event| event.ph != "M" && event.lane.1 != 0) {
            self.lane(event.lane);
        }
    }

    /// A slice is after the one before it on its lane, or wholly inside of it.
    fn slices_of_a_lane_do_not_overlap(&self) {
        let mut open: HashMap<(u64, u64), Vec<&Event>> = HashMap::new();
        let mut last = HashMap::new();
        for event in self.events.iter().filter(|event| matches!(&*event.ph, "X" | "i")) {
            let before = last.insert(event.lane.0, event.start).unwrap_or(0);
            assert!(before <= event.start, "not in the order of time: {event:?}");
            if !event.is_slice() {
                continue;
            }
            let stack = open.entry(event.lane).or_default();
            while stack.last().is_some_and(|above| above.end <= event.start) {
                stack.pop();
            }
            if let Some(above) = stack.last() {
                assert!(event.end <= above.end, "{event:?} begins inside of {above:?}");
                // A block_on inside of a poll, or a closure that stands in for a worker.
                let may_be = event.name == "block_on" || above.cat == "blocking";
                assert!(may_be, "{event:?} is inside of {above:?}");
            }
            stack.push(event);
        }
    }

    fn tasks_are_spawned_before_all_else(&self) {
        let mut spawned: BTreeMap<u64, HashSet<u64>> = BTreeMap::new();
        for event in self.events.iter().filter(|event| event.args["task"].is_u64()) {
            let known = spawned.entry(event.lane.0).or_default();
            if event.cat == "spawn" {
                assert_eq!(
                    event.task(),
                    known.len() as u64 + 1,
                    "numbered in the order of spawning"
                );
                known.insert(event.task());
            }
            let known = event.task() == 0 || known.contains(&event.task());
            assert!(known, "comes before its task: {event:?}");
        }
    }

    fn polls_are_counted(&self) {
        let mut polls: HashMap<(u64, u64), (u64, bool)> = HashMap::new();
        for event in self.events.iter().filter(|event| event.is_slice() && event.cat == "poll") {
            if event.task() == 0 {
                continue;
            }
            let (count, ended) = polls.entry((event.lane.0, event.task())).or_default();
            assert!(!*ended, "polled after its end: {event:?}");
            *count += 1;
            assert_eq!(event.args["poll"], *count);
            *ended = event.args["ready"] == true;
        }
    }

    fn arrows_lead_to_polls(&self) {
        let mut begun = HashMap::new();
        for event in &self.events {
            match &*event.ph {
                "s" => {
                    let key = (event.lane.0, event.id.expect("an arrow has a number"));
                    assert!(begun.insert(key, event).is_none(), "two arrows are {key:?}");
                }
                "f" => {
                    let key = (event.lane.0, event.id.expect("an arrow has a number"));
                    let from = begun.remove(&key).expect("an arrow begins before it ends");
                    assert!(from.start <= event.start);
                    let to = |slice: &&Event| {
                        slice.is_slice() && slice.lane == event.lane && slice.start == event.start
                    };
                    assert!(self.events.iter().any(|e| to(&e)), "it leads nowhere: {event:?}");
                }
                _ => {}
            }
        }
        assert!(begun.is_empty(), "{begun:?}");
    }
}
