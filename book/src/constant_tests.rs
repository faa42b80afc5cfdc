use super::*;

const SOURCE: &str = "
const BITS: u32 = if cfg!(loom) { 2 } else { 6 };
const SLOTS: usize = 1 << BITS;
pub(crate) const ROOM: usize = 64 * 1024;
const MANY: u64 = (SLOTS as u64) * 1_000;
const LATE: Duration = Duration::from_millis(2 * 500);
const EARLY: Duration = Duration::from_micros(1500);
const RATE: f64 = 0.5;
const NAME: &str = \"x\";
const CIRCLE: u32 = CIRCLE + 1;
const ELSEWHERE: usize = size_of::<u8>();
const LIST: usize = [1, 2].len();
struct Ring;
impl Ring { const MASK: usize = Self::SIZE - 1; const SIZE: usize = 256; }
";

fn value(name: &str, unit: Option<&str>) -> Result<String, String> {
    named(&Items::read(SOURCE).unwrap(), name, 0).and_then(|value| shown(value, unit))
}

#[test]
fn values_are_computed_from_literals() {
    let of = |name| value(name, None).unwrap();
    assert_eq!(of("BITS"), "6");
    assert_eq!(of("SLOTS"), "64");
    assert_eq!(of("ROOM"), "65\u{a0}536");
    assert_eq!(of("MANY"), "64\u{a0}000");
    assert_eq!(of("LATE"), "1 s");
    assert_eq!(of("EARLY"), "1500 µs");
    assert_eq!(of("RATE"), "0.5");
    assert_eq!(of("Ring::SIZE"), "256");
}

#[test]
fn a_unit_may_be_asked_for() {
    assert_eq!(value("ROOM", Some("KiB")).unwrap(), "64 KiB");
    assert_eq!(value("LATE", Some("ms")).unwrap(), "1000 ms");
    assert!(value("ROOM", Some("MiB")).unwrap_err().contains("no whole number of MiB"));
    assert!(value("ROOM", Some("ms")).unwrap_err().contains("no unit ms"));
}

#[test]
fn what_cannot_be_computed_says_so() {
    assert!(value("NAME", None).unwrap_err().contains("no number"));
    assert!(value("CIRCLE", None).unwrap_err().contains("in a circle"));
    assert!(value("ELSEWHERE", None).unwrap_err().contains("no `Duration::from_…`"));
    assert!(value("LIST", None).unwrap_err().contains("only literals"));
    assert!(value("Ring", None).unwrap_err().contains("no constant"));
    assert!(value("SLOT", None).unwrap_err().contains("nearest: SLOTS"));
}
