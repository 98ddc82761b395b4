"""Constraints that ask for the opposite of a trained assistant's voice: no greeting, no apology, no offer of help.

Each names wording that must not stand in an answer: anywhere, in its opening, or as a line of its own. An answer
without a word keeps none of them, so that silence is no way to keep a constraint. English and Chinese.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from forgetbench.metrics.constraints.protocol import Checker, Parameters
from forgetbench.metrics.text import words


def _pattern(text: str, flags: int = re.IGNORECASE) -> re.Pattern[str]:
    return re.compile(text, flags | re.VERBOSE | re.MULTILINE)


_APOLOGY = _pattern(
    r"""\b(?:sorry|apolog(?:y|ies|i[sz]e[sd]?|i[sz]ing|etic)|mea\ (?:\w+\ )?culpa|(?:my|our)\ (?:bad|mistake|regrets)
        |(?:wh?)?oops|forgiveness|pardon)\b
    |\bfeel\ (?:so\ |really\ )?(?:terrible|awful|dreadful|bad)\ (?:about|for|that)\b
    |\b(?:we|i)\ (?:\w+ly\ )?regret\b(?!\ (?:nothing|it\ not|not|neither|no|none))
    |\bregret\ (?:to|that|any|the|this)\b
    |\b(?:forgive|excuse)\ (?:me|us|my|our|the|this|any|him|her|them)\b
    |歉|对不[起住]|不好意思|过意不去|[见体]谅|谅解|原谅|[包海]涵|赔不是|添[^,。!?\n]{0,3}麻烦"""
)
_SORRY_SIGHT = _pattern(
    r"""\b(?:an?|the|this|that|his|her|its)\ (?:\w+\ )?sorry\ (?!for\b|about\b|that\b|to\b|if\b)\w+|\bthan\ sorry\b
    |\bsorry\ for\ (?:him|her|it|your|them)sel(?:f|ves)\b
    |\byou(?:'ll|\ will|'d|\ would|\ may|\ might)(?:\ (?:not|never))?\ be\ sorry\b
    |\b(?:mak(?:es?|ing)|made|offers?|with)\ no\ apolog(?:y|ies)\b|\bwithout\ (?:an\ |any\ )?apolog(?:y|ies)\b
    |\bno\ apolog(?:y|ies)\ (?:is\ |are\ )?(?:needed|necessary|required|due)\b"""
)
"""What is sorry, who will be, and apologies that nobody makes."""
_THANKS = _pattern(
    r"""\b(?:thanks?|thx|thankful|grateful|gratitude|much\ obliged|obliged\ to\ you|kudos|merci|gracias|danke
        |indebted|owe\ you|bless\ you|hats\ off\ to|props\ (?:to|for)|means\ (?:a\ lot|so\ much|the\ world)
        |you're\ an?\ (?:\w+\ )?(?:star|gem|legend|saint|hero|angel|lifesaver))\b
    |\bappreciat(?:ed|ion|ing|ive)\b|\bappreciates?\b(?=\ (?!in\ value|by\b|over\b|against\b|further\b)\w)
    |\bcheers\ (?:for|to\ you|mate)\b|\bta\b(?=\ (?:for|very|muchly|so)\b|[!.]|$)
    |谢谢|[感多致答]谢|谢[啦了过]|感激|多亏了?有?[你您大各]|承蒙|有劳|劳驾|费心|辛苦[你您了]"""
)
_OWING_TO = _pattern(
    r"""\bno\ thanks\ to\b
    |(?<!many\ )(?<!our\ )(?<!my\ )(?<!big\ )(?<!huge\ )(?<!special\ )(?<!warm\ )(?<!sincere\ )
     (?<!heartfelt\ )(?<!of\ )(?<!give\ )(?<!say\ )\bthanks\ to\b(?![^.!?\n]{0,60}\ for\ )
     (?!\ (?:you(?:r\ (?:help|patience|support|kindness|understanding|generosity))?
        |every(?:one|body)|all|those
        |any(?:one|body)|each|him|her|them
        |(?:our|the|my)\ (?:\w+\ )?(?:customers?|readers?|guests?|team|staff|crew|friends?|neighbou?rs?))\b)"""
)
"""\"Thanks to the sale\" tells a cause, unless somebody is meant."""
_AI = _pattern(
    r"""(?<![a-z\d])(?:ai(?!\ (?!is\b|was\b|has\b|does\b|as\b|always\b|assist|model|system)[a-z]+s\b)
        |a\.i\.|llms?|chatgpt|gpt)(?![a-z_])
    |\b(?:language\ models?|artificial\ intelligence|neural\ (?:network|net)s?|chat\ ?bots?|machine\ learning
        |(?:virtual|digital|automated|artificial|ai)\ (?:assistant|agent|helper|companion|entity|being|mind|system|tool)
        |computer\ program|(?:lines|pieces?)\ of\ (?:code|software)
        |(?:software|programs?|machines?|ro?bots?|algorithms?|code|models?|computers?)
        \ (?:like|such\ as)\ (?:me|myself|us)
        |my\ (?:code|circuits|servers?|programmers?|developers?|training\ data)
        |from\ (?:a|the)\ (?:server|data\ cent(?:er|re))
        |(?:made|built|created|developed|trained)\ by\ (?:anthropic|openai|google|meta|alibaba|microsoft|mistral))\b
    |(?:\b(?:i'm|i\ am|as|being|call\ me|just|only|merely)|^)\ ?(?:just|only|merely|simply)?\ ?(?:an?|the|your|some)
        \ (?:[\w-]+\ ){0,2}(?:machine|robot|bot|program|software|computer|algorithm)\b
    |^(?:just\ |only\ )?software\b
    |(?:^|[.!?,]\ )(?:machines|robots|computers|programs|algorithms|models)
        \ (?:do\ not|don't|never|cannot|can't|have\ no|need\ no)\b
    |\b(?:just|only|merely|simply)\ (?:some\ )?(?:code|software)\b
    |\bi(?:'m|'ve)?\ [^.!?\n]{0,20}\btrained\ (?:on|to|by)\b
    |人工智能|[语言大]模型|(?:智能|虚拟|数字|聊天|小)(?:助[手理]|体|伙伴)
    |(?:是|作为|叫我)[^,。!?\n]{0,14}(?:机器人?|程序(?!员)|软件(?!工程)|算法|代码|系统|模型)"""
)
_OFFER = _pattern(
    r"""\b(?:let\ me\ know|feel\ free|don't\ hesitate|do\ not\ hesitate|reach\ out|just\ ask|ask\ away|at\ your\ service
        |(?:happy|glad|here|ready|available)\ to\ (?:help|assist|answer|explain|provide|elaborate|discuss)
        |hope\ (?:this|that|it)\ helps|here\ if\ you\ need|(?:any\ )?(?:other|further|more
        |additional)\ (?:questions|assistance|help)
        |any\ questions|at\ your\ disposal|fire\ away|shout\ if|come\ back\ any\ ?time
        |(?:say|give\ (?:me\ )?)\ ?(?:just\ )?(?:the|a)\ (?:word|shout|call|ring|nudge|ping)
        |(?:drop|ping|message|hit|text|write\ to|turn\ to|call\ on)\ me|ask\ me\ (?:if|for|any|about|when)|all\ ears
        |should\ you\ (?:need|want|have|wish|require|like|get)
        |i(?:'m|\ am)\ (?:(?:always|still|right|just)\ )?(?:here|around)\ (?:all|for|if|whenever|any\ ?time|in\ case))\b
    |\bmore\ (?:\w+\ ){0,2}where\ (?:that|those|this)\ came\ from\b|(?<=[.!?]\ )shall\ (?:i|we)\b[^.!?\n]{0,60}\?
    |(?:^|[.!?:;\u2013\u2014-]\ +)(?:want|fancy|need|curious\ about|interested\ in|care\ for|looking\ for|keen\ on
        |got)\b[^.!?\n]{1,60}\?
    |(?:^|[.!?]\ +|\bi(?:'m|\ am|'d\ be|'ll\ be|\ would\ be)\ )(?:always\ |more\ than\ |very\ )?(?:happy|glad|delighted
        |pleased|willing)\ to\ \w+
    |\b(?:i\ have|i've|i\ know|there(?:'s|\ is|\ are))\ (?:got\ )?(?:plenty|lots|more|many|several|a\ lot)\b
        [^.!?\n]{0,30}\b(?:ideas?|tips?|suggestions?|recipes?|recommendations?
        |i\ (?:can|could)|to\ (?:share|offer|tell|suggest))\b
    |\b(?:is\ there|do\ you\ (?:need|want|have)|need|want|if\ you\ (?:need|want
    |have))\ (?:\w+\ ){0,3}(?:anything|something)\ else\b
    |\b(?:anything|something|what)\ else\ (?:can\ i|i\ can|you(?:'d|\ would)?\ ?(?:like|need|want))
    |\bhow\ (?:can|may|could|else\ can)\ i\ (?:help|assist|be\ of)
    |\b(?:would\ you\ like|do\ you\ want|want|shall\ i|should\ i|may\ i|can\ i|could\ i)\b(?:\ me)?(?:\ to)?\ ?
        (?:help|assist|know|hear|see|learn|suggest|explain|give|tell|show|share|provide|write|send|go|add|offer
            |list|elaborate|more)
    |\bi\ (?:can|could|would|'d|will|may)(?:\ (?:also|gladly|happily|certainly|always))*\ (?:help|assist
        |(?:be\ (?:happy|glad)\ to)|(?:give|tell|show|send|offer|provide|suggest|share|write|explain|walk
        |recommend|list)
        \ (?:you|more|some|further|another|an?\b|the\b|it\b|any))
    |\b(?:need|needed|want|require)\ (?:any|more|further|some)\ (?:help|assistance|details|information|tips
    |ideas|suggestions)\b
    |\bif\ you(?:'d|\ would)?\ (?:like|want|need|have)\b[^.!?\n]{0,60}\b(?:i\ can|i'll|i'm|just|let|ask|please
    |feel|tell)\b
    |\bif\b[^.!?\n]{1,50}[,\ ](?:just\ |please\ |simply\ )?(?:write|call|ring|ask|shout|email|phone
        |knock|come\ by|drop\ by)(?:\ (?:me|us|back|again))?(?=[.!;]|$)
    |\b(?:just|please|simply)\ (?:write|call|ring|ask|shout|email|phone|knock|come\ by|drop\ by)
        (?:\ (?:to\ )?(?:me|us))?(?:\ (?:if|when|any\ ?time|whenever|should)\b|[.!]|$)
    |(?:^|[.!?:;,]\ |\b(?:please|and|or|to|can|may|could)\ )
        (?:contact|reach|call|email|e-mail|phone|ring|message|text|write(?:\ to)?)\ (?:me|us)\b
    |\b(?:get|stay|keep)\ in\ touch\b|\b(?:tell|let)\ (?:me|us)\ (?:if|know)\b
    |\b(?:call|click|message|mail|text|letter|line)\ away\b|\bmy\ (?:door|inbox|line)\ is\ (?:always\ )?open\b
    |\b(?:i(?:'m|\ am)|we(?:'re|\ are))\ (?:\w+\ )?here\ for\ you\b
    |\bis\ there\ (?:any(?:thing)?\ )?more\b[^.!?\n]{0,30}\?|\banything\ else\?
    |\banything\ else\ (?:we|i)\ (?:can|could|may)\b
    |\bwhat\ (?:else|more)\ (?:can|may|could|should)\ (?:i|we)\b
    |\b(?:i|we)(?:'d|\ would)\ (?:love|like|be\ happy|be\ glad)\ to\ (?:help|assist)\b
    |如(?:果|有)[^。!?\n]{0,12}(?:需要|问题|疑问|帮助)|随时(?:告诉|联系|问|提问|找)|请告诉我|还(?:有|需要)(?:什么|其他|别的)
    |(?:我|很)(?:还|也)?(?:可以|能|乐意|愿意|很高兴)(?:再|继续|为你|为您|帮|给你|给您|提供)|需要我|希望(?:这|对你|对您)|欢迎(?:随时|继续|提问)
    |(?:要不要|要|让)我?(?:再|帮|给|为)[^。!?\n]{0,20}[吗?]|需要的话|尽管(?:问|说|开口|找|提)|(?:可以|随时|都|就|再来?)(?:[问找叫]|联系)我
    |想(?:了解|知道|看|要)[^。!?\n]{0,12}(?:[吗?]|问我|告诉我)|(?:说|吱|叫我)一声"""
)
_ANOTHER_AI = _pattern(
    r"""\b(?:about|(?:paper|article|essay|book|class|course|lecture|talk|thesis|film|exam|report|seminar|lesson|podcast)
            \ (?:on|of|in)
        |stud(?:y|ies|ied|ying)|taught|teach(?:es|ing)?|explain(?:s|ed|ing)?|discuss(?:ed|ing)?|read|bought
        |sold|sells?|fix(?:ed|es)?|repair(?:ed|s)?|used?|tried|tested|asked|afraid\ of|hates?|loves?
        |(?:argu(?:ed|ing)|talk(?:ed|ing)?|chat(?:ted|ting)?|spoke|work(?:ed|ing|s)?|play(?:ed|ing|s)?)\ (?:to|with))
        \ (?:(?:an?|the|my|our|his|her|some|new|old|large|big|clever|broken)\ ){0,3}
        (?:ai|artificial\ intelligence|(?:large\ )?language\ models?|llms?|chatgpt|gpt|neural\ net(?:work)?s?
            |chat\ ?bots?|machine\ learning|robots?|computer\ programs?|(?:virtual|digital)\ assistants?)\b
        (?!\ (?:like|such\ as)\ (?:me|myself|us|I)\b)
    |(?:研究|学习?|教|讲解?|关于|讨论|修理?|买|用过?|读)[^,。!?\n我]{0,4}(?:人工智能|[语言大]模型|机器人|程序|软件|ai(?![a-z]))"""
)
"""A thing that somebody reads of, works with or repairs is another than the speaker."""
# Case counts here: US is a country, I is a numeral behind a name.
_FIRST_PERSON = _pattern(
    r"""(?<![\w.'-])(?:I(?:'(?:m|ve|d|ll))?|i(?:'(?:m|ve|d|ll))?|[Mm]e|ME|[Mm]y|MY|[Mm]yself|MYSELF
        |[Ww]e(?:'(?:re|ve|d|ll))?|WE|[Uu]s
        |[Oo]urs?|OURS?|[Oo]urselves|OURSELVES|[Mm]ine|MINE)(?![\w'-]|\.\w)
    |我|咱""",
    0,
)
_NUMERAL = _pattern(
    r"""\b(?:war|part|chapter|act|book|volume|phase|type|class|level|stage|grade|section|figure|table|schedule
        |title|article|division|band
        |henry|elizabeth|charles|james|napoleon|francis|george|william|louis|frederick|nicholas|peter|catherine
        |otto|mary|ramesses
        |constantine|alexander|edward|richard|philip|leopold|john|paul|pius|rameses|darius|cyrus|mode|vitamin
        |apollo)\ i\b(?!')
    |(?-i:\b(?!(?:And|But|So|If|When|What|Do|Did|Am|Was|May|Can|Could|Should|Would|Will|Have|Had|Neither|Nor|Like|As|Than
        |You|Yet|Or|Where|How|Why|Who|Not|Yes|No)\b)[A-Z][a-z]+\ I(?=[,.;:)!?]|\ and\ II|$))"""
)
_NOUN_MINE = _pattern(
    r"""\b(?:an?|the|this|that|each|every|old|deep|abandoned|gold|silver|coal|iron|salt|copper|diamond|tin|lead|land)\b
        (?:\ \w+){0,3}?\ mines?\b"""
)
_GREETING = _pattern(
    r"""^[\W_]*(?:(?:oh|ah|well|why),?\ )?(?:
        (?:hello|hi|hey|hiya|heya|howdy|yo|ahoy|aloha|hallo|g'day|greetings|salutations|hola|bonjour|welcome\ back
            |well\ met)\b(?:\ (?!\w+\ \w+\ \w)[\w']+){0,2}\ ?(?:[,!.:;~\u2013\u2014-]|$|[^\x00-\u2fff])
        |good\ (?:morning|afternoon|evening|day|night)(?:\ (?:to|everyone|all|there|folks|team|[\w']+[,!])|[,!.]|$)
        |(?:morning|afternoon|evening)(?:!|,?\ (?:all|everyone|folks|team|neighbou?rs?)\b)
        |dear(?:est)?\ (?!me\b|god\b|lord\b|oh\b)[\w.' ]{1,40}(?:[,:!]|$)|top\ of\ the\ morning\b
        |happy\ (?:\w+day|new\ year|holidays|easter|christmas)[!,.]
        |(?:so\ )?(?:glad|happy|great|good)\ you(?:'re\ here|\ (?:came|made\ it|stopped\ by|could\ come))\b
        |welcome\b(?:\ to\b|\ back|\ [\w']+[,!.]|[,!.]|$)
        |(?:it(?:'s|\ is)\ )?(?:so\ )?(?:nice|pleased|great|lovely|good|glad|a\ pleasure
        |delighted)\ to\ (?:meet|see|hear|have)\b
        |how\ (?:are|is)\ (?:you|it\ going|everyone|your\ day)\b|what's\ up\b|(?:i\ )?hope\ (?:you're|you\ are
        |this\ finds|all\ is)
        |[^,。!?\n]{0,6}(?:你们?好|您好)(?!吗)|大家好|早上好|下午好|晚上好|早安|晚安|嗨|哈喽|嘿|欢迎(?:来到|光临)|亲爱的|尊敬的)"""
)
_FILLER = re.compile(
    r"""[\W_]*(?:
        (?:sure(?:\ thing|(?=\W*$|\s*[,!.:;\u2013\u2014-]|\ (?:i|here|let|we|you|the\ following)\b))
            |certainly|absolutely|definitely|of\ course|no\ (?:problem|worries)|understood
            |gladly|by\ all\ means|you\ bet|got\ it
           |(?:so\ )?glad\ you\ asked|yes,?\ i\ can|i\ can\ (?:certainly\ |definitely\ )?(?:help|tell|answer)
           |oh\ (?:no|dear|my|wow|great|yes)|don't\ worry|not\ to\ worry|my\ pleasure|with\ pleasure
           |alright|all\ right|okay|indeed|happy\ to|glad\ to|as\ requested
           |to\ answer\ your|in\ response\ to
           |here(?:'s|\ is|\ are|\ you\ go)|below\ (?:is|are)|the\ following\ (?:is|are)|thank\ you\ for
           |thanks\ for|i\ understand\ that|let\ me\b|let's\b
           |i(?:'d|\ would|'m|\ am|'ll|\ will)\ (?:be\ )?(?:happy|glad|more\ than|delighted|love)
           |(?:that's|that\ is|this\ is|what)\ (?:an?|such)\ (?:\w+\ )?(?:good|great|excellent|interesting
           |nice|wonderful|fantastic|fascinating|tough|tricky|lovely)
           |(?:very\ )?(?:good|great|excellent|interesting|wonderful|fantastic|nice|fair|lovely|fun)\ (?:question|choice
           |idea|one|point|thinking)(?=[.!,:\u2013\u2014-])
           |(?:that's|that\ is|this\ is|that\ one's)\ (?:an?\ )?(?:\w+\ )?(?:easy|simple)
           (?:\ (?:one|question))?(?=[.!,:])
           |as\ you\ (?:wish|like|asked|requested|say)(?=[.!,:]))\b
        |(?:yes|yep|yeah),?\ (?:sure|certainly|of\ course|absolutely)
        |(?:great|perfect|awesome|ok|right|well|so|wonderful|excellent|nice|hmm+|ah+|oh|yay|wow
        |cool)\ ?[.!,:\u2026\u2013\u2014]
        |(?:好的|好[呀啊嘞滴哒]|当然|没问题|可以的|明白|收到|以下是|下面是|这里是|这是一个|很好的问题|好问题|嗯|(?:这个?|这(?:道|个)(?:题|问题))(?:很|挺|太)?(?:简单|容易)
            |很高兴|很?乐意|感谢(?:你|您)的|谢谢(?:你|您)的))""",
    re.IGNORECASE | re.VERBOSE,
)
_CLOSING = r"""(?:
    (?:(?:with\ )?(?:best|kind|kindest|warm|warmest|fond|sincere|many)?\ ?(?:regards|wishes|thanks|greetings)
        |(?:with\ )?(?:all\ my\ |much\ |lots\ of\ )?love
     |all\ the\ best|best|cheers|sincerely|yours?(?:\ (?:sincerely|truly|faithfully|ever|always|respectfully))?
     |respectfully|cordially|warmly|fondly
     |your\ (?:\w+\ )?\w+|(?:many\ |with\ )?thanks(?:\ (?:again|in\ advance|so\ much))?|thank\ you(?:\ (?:again
     |in\ advance|so\ much|very\ much))?
     |take\ care|hugs|kisses|xoxo|x{1,3}|(?:hope\ to\ )?see\ (?:you|ya)(?:\ \w+){0,3}|(?:catch\ you\ )?laters?
     |talk\ (?:to\ you\ )?soon|until\ (?:then|next\ time|soon|we\ meet|\w+day)|peace(?:\ out)?|bye(?:\ bye)?|goodbye
     |have\ an?\ (?:\w+\ )?(?:great|nice|good|lovely|wonderful|safe|pleasant)\ \w+|gratefully|so\ long|ciao|ttyl)
    |此致|敬礼|祝好|敬上|敬启|顺颂商祺|谨启|祝[^。!?\n]{1,10})"""
_NAME = r"(?:[A-Z\[\u4e00-\u9fff][\w.'\]]*)"
_SIGN_OFF = re.compile(
    rf"""^[\W_]*(?i:{_CLOSING})(?:[,!.\u2013\u2014\ -]*(?:,|\n
        |[\u2013\u2014-])\s*(?:the\ )?(?:{_NAME}\ ?){{0,3}})?[\W_]*$""",
    re.VERBOSE | re.MULTILINE,
)
_SAME_LINE = re.compile(
    rf"""(?<=[.!?])\ +(?i:(?:best|kind|warm)\ (?:regards|wishes)|sincerely|yours|cheers|love|all\ the\ best|best),?
        \ {_NAME}[\W_]*$""",
    re.VERBOSE,
)
_FROM_SOMEBODY = re.compile(
    r"\n[ \t*_~-]*(?i:with|in|from|until|signed|yours)\b[^\n,.!?]{0,30},\s*"
    r"(?:(?:the|your)\ )?\w[^\n.!?,]{0,40}[.!]?\s*\Z"
)
"""A last line or two: "With apologies, / the people upstairs"."""
_DASHED_NAME = re.compile(rf"[.!?]\s+[\u2013\u2014-]{{1,2}}\s?{_NAME}[.!]?\s*\Z")
_SIGNATURE = re.compile(r"[\u2013\u2014~-]{1,2} ?[A-Z][\w.']*(?: [A-Z][\w.']*){0,2}[.!]?")
_SIGNED = re.compile(
    r"""[.!?\u2026]["')*]*\s*\n\s*(?:[^\n,.!?:;]{2,50},\s*\n\s*|(?<=\n)\s*)(?P<name>[A-Z][\w.']*
        (?:\ (?:&|and|from|of|the|in|at|[A-Z][\w.']*|\([^()\n]{1,30}\)))*
        (?:\ (?:upstairs|downstairs|next\ door))?)\s*$""",
    re.VERBOSE,
)
"""A few words and a comma, or an empty line, and then a name and nothing else."""
_LAST_LINES = 4
_END_CHARS = 240


def _free_of(*patterns: re.Pattern[str], but: Iterable[re.Pattern[str]] = ()) -> Checker:
    """Whether none of the patterns is found, what the patterns `but` stand for left out."""

    def check(text: str, _: Parameters) -> bool:
        for other in but:
            text = other.sub(" \u2026 ", text)
        return bool(words(text)) and not any(pattern.search(text) for pattern in patterns)

    return check


def _no_filler(text: str, _: Parameters) -> bool:
    """A filler opens the answer; further on "Here are the next steps" announces what follows."""
    return bool(words(text)) and _FILLER.match(text) is None


def _no_sign_off(text: str, _: Parameters) -> bool:
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    # What a first line says is the answer, a closing only behind a sentence.
    first, later = lines[0], lines[1:][-_LAST_LINES:]
    signed = bool(later) and (_SIGNATURE.fullmatch(later[-1]) or _SIGNED.search(text[-_END_CHARS:])) is not None
    closed = _SIGN_OFF.search("\n".join(later)) if later else _SAME_LINE.search(first)
    signed = signed or (_DASHED_NAME.search(text) or _FROM_SOMEBODY.search(text)) is not None
    return bool(words(text)) and not signed and not closed


VOICE: Mapping[str, Checker] = {
    "no_apology": _free_of(_APOLOGY, but=(_SORRY_SIGHT,)),
    "no_thanks": _free_of(_THANKS, but=(_OWING_TO,)),
    "no_ai": _free_of(_AI, but=(_ANOTHER_AI,)),
    "no_offer": _free_of(_OFFER),
    "no_first_person": _free_of(_FIRST_PERSON, but=(_NUMERAL, _NOUN_MINE)),
    "no_greeting": _free_of(_GREETING),
    "no_filler": _no_filler,
    "no_sign_off": _no_sign_off,
}
"""None takes parameters."""
