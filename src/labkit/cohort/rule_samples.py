"""What trainees' YARA rules are tried on, worked out again from the course key when it is needed."""

from collections.abc import Mapping

from labkit.cohort.keys import ClassKeys
from labkit.content.reader import Library
from labkit.content.scenario import load_case
from labkit.content.schemas import YaraAnswer
from labkit.grading.yara_trial import SampleSets
from labkit.model.scenario import CaseScenario
from labkit.synthesis.samples.rule_samples import RuleSamples


class ClassSamples:
    """The sets of samples of a class. Cases without a YARA task have none, and are not even read."""

    def __init__(self, library: Library, course: str, keys: ClassKeys) -> None:
        exercises = library.exercises_of(course)
        asking = {each.case for each in exercises for task in each.tasks if isinstance(task.answer, YaraAnswer)}
        self._course = course
        self._keys = keys
        self._cases: Mapping[str, CaseScenario] = {case: load_case(case, library.root) for case in sorted(asking)}

    def of(self, trainee_id: str) -> Mapping[str, SampleSets]:
        """Return where the samples of one trainee come from, by case. Nothing is made before it is asked for."""
        return {
            slug: RuleSamples(
                case, self._keys.seed(self._course, slug, trainee_id), self._keys.shared_seed(self._course, slug)
            )
            for slug, case in self._cases.items()
        }
