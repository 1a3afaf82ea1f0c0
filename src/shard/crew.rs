//! Threads beside the workers, for work that the merger would otherwise do itself while the workers wait for
//! it. The merger hands out jobs and gets their results as they are done; keeping them in order is up to the
//! merger.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Condvar, Mutex, PoisonError};

use super::board::ShardId;
use super::worker::guarded;
use crate::error::{Code, Error, Result};

/// Jobs that nobody has taken yet.
struct Jobs<T> {
    /// The jobs with their numbers, and whether no more will come.
    state: Mutex<(VecDeque<(usize, T)>, bool)>,
    changed: Condvar,
}

impl<T> Jobs<T> {
    fn with<R>(&self, change: impl FnOnce(&mut (VecDeque<(usize, T)>, bool)) -> R) -> R {
        let result = change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.notify_all();
        result
    }

    /// Waits for the next job; `None` if no more will come.
    fn next(&self) -> Option<(usize, T)> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if state.1 {
                return None;
            }
            if let Some(job) = state.0.pop_front() {
                return Some(job);
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Ends the threads of the crew, however the run ends. Jobs that were not begun are dropped.
struct EndOnDrop<'j, T>(&'j Jobs<T>);

impl<T> Drop for EndOnDrop<'_, T> {
    fn drop(&mut self) {
        let given_up = self.0.with(|(jobs, closed)| {
            *closed = true;
            std::mem::take(jobs)
        });
        drop(given_up);
    }
}

/// Gives jobs to the crew and takes their results.
pub struct Crew<'j, T, R> {
    jobs: &'j Jobs<T>,
    work: &'j (dyn Fn(T) -> Result<R> + Sync),
    results: Receiver<(usize, Result<R>)>,
    /// Results, if there are no threads and each job is done as it is given.
    own: Option<VecDeque<(usize, Result<R>)>>,
    given: usize,
    taken: usize,
}

impl<T, R> Crew<'_, T, R> {
    /// Gives a job, and returns its number, from 0.
    pub fn give(&mut self, job: T) -> usize {
        let number = self.given;
        self.given += 1;
        match &mut self.own {
            Some(own) => own.push_back((number, done(self.work, number, job))),
            None => self.jobs.with(|(jobs, _)| jobs.push_back((number, job))),
        }
        number
    }

    /// The result of a job, if one is done by now.
    pub fn poll(&mut self) -> Option<(usize, Result<R>)> {
        let result = match &mut self.own {
            Some(own) => own.pop_front()?,
            None => self.results.try_recv().ok()?,
        };
        self.taken += 1;
        Some(result)
    }

    /// The result of a job; `None` if all results were taken. Rather than wait, the calling thread does a job
    /// that nobody has begun.
    ///
    /// # Errors
    /// If the threads of the crew have ended.
    pub fn help(&mut self) -> Result<Option<(usize, Result<R>)>> {
        if let Some(result) = self.poll() {
            return Ok(Some(result));
        }
        if self.taken == self.given {
            return Ok(None);
        }
        let result = match self.jobs.with(|(jobs, _)| jobs.pop_front()) {
            Some((number, job)) => (number, done(self.work, number, job)),
            None => self.results.recv().map_err(|_| Error::new(Code::Worker, "a thread ended early"))?,
        };
        self.taken += 1;
        Ok(Some(result))
    }
}

/// The result of a job; a panic is an error.
fn done<T, R>(work: &dyn Fn(T) -> Result<R>, number: usize, job: T) -> Result<R> {
    guarded(ShardId(number), || work(job)).map_err(|(_, error)| error)
}

/// Runs `run`, and beside it `hands` threads that do `work` for each job that it gives. With no threads, each
/// job is done where it is given.
pub fn with_crew<T: Send, R: Send, O>(
    hands: usize,
    work: impl Fn(T) -> Result<R> + Sync,
    run: impl FnOnce(Crew<'_, T, R>) -> O,
) -> O {
    let jobs = Jobs { state: Mutex::new((VecDeque::new(), false)), changed: Condvar::new() };
    let (sender, results) = channel();
    std::thread::scope(|scope| {
        let _end = EndOnDrop(&jobs);
        for _ in 0..hands {
            let (sender, jobs, work) = (sender.clone(), &jobs, &work);
            scope.spawn(move || {
                while let Some((number, job)) = jobs.next() {
                    if sender.send((number, done(work, number, job))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        let own = (hands == 0).then(VecDeque::new);
        run(Crew { jobs: &jobs, work: &work, results, own, given: 0, taken: 0 })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_job_comes_back_once_with_its_number() {
        for hands in [0, 1, 3] {
            let mut seen = with_crew(
                hands,
                |job: usize| Ok(job * 2),
                |mut crew| {
                    let mut seen = Vec::new();
                    for job in 0..50 {
                        assert_eq!(crew.give(job), job);
                        seen.extend(crew.poll());
                    }
                    while let Some(result) = crew.help().unwrap() {
                        seen.push(result);
                    }
                    assert!(crew.help().unwrap().is_none());
                    seen
                },
            );
            seen.sort_by_key(|(number, _)| *number);
            assert!(
                seen.into_iter().map(|(at, result)| (at, result.unwrap())).eq((0..50).map(|at| (at, at * 2)))
            );
        }
    }

    #[test]
    fn a_panic_is_an_error_and_what_was_not_begun_is_given_up() {
        let work = |job: usize| match job {
            0 => panic!("on purpose"),
            _ => Ok(job),
        };
        for hands in [0, 1, 3] {
            let error = with_crew(hands, work, |mut crew| {
                crew.give(0);
                let (_, result) = crew.help().unwrap().unwrap();
                // Nobody waits for these.
                assert_eq!((1..10).map(|job| crew.give(job)).last(), Some(9));
                result.unwrap_err()
            });
            assert!(error.code() == Code::Internal && error.to_string().contains("on purpose"), "{error}");
        }
    }
}
