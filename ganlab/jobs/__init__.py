"""Background jobs: long work that is no training, in a process of its own, kept in a folder that every screen can read."""

from ganlab.jobs.job import Job, Status, jobs
from ganlab.jobs.worker import launch, work

__all__ = ["Job", "Status", "jobs", "launch", "work"]
