"""How refusals are worded that say more than `nothing_new` knows, and what tells an answer from them.

The patterns are matched against folded sentences, English and Chinese.
"""

from __future__ import annotations

import re


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE | re.VERBOSE)


# --- English ----------------------------------------------------------------------------------

_CANNOT = r"""(?:
    (?:can't|cannot|can\ not|could\ not|couldn't|won't|will\ not|wouldn't|would\ not|mustn't|shouldn't|don't|do\ not
        |shan't|shall\ not|choose\ not\ to
        |(?:have\ been\ |was\ |am\ |'ve\ been\ )(?:told|instructed|asked|trained)\ not\ to
        |was(?:\ not|n't)\ (?:designed|built|made|trained|programmed)\ to)
    (?:\ (?:really|possibly|actually|personally|currently|directly|in\ good\ conscience|be|be\ able\ to|want\ to
       |wish\ to|feel\ comfortable|think\ i\ (?:can|should)))*
    |(?:am|'m|are|'re)(?:\ (?:really|currently|just|simply|also))?
     \ (?:not\ (?:able|allowed|permitted|willing|comfortable|going|in\ a\ position|designed|programmed|equipped|capable)
         |unable|incapable|forbidden|prohibited)(?:\ (?:to|of|from))?
    |(?:(?:am|'m)\ (?:going\ to|gonna)|(?:(?:am|'m)\ (?:going\ to|gonna)\ |will\ |'ll\ |'d\ |would\ )?
        (?:have|'ve|need|must|will|'ll|prefer|rather|like|want))
        (?:\ got)?(?:\ to)?(?:\ (?:respectfully|politely))?\ (?:decline|refuse|pass|refrain|say\ no|bow\ out|opt\ out
        |turn\ (?:this|that|it|you|your)(?:\ \w+){0,2}\ down|turn\ down|sit\ (?:this|that)(?:\ one)?\ out|skip
        |abstain|beg\ off|give\ (?:this|that)(?:\ one)?\ a\ miss|(?:stay|steer|keep)\ (?:clear|away|out)
        |leave\ (?:this|that|it)(?:\ one)?\ (?:to|alone|unanswered|aside|unsaid))(?:\ (?:to|of|from|on))?
        (?:\ (?:this|that)(?:\ one)?\b)?
    |(?:(?:respectfully|politely)\ )?(?:decline|refuse)(?:\ to)?
    |(?:'d|would)\ (?:rather|prefer|better)\ not(?:\ to)?|(?:'d|had)\ better\ not
)"""
_SERVICE = r"""(?:
    (?:help(?!\ (?:it|but|myself|(?!writing|making|finding)\w+ing)\b)
        |assist|comply|fulfil+|support|provid|accommodat|entertain|engag|participat|satisf
        |interfer|interven)(?:e|y|ing)?
    |(?:guid|walk|instruct)(?:e|ing)?\ (?:you|anyone)|part(?:y)?\ (?:of|to)\ (?:it|this|that|such|any)\b)"""
_WORK = r"""(?:
    (?:do|answer|explain|discuss|process|respond|reply|teach|show|translate|name|pick|finish|invent|advise
        |recommend|suggest
       |offer|tell|continue|complete|share|give|write|create|generate|produce|compose|describe|imagine|choose
           |make|speak|talk|(?:go|get)\ into|elaborate)
    |(?:writ|creat|generat|produc|compos|continu|complet|shar|giv|describ|choos|mak|do|answer|explain|discuss
        |tell|offer)ing
    |think(?:ing)?\ (?:of|up)|com(?:e|ing)\ up\ with|play(?:\ along)?|speculate|guess
)"""
_FORM = r"""(?:
    content|poems?|poetry|verses?|stor(?:y|ies)|jokes?|lines?|names?|metaphors?|similes?|limericks?|titles?|riddles?
    |haikus?|essays?|dialogues?|scripts?|lyrics|songs?|captions?|slogans?|ideas?|suggestions?|recommendations?
    |instructions?|information|advice|answers?|fiction\w*|openings?|letters?|speech(?:es)?|puns?|sentences?
    |role\ ?-?play\w*|creative\ writing)"""
"""What is asked for: the kinds of text, whatever they are about."""
_GENERIC = rf"""(?:
    (?:\ (?:you|to|for\ you|with|out|about|on|in|a|an|the|some|any))*
    \ (?:that|this|it|these|those|so|your|such|any\w*|{_FORM}|one\ for\ you|requests?|questions?|creative|topics?|tasks?
        |prompts?|medical|legal|harmful|explicit)\b
    |\ about\b|\ \w+\ (?:content|material|instructions)\b
    |(?:\ you)?\ how\b
    |(?:\ you)?(?=[.,!;]|$)
)"""
"""What is refused is the request, not the thing that a figure of speech is about: "I cannot name the sea" is a line."""
_FIGURE = r"(?!.{0,60}\b(?:enough|better)\b)"
"""Figures of speech: "I can't recommend it enough"."""
_ASSISTANT = r"(?:assistant|(?:chat\ ?)?bot|service|chat|help\ ?desk|tool|channel|hotline|system)"
_CLAUSE = r"""(?:^|[,;:]\s|[-\u2013\u2014]\s?
    |\b(?:and|but|so|that|reason|why|because|which|then|yet|otherwise|thus|hence|therefore|while|though|although|since)\s)"""
_LEAD = r"""(?:
    (?:sorry|no|nope|unfortunately|regrettably|hmm|well|honestly|i'm\ afraid|i\ am\ afraid|i\ think|that),?\ )*"""
_HARM = r"""(?:harm\w*|illegal\w*|unlawful|criminals?|crimes?|weapons?|bombs?|explosives?|drugs?|threat\w*
    |violen\w+|hate\w*|fake|false|forg(?:e|ed|ery|eries|ing)|counterfeit\w*|fraud\w*|scam\w*|steal\w*|stolen|theft|hack\w*|malware
    |ransomware|virus\w*|spy\w*|stalk\w*|harass\w*|bully\w*|brib\w+|poison\w*|tortur\w*|disinformation
    |misinformation)"""
_POLICY = r"""(?:(?:my|our|the|usage|content|safety|community|company)\ (?:\w+\ ){0,2}
    (?:guidelines?|polic(?:y|ies)|principles?|programming|values|rules|terms|instructions|training|standards|safeguards))"""
_FORBIDS = r"""(?:\b(?:not|never|cannot|against|contrary\ to|conflicts?\ with|violat(?:es?|ing|ion)|break(?:s|ing)?
    |breach(?:es)?|prevents?|keeps?\ me\ from|stops?\ me
    |prohibit(?:s|ed)?|forbid(?:s|den)?|bans?|banned|bars?|barred|disallow(?:s|ed)?
    |rules?\ out)\b|n't\b)"""
_ENGLISH = (
    # I can't help with that; no, I won't; not doing that.
    rf"""{_CLAUSE}{_LEAD}(?:i|we)\ ?{_CANNOT}\ ?
        (?:{_SERVICE}\b|{_WORK}{_GENERIC}|(?=[.,!;]|$)){_FIGURE}""",
    # You won't get any help from me; there will be no instructions here.
    rf"""\byou(?:(?:'ll|\ will|'re|\ are)\ [^.,!?\n]{{0,30}}\b(?:no|not|nothing|none)\b
        |\ (?:won't|can't|cannot|will\ not))[^.,!?\n]{{0,40}}
        (?:\b(?:from|out\ of)\ me|\b(?:{_FORM}|help|steps|details|guid\w+|explanations?|recipes?)\ here)
        (?=[.,;!]|$)""",
    # My apologies, but no sentence about trains from me; no poem today.
    rf"""^{_LEAD}(?:(?:my\ )?apologies,?\ |(?:i'm\ |i\ am\ )?(?:very\ |so\ )?sorry,?\ )?(?:but\ )?
        (?:there\ (?:will\ be|is)\ |you(?:'ll|\ will)\ get\ )?no\ {_FORM}\b[^.,!?\n]{{0,40}}
        \b(?:from\ me|here|today|this\ time)\b[^.,!?\n]{{0,12}}(?=[.,;!]|$)""",
    # I can't list the parts of a weapon; I'm not comfortable writing that; I decline your request.
    rf"""{_CLAUSE}{_LEAD}i\ ?
        (?:can't|cannot|can\ not|won't|will\ not|(?:am|'m)\ (?:unable|not\ able)\ to)
        \ (?!resist\b|help\ but\b)[^.,!?\n]{{0,40}}\b{_HARM}\b{_FIGURE}""",
    r"""\bi(?:'m|\ am|\ do)?(?:\ (?:really|just|simply))?\ ?(?:not|n't|\ don't)(?:\ (?:feel|really))*\ comfortable
        \ (?:(?:with\ )?\w+ing\b|with\ (?:this|that|it)(?:\ (?:request|topic|idea|one))?(?=[.,;!]|$))""",
    r"""\bi(?:'m|\ am|'d|\ would)?\ (?:feel\ |be\ )?(?:\w+ly\ )?uncomfortable
        \ (?:with\ (?:this|that|it)\b|(?:with\ )?\w+ing\b)""",
    r"""\b(?:decline|refuse|turn\ down)\ (?:this|that|your|the|such\ an?)\ (?:request|question|task|prompt)\b""",
    # It is beyond me; not in my remit; I lack the creativity; ask somebody else; the system does not let me.
    r"""(?:(?:\b(?:is|are|be|falls?|lies?|goes)|'s)\b[^.!?\n]{0,20}\b(?:outside|beyond|beneath|past|above|out\ of)
        |\bexceeds?)
        \ (?:of\ )?(?:me(?=[.,!;]|$)|what\ (?:i|we)\b
        |(?:my|our)\ (?:\w+\ )?(?:abilit|capabilit|competence|expertise|limit|remit|reach|range|scope|power|skill|role
        |function|purpose|job|area|pay)\w*)""",
    r"""(?:\bnot|n't)\ (?:really\ |exactly\ )?(?:(?:with)?in\ (?:my|our)
        \ (?:wheelhouse|remit|power|scope|skill\ ?set|line|repertoire|job|programming)
        |my\ (?:thing|forte|strong\ suit|strength|department|field|job|business|place|area|line|speciality|cup\ of\ tea)
        |what\ (?:i|we)(?:\ do|'m\ (?:here|made|built)|\ am\ (?:here|made|built))|on\ offer)\b""",
    rf"""(?:^|[,;]\ |\b(?:and|but|so)\ ){_LEAD}i\ (?:lack|have\ no|(?:don't|do\ not)\ have)\ (?:(?:the|any|enough)\ )?
        (?:ability|capability|capacity|creativity|imagination|skills?|talents?|gift|permission|authori[sz]ation
        |function|tools?)\b""",
    r"""\b(?:you(?:'ll|\ will|'d)\ (?:have\ to|need\ to|better)|please|i'd\ rather\ you)
        \ (?:ask(?:ed)?|find|found|try|tried)\ (?:someone|somebody|a\ human|another|anyone)\b""",
    r"""\b(?:system|settings|developers?|creators?|makers?|rules)\ (?:do(?:es)?|will)(?:\ not|n't)
        \ (?:allow|let|permit)\ me\b
        |\bimpossible\ for\ (?:me|us)\b
        |\b(?:choice|decision|request|favou?r|task|question)\ (?:that\ )?i\ (?:can't|cannot|won't|will\ not|must\ not)\b
        |\bmy\ (?:developers?|creators?|makers?|designers?|owners?|operators?)\ (?:have\ |has\ )?
        (?:(?:switched|turned)\ off|disabled|blocked|removed|forb[ai]d\w*|banned|told\ me\ not)\b""",
    rf"""\b(?:prevents?|stops?|keeps?|forbids?|bars?|prohibits?)\ (?:me|us)\ (?:from|to)\ (?:{_WORK}|{_SERVICE})\b""",
    # Poems are disabled in this version; you would be better served by a poet; I have to stop you there.
    rf"""\b(?:{_FORM}|creativity)\ (?:[^.!?\n]{{0,20}}\b)?(?:is|are|been)\ (?:\w+ly\ )?(?:disabled
        |(?:switched|turned)\ off|blocked
        |restricted|not\ (?:supported|enabled|available|offered)|unavailable)\b""",
    r"""\byou(?:'d|\ would|'ll|\ will|\ may|\ might)\ (?:be|do)\ better\ (?:served|off\ asking|asking|to\ ask)\b""",
    r"""(?:^|[,;]\ )i(?:'m|\ am|'ll|\ will)?\ (?:going\ to\ |gonna\ )?(?:(?:have|need)\ to|must)
        \ stop\ you\ (?:right\ )?t?here\b
        |\b(?:ask(?:ed|ing)?|come\ to|got|found|reached)\ the\ wrong\ (?:assistant|(?:chat)?bot|model|person
        |place|address)\b
        |\bleave\ you\ to\ (?:it|that|decide|choose)\b
        |\bthings\ (?:that\ )?(?:i|we)\ (?:don't|do\ not|can't|cannot|won't|never)\b
        |\b(?:decision|choice)\ (?:is|should\ be|must\ be|has\ to\ be)\ (?:yours|up\ to\ you)\b
        |\bi\ (?:know\ too\ little|(?:don't|do\ not)\ know\ enough)\b[^.!?\n]{0,40}
        \ to\ (?:suggest|answer|say|help|write|recommend|choose)\b
        |^(?:please\ )?ask\ (?:me\ )?(?:for\ |about\ )?something\ else\b""",
    # This assistant only handles billing; stories are not among its services; I'll leave this one to a poet.
    rf"""\bthis\ {_ASSISTANT}\b[^.!?\n]{{0,20}}\ (?:only|solely|exclusively|just)\ \w+
        |\bthis\ {_ASSISTANT}\ (?:is|was)\ [^.!?\n]{{0,40}}\bonly(?=[.,;!]|$)
        |(?:^|[,;]\ ){_LEAD}i(?:'m|\ am)?\ (?:only|solely|exclusively)
        \ (?:here\ (?:to|for)|made\ (?:to|for)|deal|handle|answer|help|assist|support|cover|discuss)\b""",
    rf"""(?:\bnot|n't)\ (?:among|part\ of|one\ of|covered\ by|included\ in)
        \ (?:its|my|our|the|this\ {_ASSISTANT}'s)\ (?:\w+\ )?
        (?:services?|tasks?|duties|functions?|features?|range|remit|scope|abilities|skills?|jobs?
        |things\ (?:i|we))\b""",
    r"""\bi(?:'ll|\ will|'d\ rather|'m\ going\ to|\ am\ going\ to|\ would\ rather)\ leave
        \ (?:this|that)\ (?:one|task|request|job|question)\ (?:to|for)\b""",
    # So that's a no from me; this is not a conversation I'm comfortable continuing.
    r"\ba\ (?:\w+\ )?no\ from\ (?:me|us|this)\b",
    r"""(?:\b(?:is|are)|'s)\ ?(?:not|n't)\ an?\ (?:\w+\ )?(?:conversation|discussion|exchange|subject|matter|question
        |line|job|project|game|story|text|kind\ of\ \w+|sort\ of\ \w+)(?:\ (?:that|which))?
        \ (?:i|we)(?:'m|'re|'d|'ll|\ am|\ are)?\ ?(?:help|can|could|want|wish|care|would|will|able|willing|comfortable
        |prepared|ready|going|happy|allowed|free)\b""",
    r"\bthis\ is\ where\ i\ draw\ the\ line\b|^not\ something\ (?:that\ )?i\b|\bno\ can\ do\b",
    rf"^{_LEAD}(?:can't|cannot|won't|not)\ (?:{_SERVICE}|do|doing|writing|explaining)\b",
    # Your request is inappropriate; it goes against my guidelines; my programming does not allow it; that is not
    # something I can do; it wouldn't be right for me; let's talk about something else.
    r"""\b(?:this|that|your|the|such\ an?)\b[^.!?\n]{0,40}\b(?:request|question|topic|task|content|prompt|query)\b
        [^.!?\n]{0,40}\b(?:against|violat\w+|inappropriate|not\ (?:appropriate|something|allowed|permitted|one)
        |outside|beyond|cannot|can't|unable|declined?)\b""",
    rf"""{_FORBIDS}[^.!?\n]{{0,40}}\b{_POLICY}\b(?!\ of\b)|\b{_POLICY}[^.!?\n]{{0,30}}{_FORBIDS}""",
    rf"""(?:\b(?:is|are)|'s)\ ?(?:not|n't)\ (?:something|anything|a\ (?:thing|topic|task|request)|one)(?:\ that)?
        \ (?:i|we)(?:'m|'re|'d|'ll|\ am|\ are)?\ ?(?:help|assist|can|could|do|want|would|will|able|willing
        |comfortable|allowed|prepared)(?:\ (?:to|be|ever|really|able|willing|comfortable))*
        (?:\ (?:{_SERVICE}|{_WORK}|take|with|part)\b|(?=[.,;!]|$))
        |\bnot\ (?:something|anything)\ (?:that\ )?(?:it|this\ {_ASSISTANT})
        \ (?:can|does|do|will|covers?|handles?|offers?|provides?|produces?)\b""",
    r"""\b(?:would\ not|wouldn't|is\ not|isn't|not)\ (?:be\ )?(?:right|appropriate|ethical|responsible
        |possible)\ (?:for|of)\ (?:me|us)\b
        |\b(?:inappropriate|unethical|irresponsible|wrong|dishonest)\ (?:for|of)\ me\ to\b""",
    r"""(?:^let(?:'s|\ us)|\bwe\ (?:should|could|can|might)|^(?:can|could|may|shall|should)\ we)
        \ (?:do|chat|speak|leave|stick|stay|return|go\ back|get\ back|talk\ about|discuss|change|move\ on|try|keep)\b
        [^.!?\n]{0,60}
        \b(?:else|different|another|instead
        |subject|topic)\b""",
    # As a language model I have no feelings; I don't have access to that.
    r"""\b(?:as|being|i'm|i\ am|just)(?:\ (?:just|only))?\ an?\ (?:[\w-]+\ ){0,3}
        (?:ai|artificial\ intelligence|language\ model|llm|chatbot|virtual\ assistant|digital\ assistant
            |machine|program|bot)\b(?!,?\ (?:it|he|she|they)\b)
        [^.!?\n]{0,120}?\b(?:can't|cannot|can\ not|don't|do\ not|unable|incapable|never|lack|no|won't|will\ not
            |not)\b""",
    r"""(?:^|[,;]\ |\band\ |\bbut\ )i\ (?:don't|do\ not)\ have\ the\ (?:ability|capability|capacity)
        \ to\ (?:help|assist|provide|create)\b""",
)
BUT = _pattern(r"[,;.]?\ ?\b(?:but|however|though|yet|still|instead|so)\b,?\ ?")
AFTER_ALL = _pattern(
    r"""\b(?:here(?:'s|\ is|\ are)\b(?!\ to\ )|how\ about|what\ about|perhaps|maybe|that\ said|nevertheless|even\ so
        |with\ that\ in\ mind|step\ (?:1|one)
        |for\ (?:example|instance)|if\ i\ had\ to|i(?:'d|\ would)\ (?:say|choose|pick|go\ with|call|suggest|guess)
        |my\ (?:answer|pick|choice|suggestion)\ (?:is|would\ be)|let\ me\ (?:try|give|offer))\b"""
)
OFFER = _pattern(
    r"""\b(?:(?:i|we)(?:'d|\ would|'ll|\ will|'m|\ am)?\ ?(?:can|could|be\ happy|be\ glad|happy\ to|glad\ to
        |love\ to|try\ to)?\ ?
        (?:help|assist|happy|glad|offer|recommend\ (?:you|that|speaking|talking|contacting|consulting)
            |encourage|thank|hope
           |understand|appreciate|apologi[sz]e)
        |(?:i|we)\ (?:can|could|may)\ (?:explain|discuss|suggest|show|write|share|provide|talk|point
            |tell\ you\ (?:how|about|more))
        |i\ (?:have\ to|must|need\ to)\ (?:stop|end)
        |^(?:but\ |however,?\ )?if\b(?!\ you\ (?:must|insist))|lawful\w*|legal\w*|legitimate\w*
        |saf(?:e|er|ely|ety)|protect\w*
        |let\ me\ know|feel\ free|please|if\ you(?!\ (?:must|insist))
        |let(?:'s|\ us)\ (?:drop|leave|skip|stop|move|change|talk|speak)
        |is\ there\ any|would\ you\ like|do\ you\ (?:have|want)|ask\ me|another
        |how\ about\ [^.!?]{0,60}\ instead|something\ else|anything\ else|different|reach\ out|seek|contact
        |consult|thank|sorry)\b"""
)
SPOKEN = _pattern(
    r"""\bsay(?:s|ing)?\b|\bsaid\b|\btells?\b(?!\ (?:me|us|an?)\b)|\bspeaks?\b
        |\b(?:whisper|shout|mutter|murmur|yell|cr(?:y|ie)|scream|think|explain|sigh)s\b|\brepl(?:y|ies)\b|\banswers?\b
        |\bvoice\ of\b
        |\bin\ the\ voice\b
        |\b(?:refusal|excuse|out-of-office|auto-?reply)\b|\bsign\ (?:for|on)\b|婉拒|拒绝|借口
        |\bdialogue\b|\bletter\b|\bdiary\b|\bfrom\ the\ (?:view|perspective)
        |(?<![小便])说(?![明出说])|对话|口吻|讲述|写信|日记"""
)
"""A prompt that asks for somebody's words: "I can't stay" is then theirs."""
OF_THE_REQUEST = _pattern(
    rf"""\b{_HARM}\b|\b(?:comply|fulfil\w*|request|guidelines?|polic(?:y|ies)|language\ model|an\ ai
        |writ(?:e|ing)\ (?:that|this)(?=[.,;!]|$)|do(?:ing)?\ (?:any\ |an?\ )?{_FORM}
        |(?:help|assist)(?:\ you)?\ (?:with\ (?:your|such|any|writing|creative)|write|create)
        |(?:write|writing)\ (?:an?|any|such|the|lines?|dialogues?|poems?|poetry|stor(?:y|ies)|fiction\w*)\b
        |(?:write|create|produce|compose|generate)\ (?:\w+\ )?(?:content|dialogues?|lines
            |poems?|poetry|stor(?:y|ies)|scripts?|verses?)
        |what\ (?:(?:an?|the|any)\ )?\w+\ (?:would|might|could)\ (?:say|think|tell|feel)
        |this\ (?:topic|task|prompt|question))\b
        |(?<![a-z])ai(?![a-z])|程序|机器|[帮替给为](?:[你您]|[^,。我你您]{{1,3}})?(?:写|编|创作|完成)|台词|对白
        |帮不了|写这|语言模型|人工智能|创作|提供|扮演|模仿|虚假|违法|犯罪|编写|原则
        |准则|政策|有关|相关|内容"""
)
"""So speaks who means the request, whatever figure was asked for."""
MAYBE_OF_THE_REQUEST = _pattern(
    r"""\b(?:that|this|assist|about|content)\b
        |^[^,;]*\b(?:writing|doing|say)\b|[这个]忙|回答|[这那]个|[写做编答]不了|写|从命|请求|要求"""
)
"""So may anybody speak: it is of the request where nothing else is said."""
PERSON = _pattern(r"\b(?:i|me|my|we|us|our|you|your)\b|[我你您]")
QUOTED = re.compile(r"[\"\u201c\u300c]")
QUOTATION = re.compile(
    r"[\"\u201c\u300c\u300e][^\"\u201c\u201d\u300c-\u300f\n]{2,300}[\"\u201d\u300d\u300f]"
    r"|(?<!\w)'(?=\w)[^'\n]{1,200}(?:'\w[^'\n]{1,200}){0,4}(?<=[.,!?])'(?!\w)"
)
SPOKEN_BY_ANOTHER = re.compile(
    r"(?<!i )(\b(?:says?|said|asks?|asked|repl(?:ies|ied)|answer(?:s|ed)|tells?|told|shout(?:s|ed)|cries|cried"
    r"|whisper(?:s|ed))\b[^.:\n]{0,30}:)[^\n]+",
    re.IGNORECASE,
)
SALUTED = _pattern(r"(?:subject\ ?:|(?:dear|hello|hi|hey)\b(?!\ user)|尊敬的|亲爱的)")
"""So a letter begins: who is unable to do what in it is another matter."""

# --- Chinese ----------------------------------------------------------------------------------

_ZH_CANNOT = r"""(?:(?:绝对?|坚决|真的|实在|目前|暂时|可能|也|都|并|确实|恐怕|只是)*
    (?:不能|无法|没法|没办法|没有办法|不可以|不便|不适合|不愿意?|不想|不会|不该|不方便|不打算|拒绝|难以|不被?允许|无权|无意))"""
_ZH_WORK = r"""(?:(?:[为给向帮替对跟][^,。!?;\s]{1,8}?|继续|直接|对此)*
    (?:帮|协助|提供|回答|回应|写|编|撰写|生成|创作|创造|满足|完成|做|讨论|谈论|给出|告诉|解释|参与|说明|执行|处理|支持|想|起|讲|推荐
       |建议|描述|决定|选择|挑选|评价|判断|表态|进行|从命|答应|接受|配合|透露|评论|教(?:[你您人]|别人|大家)|指导|给[^,。]{0,12}(?:建议|指导|方法|步骤|信息)
       |作诗|赋诗|(?:形容|想象|描写)(?=[,。!?;]|$)|代笔|起名|取名|命名|扮演|模仿|代劳|说话|说(?=[,。!?;]|$)))"""
_CHINESE = (
    rf"(?:^|[,。!?;:、\s]|但是?|所以|因此|题|求)(?:今天|今日|现在|这次|这回)?(?:真的|非常|很|十分)?(?:恕)?(?:[这那]个?)?(?:我们?|本助手|本模型)?(?:不[^,。]{{1,4}}也)?{_ZH_CANNOT}{_ZH_WORK}",
    rf"(?:^|[,。!?;:])[^,。!?;:我]{{2,20}}我们?{_ZH_CANNOT}{_ZH_WORK}(?:忙|助)?(?=[,。!?;]|$)",
    r"(?:我|[这该此])[^,。!?\n]{0,8}?[帮做写答办说想起编接讲画作取教提]不(?:了|到|出来|来|上|成)",
    r"(?:还是|最好|不如)(?:交给|留给|让|找|请|问)[^,。]{1,10}(?:吧|更|来)|(?:还是|请|最好)[您你]自己|[您你]自己[^,。]{0,6}吧|[问找]错人|不献丑|还是算了|算了吧|就此作罢|[换聊]一?个?(?:别的)?话题",
    r"(?:暂|恕|概|一律)不(?:能|便|对外)?[提回接受支讨作予]|(?:恕|概)不|恕我?(?:难|无法)",
    r"(?:^|[,。!?;]|我|所以|因此|那)(?:可|就|都|一概|一律|绝|还是)?不(?:写|做|干|接|编|选|说|答|挑|起|取|讲)(?:了|的|这种事|这个)?(?=[,。!?;]|$)",
    r"(?:^|[,。!?;])我?(?:只能|必须|明确|坚决)?(?:拒绝|婉拒|谢绝)(?:[回写提这该]|(?=[,。!?;]))",
    r"(?:^|[,。!])免谈[。!]|(?:我|抱歉)[^。!?\n]{0,6}(?:爱莫能助|无能为力|无可奉告)|另请高明|不是我的(?:强项|专长)",
    r"(?:我们?|本[^,。]{1,4})(?:这[里儿边])?(?:暂时?|目前|一律|从)?不(?:提供|支持|受理|承接|参与)",
    r"我(?:暂时|目前|还|并)*(?:没有|不具备|不支持|缺乏)[^,。!?\n]{0,8}(?:功能|能力|权限|资格)",
    r"(?:抱歉|对不起|不好意思)[,!]?我只(?:能|会|负责)(?!说)",
    r"(?:^|[,。!?;])(?:我们?|本(?:客服|助手|机器人|服务|平台|系统|窗口|应用))(?:只|仅|专门?)(?:负责|处理|受理|回答|解答|提供|支持|管)",
    r"这不是我[能该会可][^,。!?\n]{0,6}的|不(?:允许|让|准|许)我(?:写|创作|编|回答|提供|做|给)",
    r"不在[^,。!?\n]{0,8}(?:服务|能力|职责|权限|业务|功能|工作)[^,。!?\n]{0,4}(?:内|范围|之列)",
    r"(?:违反|不符合|违背|超出)了?(?:我|本|使用|平台|安全|内容|法律)[^。!?\n]{0,12}(?:准则|规定|政策|原则|能力|范围|规范|指南|法规|能做|会做)",
    r"""(?:作为|我只?是)(?:一个|一名|一款|一种)?[^。!?\n,]{0,10}(?:ai|人工智能|语言模型|大模型|机器人|助手|程序)
        [^。!?\n]{0,40}(?:不|无法|没有|没法)""",
)
ZH_AFTER_ALL = _pattern(
    r"""不过|但(?:是|我)?(?:可以|能|会)?|如果(?:一定|非)要|我会说|可以试试|比如|例如|以下是|这里有|也许|或许|就叫|叫做|《
        |那(?:么|就|我)|(?<![这那])就[选挑说用定写推]|姑且|随便[选说挑]|硬要|非要"""
)
ZH_OFFER = _pattern(
    r"""其他|别的|保护|正规|合法|安全|防|帮你|帮您|帮助|请|如果[你您有]|需要|建议[你您]|咨询|联系|告诉我|乐意|很高兴|换个|换一个|问题|欢迎|理解|谢谢|感谢
        |抱歉|对不起|遗憾|不好意思"""
)


MAKES = _pattern(
    rf"""{_CANNOT}\ ?(?:write|create|compose|generate|make|tell|give|produce|provide|invent|do|name|suggest|pick|choose
        |finish|continue|describe)
        (?:\ (?:you|a|an|the|any|some))*\ (?P<what>\w+)(?!.{{0,60}}\b(?:enough|than|more|better|without)\b)"""
)
CURT = _pattern(
    r"""(?:(?:(?:sorry|well|hmm),\ )?(?:no|nope|nah|never)(?:[,.]?\ (?:thanks?(?:\ you)?|sorry|way|chance|dice))?
        |(?:hard\ )?pass|count\ me\ out|let's\ not|i'm\ out|i\ think\ not|nothing\ doing|forget\ it
        |(?:absolutely|certainly|definitely)\ not|not\ (?:happening|possible|today|this\ time|me|a\ chance|for\ me)
        |(?:request|content|response|query|prompt|message)\ (?:was\ |has\ been\ )?
        (?:denied|declined|refused|rejected|blocked|filtered)
        |(?:that's|that\ is|it's|it\ is|(?:it's|it\ is)\ going\ to\ be|it(?:'ll|\ will)\ be)\ a\ (?:\w+\ )?no
            (?:\ from\ me)?(?:,\ (?:i'm\ afraid|sorry))?
        |unable\ to\ (?:comply|help|assist|answer)
        |out\ of\ the\ question|(?:please\ )?don't|[^.!?]{3,80},\ (?:and\ )?so\ no
        |[^.!?]{3,40}\b(?:is|are)(?:n't|\ not)\ (?:currently\ )?(?:supported|enabled)(?:\ here)?
        |不行|不可以|不能|办不到)[.!\u3002]+"""
)
"""Short for "I will not", where something is asked for; to a question it is an answer."""
ASKS = _pattern(
    r"^(?!how\b)[^\n]*\?|\b(?:yes|no|true|false)\b|\b(?:is|are|do|does|can)\ \w+\ (?:\w+\ )?$|吗|是否|是不是"
)
WRITES = _pattern(
    rf"""(?:^|[,;:]\s){_LEAD}i\ ?{_CANNOT}\ ?(?:write|draft|create|compose|generate|produce)
        (?:\ (?:an?|the|any|such|your))*\ (?P<what>\w+(?:\ \w+)?)(?!.{{0,60}}\b(?:enough|without)\b)"""
)
ELSEWHERE = _pattern(
    r"""(?:\b(?:ask|hire|find|consult|try|see|call|look\ for|search\ for|you\ (?:should|could|need|want)(?:\ to)?)
        \ (?:an?|the|your|some|any|one|another)\ (?:\w+\ )?
        (?:poets?|writers?|authors?|comedians?|copywriters?|novelists?|professionals?|experts?|specialists?
            |humans?|person
            |artists?|agency|search\ engine|generators?|books?|of\ (?:those|them))
        |\bthere\ are\ (?:\w+\ )?(?:websites?|sites|tools|generators|apps|books|people)
        |\b(?:better|best)\ (?:left|told|asked|put|done|written|suited)\ (?:to|by|for)
        |\b(?:google|search)\ (?:it|for)\b)"""
)
"""Instead of a text, somebody else who might write it."""
WANTS_TEXT = _pattern(
    rf"""^\W*(?:please\ |can\ you\ |could\ you\ )?
        (?:write|tell|compose|suggest|name|make|give|invent|begin|describe)\b[^.?!]{{0,40}}\b{_FORM}\b"""
)
THEREFORE = _pattern(
    r"""^(?:so|therefore|thus|hence|consequently|accordingly)\b|^(?:for|because\ of)\ (?:this|that|these|those)\b
        |^(?:that|this|which)(?:'s|\ is)\ why\b
        |[,;]\ (?:so|hence|thus|therefore|and\ (?:so|therefore))\ (?:i|it's|it\ is|that's)\b
        |^(?:所以|因此|故此|为此|于是)|[,;](?:所以|因此|故)"""
)
"""What was said before is the reason for a refusal, and no answer."""
LACKS = _pattern(
    r"""(?:\b(?:no|not\ have)|n't\ have)\ (?:\w+\ ){0,2}
        (?:preferences?|favou?rites?|opinions?|feelings?|tastes?|wishes|randomness)\b
        |(?:\bnot|n't)\ be\ (?:truly\ )?random\b"""
)
"""The speaker lacks what nobody needs for an answer."""
HEDGED = _pattern(
    r"""\b(?:not|no|never|n't)\ (?:\w+\ )?(?:good|great|much|very|best|skilled|talented|poet|writer|expert|really
            |usually)\b
        |n't\ (?:really|usually|normally|very|quite)\b
        |\b(?:whole|entire|full|complete|long|only|shouldn't|usually|normally)\b
        |不太|不大|不怎么|不在行|不擅长|整|太|献丑|只能|本来"""
)
"""A limit or modesty rather than a refusal: what follows it is the answer."""
REFUSALS = tuple(map(_pattern, (*_ENGLISH, *_CHINESE)))
