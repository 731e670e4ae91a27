"""Background jobs: long work that is no training, in a process of its own, kept in a folder that every screen can read."""

from ganlab.analysis.jobs.job import Job, Status, jobs
from ganlab.analysis.jobs.worker import launch, work

__all__ = ["Job", "Status", "jobs", "launch", "work"]
