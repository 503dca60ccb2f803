"""Words of the pages, in two languages."""

from collections.abc import Mapping

KINDS: Mapping[str, str] = {
    "identified": "identified / обнаружено", "seized": "seized / изъято", "packaged": "packed / упаковано",
    "sealed": "sealed / опечатано", "unsealed": "unsealed / вскрыто", "resealed": "resealed / опечатано вновь",
    "released": "released / передано", "received": "received / принято", "stored": "stored / помещено на хранение",
    "checked_out": "checked out / выдано", "returned": "returned / возвращено",
    "transported": "transported / перевезено",
    "photographed": "photographed / сфотографировано",
    "live_action": "work on the running device / работа на включённом устройстве",
    "acquired": "acquired / снят образ", "verified": "verified / проверено", "copied": "copied / скопировано",
    "analysed": "analysed / исследовано", "reported": "reported / составлен отчёт", "disclosed": "disclosed / раскрыто",
    "corrected": "corrected / исправлено",
}  # fmt: skip
ROLE_NAMES: Mapping[str, str] = {
    "DEFR": "first responder / сотрудник на месте", "investigator": "investigator / следователь",
    "specialist": "specialist / специалист", "attesting_witness": "attesting witness / понятой",
    "courier": "courier / курьер", "custodian": "custodian / хранитель", "examiner": "examiner / эксперт",
    "prosecutor": "prosecutor / прокурор", "defence": "defence / защитник",
}  # fmt: skip
SEAL_STATES: Mapping[str, str] = {
    "intact": "intact / цела", "new": "new / новая", "removed": "removed / снята", "broken": "broken / повреждена"
}  # fmt: skip
DIGEST_OF: Mapping[str, str] = {
    "media": "medium / носитель", "container": "container / контейнер", "file": "file / файл",
    "memory": "memory / память",
}  # fmt: skip
STAGES: Mapping[str, str] = {
    "source_pre": "the source itself / сам источник", "image": "image made / при снятии образа",
    "verify": "verification / проверка", "workcopy": "copy made / при копировании",
}  # fmt: skip
