"""The run doctor: findings about a run from its own record, each of a kind, with evidence and a fix.

from ganlab.analysis.doctor import examine
for finding in examine(run): print(finding.kind, finding.fix)
"""

from __future__ import annotations

from ganlab.analysis.doctor.examination import examine, read
from ganlab.analysis.doctor.finding import Evidence, Finding

__all__ = ["Evidence", "Finding", "examine", "read"]
