"""Short words that are names of their own, although they are one letter from another such word: date and data. Data."""

from __future__ import annotations

_WORDS = (
    "add age arg args back base bind body bold book bool bottom box build byte call case cast cell chat child city "
    "class clean clear clone close code col color column copy cost count cross data date day days dead deal dealt "
    "depth dest diff dim dir done draw drop edge else end enter entry even event face fact fail fall fast fetch "
    "field file fill filled final find fine fire first fit flag flat float flow font food foot force fork form "
    "format found frame free from full game get goal good group grow half hand handle hard hash head heap heat "
    "hide high hint hold home hook host hour icon idea index inner input item join jump keep kept key keys kind "
    "lane large last late lead leaf least left lend length less let level lift light like limit line link list "
    "live load local lock long look loop lose lost main make mark mask match max mean menu merge min mode model "
    "month more mouse move name near need new next nice night node none note now null odd offset old only open "
    "order outer owner page pair part pass past patch path peek pick pile ping place plan plane play point pool "
    "pop port pose post pow power press prev price pride prime print prize pull pure push put queue quiet quit "
    "quite range rank rate raw read real reset rest result right ring role root rope round route row rows rule "
    "run safe same save scale scope score seat seed seek seen send sent set shape share shift short show side "
    "sign site size skip slice slot slow small sort sound space spare speed spin split stack stage stale start "
    "stat state step stop store sum swap tab table tag tail take talk tall task team tell test text then tick "
    "tile till time title toggle token top total touch town tree trim trip true tune turn type unit update upper "
    "use used user value view visit wait wake walk want week weight width wild will wind window wire word work "
    "world wrap write year yield zone zoom handler number writer reader reverse lower upload download"
)
COMMON_WORDS = frozenset(_WORDS.split())
