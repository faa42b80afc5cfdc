//! rings that are never empty are made equally long.
//!
//! A worker searches when it has nothing. With tasks that yield for ever none has, and what the
//! rings hold by chance they hold for ever: with ten tasks in one and ninety in the other, the ten
//! have nine times the turns. So a worker whose ring has not been empty for a while looks at
//! another's, and takes half of the difference if it is clear.
//!
//! Where tasks come and go the rings become empty, and this never happens: taking from a worker in
//! the middle of its spawning would cost both of them the line of its ring.

#![forbid(unsafe_code)]

use super::worker::Worker;

/// So many looks at the drivers, each after 61 polls, without an empty ring.
const LOOKS: u32 = 64;

impl Worker {
    /// With each look at the drivers: is it time, and is another ring longer?
    pub(super) fn even_out(&self) {
        let looks = self.looks.get() + 1;
        self.looks.set(looks % LOOKS);
        if looks < LOOKS {
            return;
        }
        let remotes = &self.shared().remotes;
        if remotes.len() == 1 {
            return;
        }
        let step = 1 + self.rng.below(remotes.len() as u32 - 1) as usize;
        let other = (self.index + step) % remotes.len();
        let (own, theirs) = (self.remote().ring.len(), remotes[other].ring.len());
        if theirs > own + own / 8 + 4 {
            let stolen = self.steal_from(other, (theirs - own) as u32 / 2);
            stolen.into_iter().for_each(|task| self.push_quietly(task));
        }
    }
}
