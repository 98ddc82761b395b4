"""The words, English and Chinese, by which a reply answers, denies, sets aside, corrects itself or does not decide.

All are looked for in text that `normalisation.cleaned` has folded: without apostrophes ("isnt"), accents, quotes and
Markdown, in simplified characters. Each pattern takes time linear in the text: it has no nested repetition over the
same characters.
"""

from __future__ import annotations

import re


def _marks(english: str, chinese: str = "", *, end: str = r"\b") -> re.Pattern[str]:
    """A pattern of alternatives, which are separated by semicolons."""
    words = [" ".join(each.split()) for each in english.split(";")]
    characters = [each.strip() for each in chinese.split(";") if each.strip()]
    return re.compile("|".join([rf"\b(?:{'|'.join(words)}){end}", *characters]), re.IGNORECASE)


# --- how a text is cut ------------------------------------------------------------------------

_ABBREVIATED = r"(?<!\bst)(?<!\bmt)(?<!\bdr)(?<!\bvs)(?<!\bno)"
SENTENCE_END = re.compile(rf"{_ABBREVIATED}\.(?=[\s)\]}}]|$)|[!?\n\u3002\uff01\uff1f]", re.IGNORECASE)
_TURNS = (
    """(?<!anything )but; yet; so; therefore; thus; hence; actually; in fact; in reality; instead(?! of);
    rather(?! than)""",
    "但是?; 而[是应]; 所以; 因此; 其实; 实际上; 现在; 后来",
)
TURN = _marks(*_TURNS)
"""Behind these a clause says what is meant."""
CLAUSE = re.compile(
    r"[,;:()\[\]\uff0c\uff1b\uff1a\u3001\u2014\u2013]|\s-\s|" + TURN.pattern + "|"
    r"而(?!非|不是)|\b(?:whereas|while|because|since|although|though|as (?:for|opposed)|whatever|despite|even if"
    r"|regardless|and)\b",
    re.IGNORECASE,
)

# --- what a clause does to a mention ----------------------------------------------------------

_ASIDES = (
    r"though|however|of course|by the way|naturally|on the other hand|nonetheless|nevertheless|as it happens|indeed"
    r"|for (?:its|his|her|their) part|in turn|incidentally|obviously|you see|meanwhile|as (?:far as )?(?:i|we|you) \w+"
    r"|i (?:think|believe|guess|suppose)|if (?:i|memory) [\w ]{1,30}|to be (?:precise|exact|sure)|strictly speaking"
)
PARENTHESIS = re.compile(
    rf",\s*(?:{_ASIDES})\s*,"
    r"|\([^()A-Za-z%]{1,10}%\s?\)"
    r"|,\s*(?:though|although|while|albeit)\b[^,.;!?\n]{1,80},(?=\s*(?:is|was|are|were|has|had|remains|does|will)\b)",
    re.IGNORECASE,
)
"""Said between commas in the middle of a clause: 'the capital, though, is Ankara'."""
AFFIRMED = _marks(
    """not (?:only|just|merely|mistaken|wrong); n(?:one|o|othing) other than; nothing but;
    no (?:doubt|question)(?: about (?:it|that))?; without (?:a )?doubt; (?:do not|dont) doubt;
    (?:cant|cannot|can not|couldnt|wont|wouldnt|isnt|is not|never) (?:be )?any(?:thing|one|where)? (?:but|other than)"""
)
"""Negations that deny nothing."""
DENIAL = _marks(
    """not; nothing; none; no one; never; neither; nor; isnt; wasnt; arent; aint; doesnt; didnt; cant; cannot; couldnt;
    wouldnt; wont; dont; doubt; hardly; rather than; instead of; unlike; except; other than; opposed to; no longer;
    rul(?:e|ed|ing) out; anything but;
    (?:wrong|incorrect|false) (?:to say|that|is|answers?)""",
    """并?不(?:是|叫|在|为|等于|属于|会是|使?用|再是|认为|说|同于|与|和|跟); [并而绝决实]非(?!洲); 没有; 绝不; 除了""",
)
"""Before a mention, in its clause: the mention is denied."""
_VERB = "(?:is|was|are|were|does|do|did|can|could|would|will|has)"
DENIED_AFTER = re.compile(
    rf"\s*(?:{_VERB} ?(?:\w+ly )?(?:not|never|no|(?:been )?(?:replaced|superseded|succeeded) by)"
    r"|(?:is|was|are|does|did|ca|could|would|wo|ai|has)nt|cannot"
    r"|(?:is|was|would be|seems) (?:the |a |an )?(?:\w+ly )?(?:wrong|incorrect|false|out|mistake|misconception))\b"
    r"|\s*(?:并?不[是在与和跟]|并非|不对|不正确|是错|不属于|不可能|不行)",
    re.IGNORECASE,
)
_OTHERS = "(?:people|many|some|others|most|everyone|everybody|they|you|tourists|students|textbooks|one)"
ASIDE = _marks(
    rf"""used to; formerly; former; previous(?:ly)?; once; originally; historical(?:ly)?; until; ancient; old;
    {_OTHERS} (?:\w+ ){{0,4}}?(?:thinks?|thought|believed?|assumed?|guess|says?|said|claim|expect|suppose|call);
    {_OTHERS} (?:\w+ ){{0,4}}?(?:name|pick|choose|answer);
    (?:often|sometimes|usually|commonly|widely|frequently) (?:taken|thought|believed|assumed|said|given|considered);
    taken (?:for|to be); thought to be; confuse[sd]?; confusing; mistake[ns]?; mistook; sounds like; looks like;
    resembles?; similar to; (?<!shaped )like; such as; besides; apart from; despite; whatever; although; though;
    even if; no matter; regardless; rival of; compared (?:to|with); for example;
    along with; ahead of; followed by; tempt(?:ing|ed); obvious (?:guess|choice); misconception""",
    """以前; 曾; 过去; 原来是; (?:人|你)[^，。]{0,3}(?:以为|认为|说); 误; 混淆; 靠近; 邻近; 旁边; 虽然; 尽管; 例如;
    比如; 以为; 原定; 原本; 本来; 其次; 接着是""",
)
"""Before a mention, in its clause: it is mentioned and not meant."""
_WORDS_BETWEEN = r"(?: (?!(?:comes?|is|was|gives?|follows?|gets?|we|you|it)\b)[a-z]\w*){0,3}\s*$"
BESIDE = re.compile(
    r"\b(?:across|near|next to|close to|(?<!in the )(?:north|south|east|west)(?:ern)? of|after|before|between|following"
    r"|than|beats|(?:start|begin)(?:ing|s)? (?:at|with)|(?:start|count|go|begin|step|move)(?:ing|s)?"
    rf"(?: [a-z]+){{0,2}} from){_WORDS_BETWEEN}|从\s*$",
    re.IGNORECASE,
)
"""Right before a mention: it tells where or when something else is."""
BEYOND = re.compile(
    r"\b(?:past|beyond|behind|over|below|above|under(?:neath)?|outside|(?:left|right|top) of)" + _WORDS_BETWEEN,
    re.IGNORECASE,
)
"""Right before a mention: it tells so, or where the thing is that was asked for."""
ASIDE_AFTER = re.compile(
    r"\s*(?:(?:is|was|has|are) (?:\w+ly )?(?:only|merely|just|once|used|formerly|larger|bigger|older"
    r"|more(?= (?:famous|popular|often|important|known))"
    r"|better known|famous|(?:the|its|an) (?:old|former|previous))|used to|(?:only|merely|just) [a-z]+s\b"
    r"|(?:was|were|has been|had been) (?:replaced|succeeded|superseded) by"
    r"|(?:comes?|came|lies|is|stands) (?:right |just )?(?:before|after|next to)|may"
    r"|might be (?:larger|better|more))\b|.{0,60}\buntil\b"
    r"|\s*(?:neutrons?|isotopes?|valence|years?|percent|million|billion)\b|\s*[%\u00b0]|\s*(?:[则却]?[只仅](?:是|与|和|跟|在|有)|曾|个中子|相比|比起来"
    r"|是(?:旧|以前|过去|从前|原来)|(?:早?已经?)[^，。]{0,3}(?:停用|废除|取代)|[改移搬迁换][到为成在至])",
    re.IGNORECASE,
)

# --- how a mention is put as the answer -------------------------------------------------------

STATED = re.compile(
    r"(?:\b(?:is|are|was|were|be|been|its|thats|has|have|had|speaks?|spoken|uses?|used|called|named|in|at|of|to|on|by|with|say"
    r"|(?:go|going) for|guess|think|believe|choose|pick|select|leav(?:es?|ing)|remains|sits"
    r"|comes|follows|reach(?:es)?|gives?|get|stands|belongs?|borders?|means?|denotes?|represents?|equals?|lives?)"
    r"|=|->|\u2192"
    r"|[是为在叫说用选于填表作]|[改移搬迁换][到至]了?)"
    r"(?:\s*(?:the|a|an|called|named|in|at|to|on|of|city|state|country|element|number|word|language|currency|republic"
    r"|kingdom|probably|likely|perhaps|maybe|surely|definitely|certainly|simply|just|indeed|now|option|letter))*[\s(:]*$",
    re.IGNORECASE,
)
"""Ends right before a mention: a verb or preposition of which it is the object."""
CUE = re.compile(
    r"(?:\b(?:answers?|solution|choice|conclusion)\b[^.\n]{0,40}?(?:\bis|\bare|\bwould be|:|=|-)"
    r"|答案[^。\n]{0,12}?(?:是|为|:|\uff1a))"
    r"(?:\s*(?:the|a|an|option|letter|in|now|still|probably|definitely))*[\s:(\[]*$",
    re.IGNORECASE,
)
"""Ends right before a mention: 'the answer is'."""
LABEL = re.compile(r"(?:^|[\n.;!?])\s*([^\W\d_][\w ]{0,30}?)\s*[:=\uff1a]\s*$")
"""Ends right before a mention: the word for it, 'Sentiment:'."""
VERDICT = re.compile(r"\b(?:label|class|classification|category|verdict)\b|标签|类别|分类", re.IGNORECASE)
"""Words for what is asked that a question need not say."""
LATER = re.compile(
    r"\b(?:will|shall|expect(?:ed)?|planned|scheduled|going to|to be)\b|将[会在]?|预计|计划", re.IGNORECASE
)
"""Before a mention: of what is to come."""
FIRST_NAME = re.compile(
    r"(?!(?:Below|Above|Under|Over|Past|Beyond|Behind|Outside|Near|After|Before|Between|Like|Unlike|Of|From|With|By)\b)"
    r"[A-Z][^\W\d_]+\s$"
)
"""Right before a name: what it belongs to."""
APPOSITION = re.compile(r"[\s,]*(?:an?|one of)\b(?: [\w-]+){1,4}\s$", re.IGNORECASE)
"""All between a name and a mention, which describes what was named: 'Vermeer, a contemporary of Rembrandt'."""
OPPOSITES = tuple(
    (re.compile(one, re.IGNORECASE), re.compile(other, re.IGNORECASE))
    for one, other in (
        (r"\b(?:to|on) (?:[\w]+ ){1,2}left\b|左", r"\b(?:to|on) (?:[\w]+ ){1,2}right\b|右"),
        (r"\bnorth|北", r"\bsouth|南"),
        (r"\beast|东", r"\bwest|西"),
        (r"\b(?:above|on top)\b|上方", r"\b(?:below|under)\b|下方"),
        (r"\b(?:most|largest|biggest)\b|最多|最大", r"\b(?:least|fewest|smallest)\b|最少|最小"),
        (r"\bhighest\b|最高", r"\blowest\b|最低"),
    )
)
"""Of each two a question asks for one; what is said of the other is no answer."""
WAS = re.compile(r"\s*(?:was|were|had been)\b", re.IGNORECASE)
"""Right after a mention: of what was, where the question is of what is."""
WAS_BEFORE = re.compile(r"\b(?:was|were|had been)\b[^,.;]*$", re.IGNORECASE)
NOW = _marks("now; today; these days; nowadays; currently; since then", "现在; 如今; 目前")
BOTH = _marks("both", "同时; 都")
PRESENTED = re.compile(r"(?:[:\uff1a]|->|\s-)\s*$")
"""Ends right before a mention: what was said leads to it."""
PAST = _marks("was; were; did; had; originally; first")
DETERMINER = re.compile(
    r"\s+(?!(?:it|its|the|this|that|thats|they|he|she|we|i|im|you|there|not|because|since|as|and|but"
    r"|or|is|are|was|thank|thanks|sorry|unfortunately|sadly|actually|of)\b)[a-z]{2}",
    re.IGNORECASE,
)
"""Right behind 'no': it belongs to a noun, 'no reason to worry', 'no appointment needed'."""
CHOSEN_FROM = re.compile(r"(?:^|[.,;:!?\n])\s*(?:of|out of|between|among|amongst)(?: the)?\s*$", re.IGNORECASE)
"""Right before a list: one of it will be chosen."""
IS_IT = re.compile(
    r"\s*(?:(?:is|are|was)\s*(?:$|it\b|the (?:answer|one)|correct|right|my)"
    r"|(?:does|do|became|has (?:been|become)|comes next|follows)\b)",
    re.IGNORECASE,
)
"""Right after a mention: it is the one."""
COPULA = re.compile(r"\s*(?:is|are|was|were|has|borders?|是|为)(?![a-z])", re.IGNORECASE)
DEPENDS = re.compile(r"[\s,，]*(?:and )?(?:(?:is|are|was|were|has|comes|sits|lies|stands)\b|[是为叫在])", re.IGNORECASE)
"""Begins a clause that has no subject of its own."""
POSSESSIVE = re.compile(r"\s+s\b(?! ?(?:[.;!?\n]|$))")
"""Right after a mention: something is its own; but 'The book is Anna's.'"""
SAYS = re.compile(
    r"\s*(?:is|are|was|were|has|have|had|would|does|do|can|could|will|makes?|made|comes?|came|lies"
    r"|stands|remains|follows)\b|\s*(?:[则却]?[只仅]|[是在有]|已|曾|不)",
    re.IGNORECASE,
)
"""Right after a mention: it is the subject of a sentence."""
SAYS_OF_ONE = re.compile(r"\s*(?:is|was|has|does|comes|lies|stands|remains|follows)\b", re.IGNORECASE)
"""Right after a mention: it alone is the subject."""
WHICH_IS = re.compile(r"\s*,?\s*(?:which|who|that) (?:is|was|has)\b([^.,;!?\n]*)", re.IGNORECASE)
"""Right after a mention: what is said of it."""
FILLER = re.compile(
    r"(?:\W|\d+[.)]|\b(?:yes|well|sure|oh|ok|okay|hmm|so|still|currently"
    r"|of course|certainly|easy|simple|answer|question|q|a|the|an"
    r"|in|it|is|its|that|thats|this|would|be|i|id|say|think|believe|guess|probably|maybe|perhaps|definitely|surely|actually|no|wait"
    r"|option|letter|final|correct|my|great|good|right|and)\b|[答案回是为应该我想认])*",
    re.IGNORECASE,
)
"""What may stand before an answer that opens a sentence."""

# --- what a reply does as a whole -------------------------------------------------------------

CORRECTION = _marks(
    """no wait; wait; correction; i mean(?:t)?; scratch that; on second thoughts?; let me correct; i stand corrected;
    my mistake; oops; sorry; no(?=,? (?:it|its|thats|that|actually|i|the)\\b|\\s*[,:.-]+ \\S);
    actually no; hold on; make that""",
    "不对; 更正; 哦不; 说错; 我错; 纠正",
)
"""A reply takes back what it has said, where it then says something else."""
DOUBT = _marks(
    "(?:not|un) ?(?:sure|certain) (?:that|if|whether) (?:it|that|this|he|she) (?:is|was);"
    "(?<!no )doubt (?:that )?(?:it|that|this)",
    "不(?:确定|知道)(?:它|这)?是不是",
)
"""A reply does not stand by what it has named."""
LISTED_OPTION = re.compile(r"^\W{0,4}([A-Ea-e])[.:)\u3001\uff0e]\s*(\S.*)$", re.MULTILINE)
"""A line of a list of lettered options."""
PICKED_LETTER = re.compile(
    r"(?<![^\W_])([A-E])(?=\W*$|[.:)\]\s]+(?:is|as|because|since)\b|[.:)\]]|\n|[\u3002\uff0c])", re.MULTILINE
)
"""A letter that stands for an option."""
ANOTHER = re.compile(r"\b(?:of|in|for) ([A-Z]\w+)|\b([A-Z]\w+) s\b")
"""A name that is not the answer, of which a clause says something."""
UNSURE = _marks(
    """either; might; may; could; possibly; perhaps; maybe; unsure; not (?:sure|certain); forget; or""",
    "或; 可能; 也许; 不确定",
)
"""A reply does not decide."""
PRONOUN = _marks("it; its; that; thats; this; he; she; they", "它; 这")
KINDS_CHINESE = re.compile(
    "首都|城市|国家|国名|货币|官方语言|语言|元素符号|元素|符号|原子序数|大洲|接壤|成语|完整写法|写法|中文|代表"
)
"""Words of a Chinese question for the kind of thing that is asked; what else it says are names."""
STOP_WORDS = frozenset(
    """what which who whom whose where when how is are was were be been do does did has have had of in on at to for
    from by
    with and or not no that this these those it its he she they one there as name country
    的 是 什 么 哪 个 多 少 在 位 于 为 有 请 说 出 一 与 谁 何 几 用 种 使""".split()
)
"""Words of a question that say nothing of what is asked."""
