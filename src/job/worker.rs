//! The worker: one thread that owns devices and models and runs one job after another.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};

use super::control::Control;
use super::event::{Event, JobId, Outcome, Tagged};
use super::reporter::{Channel, Reporter};
use crate::error::{Error, Result};

/// Work that the worker can run.
pub trait Task: Send + 'static {
    /// What it gives.
    type Output: Send + 'static;
    /// Does the work on the worker's thread.
    fn run(self, control: &Control, reporter: &mut Reporter) -> Result<Self::Output>;
}

/// Events that wait for a listener before the reporter begins to gather them.
const CAPACITY: usize = 64;

/// A thread that runs tasks in the order in which they come. Dropping it cancels the running job and waits for it.
pub struct Worker<T: Task> {
    requests: Option<Sender<(JobId, T, Control)>>,
    events: Option<Receiver<Tagged<T::Output>>>,
    current: Vec<Control>,
    next: u64,
    thread: Option<JoinHandle<()>>,
}

impl<T: Task> Worker<T> {
    /// Starts the thread.
    pub fn start() -> Self {
        let (requests, inbox) = unbounded::<(JobId, T, Control)>();
        let (outbox, events) = bounded(CAPACITY);
        let thread = std::thread::Builder::new()
            .name("worker".into())
            .spawn(move || {
                for (id, task, control) in inbox {
                    run(id, task, &control, &outbox);
                }
            })
            .ok();
        Self { requests: Some(requests), events: Some(events), current: Vec::new(), next: 1, thread }
    }

    /// Queues a task; the control steers it.
    pub fn submit(&mut self, task: T) -> (JobId, Control) {
        let id = JobId(self.next);
        self.next += 1;
        let control = Control::new();
        // The control of a job that is over, and that nobody steers any more, has no other holder left.
        self.current.retain(|c| !c.is_sole());
        self.current.push(control.clone());
        if let Some(requests) = &self.requests {
            // Fails only when the thread is gone, and then `events` is closed too, which is how a listener learns it.
            let _ = requests.send((id, task, control.clone()));
        }
        (id, control)
    }

    /// Where the events come in. Closed once the thread is gone.
    pub fn events(&self) -> &Receiver<Tagged<T::Output>> {
        // `events` is taken only in `drop`.
        self.events.as_ref().expect("the worker is alive")
    }
}

impl<T: Task> Drop for Worker<T> {
    fn drop(&mut self) {
        self.current.iter().for_each(Control::cancel);
        self.requests = None;
        self.events = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn run<T: Task>(job: JobId, task: T, control: &Control, outbox: &Sender<Tagged<T::Output>>) {
    // Sends fail only when nobody listens any more.
    let _ = outbox.send(Tagged { job, event: Event::Started });
    let result = {
        let mut reporter = Reporter::new(Box::new(Channel { job, sender: outbox.clone() }));
        catch_unwind(AssertUnwindSafe(|| {
            control.check_whole()?;
            task.run(control, &mut reporter)
        }))
    };
    let outcome = match result {
        Ok(Ok(output)) => Outcome::Done(output),
        Ok(Err(Error::Cancelled)) => Outcome::Cancelled,
        Ok(Err(error)) => Outcome::Failed(error),
        Err(panic) => Outcome::Failed(Error::Panicked(panic_text(panic.as_ref()))),
    };
    let _ = outbox.send(Tagged { job, event: Event::Finished(outcome) });
}

/// What a panic said.
pub(crate) fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|s| (*s).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "unknown reason".to_owned())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::job::{Metric, StepMetric};

    enum Try {
        Answer(u32),
        Panic,
        Forever,
        Metrics(u64),
    }

    impl Task for Try {
        type Output = u32;
        fn run(self, control: &Control, reporter: &mut Reporter) -> Result<u32> {
            match self {
                Self::Answer(x) => Ok(x),
                Self::Panic => panic!("out of cheese"),
                Self::Forever => loop {
                    control.check()?;
                    reporter.advance(1);
                    std::thread::sleep(Duration::from_millis(1));
                },
                Self::Metrics(n) => {
                    for step in 1..=n {
                        reporter.metric(Metric::Step(StepMetric { step, train_loss: 0.0, lr: 0.1 }));
                        reporter.flush();
                    }
                    Ok(0)
                }
            }
        }
    }

    fn end(worker: &Worker<Try>, job: JobId) -> Outcome<u32> {
        loop {
            let tagged = worker.events().recv_timeout(Duration::from_secs(10)).expect("a terminal event comes");
            if let (true, Event::Finished(outcome)) = (tagged.job == job, tagged.event) {
                return outcome;
            }
        }
    }

    #[test]
    fn a_panic_fails_its_job_and_the_next_one_runs() {
        let mut worker = Worker::start();
        let (bad, _) = worker.submit(Try::Panic);
        let (good, _) = worker.submit(Try::Answer(7));
        assert!(matches!(end(&worker, bad), Outcome::Failed(Error::Panicked(m)) if m == "out of cheese"));
        assert!(matches!(end(&worker, good), Outcome::Done(7)));
    }

    #[test]
    fn cancelled_is_an_outcome_and_reaches_a_queued_job_too() {
        let mut worker = Worker::start();
        let (first, control) = worker.submit(Try::Forever);
        let (second, queued) = worker.submit(Try::Answer(1));
        queued.cancel();
        control.cancel();
        assert!(matches!(end(&worker, first), Outcome::Cancelled));
        assert!(matches!(end(&worker, second), Outcome::Cancelled));
    }

    #[test]
    fn a_slow_listener_loses_no_metric_and_gets_the_end() {
        let mut worker = Worker::start();
        let n = 10 * CAPACITY as u64;
        let (job, _) = worker.submit(Try::Metrics(n));
        std::thread::sleep(Duration::from_millis(50));
        let mut steps = Vec::new();
        loop {
            match worker.events().recv_timeout(Duration::from_secs(10)).expect("a terminal event comes").event {
                Event::Metrics(batch) => steps.extend(batch.into_iter().map(|m| match m {
                    Metric::Step(s) => s.step,
                    Metric::Epoch(_) => 0,
                })),
                Event::Finished(Outcome::Done(_)) => break,
                _ => {}
            }
        }
        assert_eq!(steps, (1..=n).collect::<Vec<_>>(), "job {job:?}");
    }

    #[test]
    fn dropping_the_worker_ends_a_job_that_nobody_listens_to() {
        let mut worker = Worker::start();
        worker.submit(Try::Forever);
        std::thread::sleep(Duration::from_millis(10));
        drop(worker);
    }
}
