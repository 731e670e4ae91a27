"""The run doctor: findings about a run from its own record, each with evidence, an explanation and a fix.

from ganlab.analysis.doctor import examine
for finding in examine(run): print(finding.title, finding.fix)
"""

from __future__ import annotations

from ganlab.analysis.doctor.examination import all_clear, examine, read
from ganlab.analysis.doctor.finding import Evidence, Finding

__all__ = ["Evidence", "Finding", "all_clear", "examine", "read"]
