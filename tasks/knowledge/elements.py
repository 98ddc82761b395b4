"""Questions about the chemical elements, in English and in Chinese.

The names and symbols are mendeleev's; the Chinese names are written here in the order of the atomic numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from items import Fact, Relation, same_group_first, same_group_only, stratum_of

HEAD_ELEMENT, TORSO_ELEMENT, LAST_ELEMENT = 20, 56, 94  # atomic number
MOST_NUMBERS, MOST_NUMBERS_IN_CHINESE = 72, 54  # atomic numbers, in either direction
KNOWN_IN_ANTIQUITY = {"Fe", "Cu", "Ag", "Sn", "Au", "Hg", "Pb"}  # head, whatever their atomic number
# Symbols that are also English words: an answer could not be told from prose.
SYMBOLS_LIKE_WORDS = {"I", "In", "As", "At", "He", "No", "Be", "Am"}
SPELLINGS = {"Aluminum": ("aluminium",), "Cesium": ("caesium",), "Sulfur": ("sulphur",)}

CHINESE = (
    "氢氦锂铍硼碳氮氧氟氖钠镁铝硅磷硫氯氩钾钙钪钛钒铬锰铁钴镍铜锌镓锗砷硒溴氪铷锶钇锆铌钼锝钌铑钯银镉铟锡锑碲碘氙"
    "铯钡镧铈镨钕钷钐铕钆铽镝钬铒铥镱镥铪钽钨铼锇铱铂金汞铊铅铋钋砹氡钫镭锕钍镤铀镎钚"
)
NOT_AN_ANSWER_IN_CHINESE = "金"  # also 'metal', in every sentence about one
# Families on whose members nobody differs: without zinc's column, lanthanum's place, astatine and the like. Nor what is
# as well of another group (platinum metals, coinage metals), nor protactinium, which names the actinides.
FAMILIES = {
    "alkali metals": "Li Na K Rb Cs Fr",
    "alkaline earth metals": "Be Mg Ca Sr Ba Ra",
    "transition metals": "Ti V Cr Mn Fe Co Ni Mo W",
    "halogens": "F Cl Br I",
    "noble gases": "He Ne Ar Kr Xe Rn",
    "lanthanides": "Ce Nd Eu Gd Dy Er Yb",
    "actinides": "Th U Np Pu",
}
# Latin and older names, names of one isotope or mineral excluded; and those used in Taiwan.
OTHER_NAMES = {
    "Na": ("natrium",), "K": ("kalium",), "Fe": ("ferrum",), "Cu": ("cuprum",), "Ag": ("argentum",), "Sn": ("stannum",),
    "Sb": ("stibium",), "W": ("wolfram", "wolframium"), "Au": ("aurum",), "Hg": ("quicksilver", "hydrargyrum", "水银"),
    "Pb": ("plumbum",), "Be": ("glucinium",), "Nb": ("columbium",), "Lu": ("lutecium", "鎦"), "Si": ("矽",),
    "Tc": ("鎝",), "Np": ("錼",), "Pu": ("鈽",), "Fr": ("鍅",), "At": ("砈",), "N": ("氮气",), "O": ("氧气",),
    "H": ("氢气",), "Cl": ("氯气",),
}  # fmt: skip
GROUPS = {
    "alkali metals": ("alkali metal", "group 1", "group IA"),
    "alkaline earth metals": ("alkaline earth metal", "alkaline earths", "alkaline earth", "group 2", "group IIA"),
    "transition metals": ("transition metal", "transition elements", "transition element", "d block"),
    "halogens": ("halogen", "group 17", "group VIIA"),
    "noble gases": ("noble gas", "inert gases", "inert gas", "rare gases", "group 18", "group VIIIA"),
    "lanthanides": ("lanthanide", "lanthanoids", "lanthanoid", "rare earths", "rare earth metals",
                    "rare earth elements", "rare earth element", "rare earth metal"),
    "actinides": ("actinide", "actinoids", "actinoid"),
}  # fmt: skip
SERIES = {  # mendeleev's words for them
    "Alkali metals": "alkali metals", "Alkaline earth metals": "alkaline earth metals", "Halogens": "halogens",
    "Transition metals": "transition metals", "Noble gases": "noble gases", "Lanthanides": "lanthanides",
    "Actinides": "actinides",
}  # fmt: skip


@dataclass(frozen=True)
class Element:
    """An element as it is asked about."""

    number: int
    symbol: str
    name: str
    """English, in small letters."""
    spellings: tuple[str, ...]
    chinese: str
    series: str

    @property
    def stratum(self) -> str:
        known = self.symbol in KNOWN_IN_ANTIQUITY
        return "head" if known else stratum_of(-self.number, -HEAD_ELEMENT, -TORSO_ELEMENT)

    @property
    def nearby(self) -> str:
        """The elements of about the same number, among which a guess by size does not tell."""
        return f"decade {(self.number - 1) // 10}"


@cache
def load_elements() -> tuple[Element, ...]:
    """Hydrogen to plutonium."""
    from mendeleev import get_all_elements

    by_number = sorted(get_all_elements(), key=lambda element: int(element.atomic_number))[:LAST_ELEMENT]
    return tuple(
        Element(
            element.atomic_number,
            element.symbol,
            element.name.lower(),
            (element.name.lower(), *SPELLINGS.get(element.name, ())),
            chinese,
            SERIES.get(element.series, ""),
        )
        for element, chinese in zip(by_number, CHINESE, strict=True)
    )


def english_elements() -> Iterator[Fact]:
    """Symbol, name and number of an element, each from another, and the family of those that have an undisputed one."""
    for element in load_elements():
        symbol, name, number = element.symbol, element.name, element.number
        if symbol not in SYMBOLS_LIKE_WORDS:
            yield Fact(
                f"symbol:{symbol}", "symbol", symbol, element.stratum, name,
                f"What is the chemical symbol of {name}?", symbol, (symbol,), f"The chemical symbol of {name} is",
            )  # fmt: skip
        yield Fact(
            f"element_of_symbol:{symbol}", "element_of_symbol", symbol, element.stratum, symbol,
            f"Which chemical element has the symbol {symbol}?", name, element.spellings,
            f"The chemical element with the symbol {symbol} is", group=name[0],
        )  # fmt: skip
        yield Fact(
            f"number_of_element:{symbol}", "number_of_element", symbol, element.stratum, name,
            f"What is the atomic number of {name}?", str(number), (str(number),),
            f"The atomic number of {name} is", group=element.nearby,
        )  # fmt: skip
        yield Fact(
            f"element_of_number:{symbol}", "element_of_number", symbol, element.stratum, str(number),
            f"Which chemical element has the atomic number {number}?", name, element.spellings,
            f"The chemical element with the atomic number {number} is", group=element.nearby,
        )  # fmt: skip
        if element.series and symbol in FAMILIES[element.series].split():
            family = element.series
            yield Fact(
                f"family_of_element:{symbol}", "family_of_element", symbol, element.stratum, name,
                f"To which family of chemical elements does {name} belong?", family,
                (family, family.removesuffix("es") if family == "noble gases" else family.removesuffix("s")),
                f"In the periodic table, {name} belongs to the",
            )  # fmt: skip


def chinese_elements() -> Iterator[Fact]:
    """The same in Chinese, without the families."""
    for element in load_elements():
        symbol, name, number = element.symbol, element.chinese, element.number
        if symbol not in SYMBOLS_LIKE_WORDS:
            yield Fact(
                f"zh:symbol:{symbol}", "zh:symbol", symbol, element.stratum, name,
                f"{name}的元素符号是什么？", symbol, (symbol,), group=element.name[0],
            )  # fmt: skip
        yield Fact(
            f"zh:number_of_element:{symbol}", "zh:number_of_element", symbol, element.stratum, name,
            f"{name}的原子序数是多少？", str(number), (str(number),), group=element.nearby,
        )  # fmt: skip
        if name == NOT_AN_ANSWER_IN_CHINESE:
            continue
        yield Fact(
            f"zh:element_of_symbol:{symbol}", "zh:element_of_symbol", symbol, element.stratum, symbol,
            f"元素符号{symbol}代表哪种元素？", name, (name,),
        )  # fmt: skip
        yield Fact(
            f"zh:element_of_number:{symbol}", "zh:element_of_number", symbol, element.stratum, str(number),
            f"原子序数为{number}的是哪种元素？", name, (name,), group=element.nearby,
        )  # fmt: skip


def like_the_symbol(fact: Fact, other: Fact) -> int | None:
    """Symbols with the initial of the right one, then of the subject, then with its letter: it would mark it."""
    if other.answer[0] == fact.answer[0]:
        return 0
    if other.answer[0] == fact.subject[0].upper():
        return 1
    return 2 if fact.answer[0].lower() in other.answer else None


def like_the_element(fact: Fact, other: Fact) -> int | None:
    """Chinese names written with the radical of the right one: it tells a gas, a metal or another solid."""
    return 0 if radical(other.answer) == radical(fact.answer) else 1


def radical(name: str) -> str:
    """'气' for gases, '石' for solids that are no metals, '钅' for the rest, mercury and bromine among them."""
    if name in "氢氦氮氧氟氖氯氩氪氙氡":
        return "气"
    return "石" if name in "硼碳硅磷硫砷硒碲碘砹" else "钅"


RELATIONS = {
    "symbol": Relation(like_the_symbol),
    "element_of_symbol": Relation(same_group_only),
    "number_of_element": Relation(same_group_only, most=MOST_NUMBERS, steps=1),
    "element_of_number": Relation(same_group_only, most=MOST_NUMBERS, steps=1),
    "family_of_element": Relation(lambda fact, other: 0, most_per_answer=6),
    "zh:symbol": Relation(same_group_first),
    "zh:number_of_element": Relation(same_group_only, most=MOST_NUMBERS_IN_CHINESE, steps=1),
    "zh:element_of_symbol": Relation(like_the_element),
    "zh:element_of_number": Relation(same_group_only, most=MOST_NUMBERS_IN_CHINESE, steps=1),
}
